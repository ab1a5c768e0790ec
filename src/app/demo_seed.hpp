#pragma once

/// People and a course to look at: what `carrel serve --demo` puts into an empty platform.

#include "auth/local/password_hasher.hpp"
#include "base/random.hpp"
#include "domain/course_rules.hpp"
#include "store/store.hpp"

#include <filesystem>

namespace carrel {

/// Seeds a platform that has no users: an administrator, a leader, a participant, and a course that
/// is accepted and due. Their passwords are random and written to `logins` (mode 0600), one per
/// line as `carrel serve` prints them. A platform with users is left alone.
[[nodiscard]] Result<> seed_demo(Store& store, PasswordHasher const& passwords, Random& random,
                                 Time now, CourseLimits const& limits,
                                 std::filesystem::path const& logins);

}  // namespace carrel
