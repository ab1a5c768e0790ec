#pragma once

/// What a platform that nobody has used yet is given by variables, so that an unattended
/// installation ends with somebody who can log in.
///
///     CARREL_ADMIN_NAME            user name of the first administrator
///     CARREL_ADMIN_PASSWORD        their password, or
///     CARREL_ADMIN_PASSWORD_FILE   a file whose first line it is
///     CARREL_SHARED_FOLDER         "yes": the standing hub has a folder that all may change
///
/// With `hub.root_course` the standing hub of that name is made as well, led by them. A platform in
/// which there is anybody is left alone, so that variables that stay where they are change nothing.

#include "auth/local/password_hasher.hpp"
#include "base/random.hpp"
#include "domain/course_rules.hpp"
#include "store/store.hpp"

#include <map>
#include <string>

namespace carrel {

struct FirstSteps {
    std::map<std::string, std::string> variables;
    std::string root_course;  ///< "": no standing hub
    CourseLimits limits;
};

/// InvalidArgument: the name or the password will not do, or there is none.
[[nodiscard]] Result<> take_first_steps(Store& store, PasswordHasher const& passwords,
                                        Random& random, Time now, FirstSteps const& steps);

}  // namespace carrel
