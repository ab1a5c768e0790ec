#pragma once

/// Files that settings name.

#include <filesystem>
#include <string>

namespace carrel {

/// They are named from where Carrel is started. Empty: none is named.
inline void begin_at(std::filesystem::path const& folder, std::string& file) {
    if (!file.empty()) file = (folder / file).lexically_normal().string();
}

}  // namespace carrel
