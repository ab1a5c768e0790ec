#pragma once

/// Everybody of a course's hub, read in as few questions as it takes. Functions on a transaction.

#include "hub/jupyterhub/models.hpp"

#include <functional>
#include <optional>
#include <set>

namespace carrel::jupyterhub {

/// Who may have a server here, with their roles and groups, and without their servers.
[[nodiscard]] Result<std::vector<Person>> people_of(Transaction& transaction,
                                                    rbac::RoleBook const& roles,
                                                    Course const& course);

/// Those of them that `only` names.
[[nodiscard]] Result<std::vector<Person>> people_of(Transaction& transaction,
                                                    rbac::RoleBook const& roles,
                                                    Course const& course,
                                                    std::set<UserId> const& only);

struct PeoplePage {
    long long total = 0;
    std::string place;  ///< where it ends, for the next page
};
/// Shows a part of them, one after the other, without reading the others; nothing, and nobody is
/// shown, when the course is so small that reading all costs less. `after` is the `place` of the
/// page before: with it nobody in front of that is looked at or counted again; "" is none.
/// InvalidArgument: it is something else.
[[nodiscard]] Result<std::optional<PeoplePage>> show_people(
    Transaction& transaction, rbac::RoleBook const& roles, Course const& course,
    Users::CoursePage page, std::string_view after, std::function<void(Person const&)> const& show);

/// One of them, likewise. NotFound as `find_user_of_hub`.
[[nodiscard]] Result<Person> find_person(Transaction& transaction, rbac::RoleBook const& roles,
                                         Course const& course, std::string_view name);

}  // namespace carrel::jupyterhub
