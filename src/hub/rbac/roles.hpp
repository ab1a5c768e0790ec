#pragma once

/// Roles: named sets of scopes that users, groups, services and tokens have. JupyterHub's default
/// roles, and the one that Carrel adds for who leads a course. Constant; any thread.

#include "hub/rbac/scopes.hpp"

namespace carrel::rbac {

struct Role {
    std::string name;
    std::string description;
    std::vector<std::string> scopes;
};

/// "user", "admin", "server", "token", and "leader".
[[nodiscard]] std::span<Role const> default_roles();
/// NotFound.
[[nodiscard]] Result<Role> find_role(std::string_view name);

/// What somebody is to one course's hub, in Carrel's own terms.
struct Standing {
    bool administrator = false;  ///< of the platform
    bool leads = false;          ///< this course
    bool participates = false;   ///< in this course, accepted
};

/// The names of the roles that follow from it, sorted. None: a stranger to this hub.
[[nodiscard]] std::vector<std::string> roles_of(Standing const& standing);

/// All scopes of these roles; unknown names are passed over.
[[nodiscard]] ScopeSet scopes_of(std::span<std::string const> roles, Holder const& holder);

/// What a browser's log-in to a server or service tells about who came: JupyterHub's identify
/// scopes.
[[nodiscard]] std::span<std::string const> identify_scopes();

}  // namespace carrel::rbac
