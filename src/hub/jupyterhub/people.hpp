#pragma once

/// Everybody of a course's hub, read in as few questions as it takes. Functions on a transaction.

#include "hub/jupyterhub/models.hpp"

namespace carrel::jupyterhub {

/// Who may have a server here, with their roles and groups, and without their servers.
[[nodiscard]] Result<std::vector<Person>> people_of(Transaction& transaction,
                                                    rbac::RoleBook const& roles,
                                                    Course const& course);

/// One of them, likewise. NotFound as `find_user_of_hub`.
[[nodiscard]] Result<Person> find_person(Transaction& transaction, rbac::RoleBook const& roles,
                                         Course const& course, std::string_view name);

}  // namespace carrel::jupyterhub
