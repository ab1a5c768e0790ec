#include "spawn/course_folders.hpp"

#include "base/text.hpp"
#include "spawn/process/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace carrel {

namespace fs = std::filesystem;

namespace {

/// Where the link leads; nothing when there is none of that name.
std::optional<std::string> target_of(int home, std::string const& name) {
    std::array<char, 4096> text{};
    auto const length = ::readlinkat(home, name.c_str(), text.data(), text.size());
    if (length < 0) return std::nullopt;
    return std::string(text.data(), static_cast<size_t>(length));
}

/// Made by us for this folder, where it was then.
bool is_ours(fs::path const& target, CourseFolder const& folder) {
    auto const there = folder.from.parent_path().filename() / folder.name;
    return target == place_in_sandbox(folder) ||
           (target.is_absolute() && target.parent_path().filename() / target.filename() == there);
}

Result<> link(int home, CourseFolder const& folder, fs::path const& target,
              std::optional<uid_t> owner) {
    auto const& name = folder.name;
    if (auto const present = target_of(home, name)) {
        if (*present == target || !is_ours(*present, folder)) return {};
        if (::unlinkat(home, name.c_str(), 0) != 0) return fail_errno("renew link {}", name);
    }
    if (::symlinkat(target.c_str(), home, name.c_str()) != 0) {
        if (errno == EEXIST) return {};
        return fail_errno("make link {}", name);
    }
    if (owner && ::fchownat(home, name.c_str(), *owner, *owner, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno("give link {} to its owner", name);
    return {};
}

}  // namespace

fs::path place_in_sandbox(CourseFolder const& folder) {
    return fs::path(sandbox_course) / folder.name;
}

Result<> link_course_folders(fs::path const& home, std::vector<CourseFolder> const& folders,
                             bool plain, std::optional<uid_t> owner) {
    if (folders.empty()) return {};
    Descriptor const opened(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (opened.get() < 0) return fail_errno("open the home");
    for (auto const& folder : folders)
        TRY_VOID(link(opened.get(), folder, plain ? folder.from : place_in_sandbox(folder), owner));
    return {};
}

}  // namespace carrel
