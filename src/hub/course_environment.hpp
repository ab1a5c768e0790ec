#pragma once

/// What the servers of a course run: its environment from the configuration, with the image that
/// its leader has named, as long as that is allowed.

#include "domain/course.hpp"
#include "spawn/spawner.hpp"

#include <map>
#include <string>

namespace carrel {

using Environments = std::map<std::string, Environment>;

/// Unavailable: it is no longer configured.
[[nodiscard]] Result<Environment> environment_of(Course const& course,
                                                 Environments const& environments);

/// The same for a server that is to be started, with the course's own image in it. Conflict: that
/// image is not allowed (any more).
[[nodiscard]] Result<Environment> environment_to_start(Course const& course,
                                                       Environments const& environments);

}  // namespace carrel
