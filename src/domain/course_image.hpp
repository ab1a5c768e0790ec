#pragma once

/// The image that a leader has named for a course, in place of its environment's. Whether they may
/// is asked when the course is asked for, when it is accepted, and at each start of a server: what
/// is allowed may have changed.

#include "base/image_pattern.hpp"
#include "domain/course.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

/// By environment; from the configuration. One that is missing allows none.
using AllowedImages = std::map<std::string, std::vector<ImagePattern>>;

/// The image as a course keeps it, spelled in full. InvalidArgument, of the field "image": it is no
/// image.
[[nodiscard]] Result<std::string> spell_course_image(std::string_view written);

/// InvalidArgument, of the field "image": the course names one that is not allowed. Without one of
/// its own it passes.
[[nodiscard]] Result<> check_course_image(CourseRequest const& request,
                                          std::span<ImagePattern const> allowed);
[[nodiscard]] Result<> check_course_image(CourseRequest const& request,
                                          AllowedImages const& allowed);

}  // namespace carrel
