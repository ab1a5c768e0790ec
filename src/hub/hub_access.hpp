#pragma once

/// Who may have a server in a course, and who may enter whose.

#include "auth/identity.hpp"
#include "domain/course.hpp"
#include "domain/user.hpp"
#include "store/transaction.hpp"

#include <string_view>

namespace carrel {

struct HubAccess {
    Identity identity;
    Course course;
    User owner;            ///< whose server it is about
    bool own = false;      ///< it is the caller's own
    bool manages = false;  ///< the caller leads the course, or is an administrator
};

/// Loads the course and the owner, and checks that the caller may have to do with that server at
/// all. NotFound: no such course or user, for somebody who manages it. PermissionDenied: everybody
/// else, whether or not it exists, so that nobody can probe for names.
[[nodiscard]] Result<HubAccess> find_hub_access(Transaction& transaction, Identity const& identity,
                                                std::string_view slug, std::string_view owner_name);

/// True when this user may have a server in the course: an accepted participant, or a leader of it.
[[nodiscard]] Result<bool> may_have_server(Transaction& transaction, Course const& course,
                                           UserId const& user);

}  // namespace carrel
