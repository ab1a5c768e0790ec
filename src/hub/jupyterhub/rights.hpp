#pragma once

/// What somebody is and may do in the hub of one course, as things stand: by what they are in
/// Carrel, by the configuration, and by the groups they are in. Functions on a transaction.

#include "hub/rbac/role_book.hpp"
#include "hub/services/service_book.hpp"
#include "store/transaction.hpp"

namespace carrel::jupyterhub {

struct Rights {
    std::vector<std::string> roles;   ///< their own, sorted; none: a stranger to this hub
    std::vector<std::string> groups;  ///< by name
    rbac::ScopeSet scopes;            ///< with those of their groups' roles
};

/// What they are to the course in Carrel's own terms: without that, nothing else counts.
[[nodiscard]] Result<rbac::Standing> standing_in(Transaction& transaction, Course const& course,
                                                 User const& user);

[[nodiscard]] Result<Rights> rights_of(Transaction& transaction, rbac::RoleBook const& roles,
                                       Course const& course, User const& user);
[[nodiscard]] Rights rights_of(rbac::RoleBook const& roles, Course const& course,
                               Service const& service);

/// The roles of somebody with this standing, and those that the configuration gives them by name.
[[nodiscard]] std::vector<std::string> own_roles(rbac::RoleBook const& roles, Course const& course,
                                                 std::string_view user,
                                                 rbac::Standing const& standing);

/// Who is in the groups that these scopes name, and in no other: loaded once, and then asked as
/// often as one likes without the store.
[[nodiscard]] Result<rbac::Membership> membership_for(
    Transaction& transaction, Course const& course,
    std::initializer_list<rbac::ScopeSet const*> scopes);

/// Somebody with a role in the hub of this course. NotFound: there is nobody of that name, or they
/// have nothing to do with it.
[[nodiscard]] Result<User> find_user_of_hub(Transaction& transaction, Course const& course,
                                            std::string_view name);

}  // namespace carrel::jupyterhub
