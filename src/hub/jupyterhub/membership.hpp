#pragma once

/// Makes people participants of a course for its hub, takes them out, and makes administrators.
/// Functions on a writing transaction; each leaves its event.

#include "base/random.hpp"
#include "hub/jupyterhub/people.hpp"

namespace carrel::jupyterhub {

/// Makes somebody an accepted participant, with an account that nobody can log in to yet where
/// there is none of this name. Conflict: they belong to the hub already, the course is full, or
/// admits nobody now.
[[nodiscard]] Result<Person> admit(Transaction& transaction, Caller const& caller,
                                   std::string_view name, Random& random, Time now);

/// Takes a participant out: their place, groups and tokens go, and the hub is told to stop their
/// server. Account and home stay. InvalidArgument: the caller, a leader, or an administrator who
/// has no place in the course. Conflict: the course admits and removes nobody now.
[[nodiscard]] Result<> send_away(Transaction& transaction, Caller const& caller, User const& user,
                                 Time now);

/// Makes somebody an administrator of the platform, or takes that from them with what they have
/// opened by it. PermissionDenied unless the caller is one who has logged in to Carrel itself.
[[nodiscard]] Result<> set_administrator(Transaction& transaction, Caller const& caller, User& user,
                                         bool administrator, Time now);

}  // namespace carrel::jupyterhub
