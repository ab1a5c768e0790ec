#pragma once

/// Where the checkout is that a test program was built in, for tests that read its files.

#include <filesystem>

namespace carrel {

/// The nearest folder above the running program that holds the project. Not by __FILE__, which a
/// compiler cache shared by several checkouts makes relative.
inline std::filesystem::path project_folder() {
    auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    while (folder.has_relative_path() && !std::filesystem::exists(folder / "ARCHITECTURE.md"))
        folder = folder.parent_path();
    return folder;
}

}  // namespace carrel
