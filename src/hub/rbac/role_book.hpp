#pragma once

/// All roles that hubs know: the default ones and those of the configuration, and to whom the
/// configuration gives them. Read at start, constant from then on; any thread.

#include "hub/rbac/roles.hpp"

#include <map>

namespace carrel::rbac {

/// One role of the configuration.
struct RoleGrant {
    Role role;  ///< without scopes: a role that is there already is given to more
    std::vector<std::string> users = {};
    std::vector<std::string> groups = {};
    std::vector<std::string> services = {};
    std::vector<std::string> courses = {};  ///< in whose hubs it is given; empty: in all
};

class RoleBook {
public:
    /// The default roles, given to nobody by name.
    RoleBook();
    /// InvalidArgument: a scope or role that nobody knows, or one that cannot be changed.
    [[nodiscard]] static Result<RoleBook> create(std::vector<RoleGrant> grants,
                                                 CustomScopes custom = {});
    /// A book of the default roles alone.
    [[nodiscard]] static RoleBook const& usual();

    /// Gives the role `user` what JupyterHub does not: that everybody may share their own servers.
    void let_users_share();

    /// The scopes that roles, tokens and OAuth clients may name beside JupyterHub's.
    [[nodiscard]] CustomScopes const& custom_scopes() const { return custom_; }

    /// NotFound.
    [[nodiscard]] Result<Role> find(std::string_view name) const;

    /// The names of the roles that somebody or something is given in the hub of this course.
    [[nodiscard]] std::vector<std::string> of_user(std::string_view slug,
                                                   std::string_view name) const;
    [[nodiscard]] std::vector<std::string> of_group(std::string_view slug,
                                                    std::string_view name) const;
    [[nodiscard]] std::vector<std::string> of_service(std::string_view slug,
                                                      std::string_view name) const;

    /// All scopes of these roles; unknown names are passed over.
    [[nodiscard]] ScopeSet scopes_of(std::span<std::string const> roles,
                                     Holder const& holder) const;

private:
    using Names = std::vector<std::string>;
    [[nodiscard]] Names given(std::string_view slug, std::string_view name,
                              Names RoleGrant::* to) const;
    Result<> define(RoleGrant const& grant);

    std::map<std::string, Role, std::less<>> roles_;
    std::vector<RoleGrant> grants_;
    CustomScopes custom_;
};

}  // namespace carrel::rbac
