#pragma once

/// The folders of a course that its servers share, and how people find them: below
/// `/srv/course` inside of every server, and by a link in the home, since most programs show
/// nothing but that.

#include "base/result.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

struct CourseFolder {
    std::string name;            ///< "materials"
    std::filesystem::path from;  ///< where it is on this machine
    bool writable = false;       ///< by this server
};

/// Where they are inside of a sandbox or container.
inline constexpr std::string_view sandbox_course = "/srv/course";
[[nodiscard]] std::filesystem::path place_in_sandbox(CourseFolder const& folder);

/// Makes the links in `home`, which lead below `/srv/course`, or, `plain`, to the folders
/// themselves. They belong to `owner`, where that is given. A link that leads elsewhere by a former
/// start is made anew; what else has that name is somebody's own, and stays.
[[nodiscard]] Result<> link_course_folders(std::filesystem::path const& home,
                                           std::vector<CourseFolder> const& folders, bool plain,
                                           std::optional<uid_t> owner);

}  // namespace carrel
