#include "hub/rbac/roles.hpp"

#include <algorithm>

namespace carrel::rbac {

std::span<Role const> default_roles() {
    static std::vector<Role> const roles = {
        {"admin",
         "Everything in this hub",
         {"admin-ui", "admin:users", "admin:servers", "admin:services", "tokens", "admin:groups",
          "list:services", "read:services", "read:hub", "proxy", "shutdown", "access:services",
          "access:servers", "read:roles", "read:metrics", "shares"}},
        {"leader",
         "Who leads the course: sees its users, and manages and enters their servers",
         {"admin-ui", "admin:servers", "list:users", "read:users", "read:groups", "list:groups",
          "list:services", "read:services", "read:roles", "read:hub", "access:servers",
          "access:services"}},
        {"server", "A running server itself", {"users:activity!user", "access:servers!server"}},
        {"token", "Everything that the token's owner may do", {"inherit"}},
        {"user", "Everybody with a server, about their own", {"self"}},
    };
    return roles;
}

Result<Role> find_role(std::string_view name) {
    auto const roles = default_roles();
    auto const found = std::ranges::find(roles, name, &Role::name);
    if (found == roles.end()) return fail(Code::NotFound, "there is no role '{}'", name);
    return *found;
}

std::vector<std::string> roles_of(Standing const& standing) {
    std::vector<std::string> roles;
    if (standing.administrator) roles.emplace_back("admin");
    if (standing.leads) roles.emplace_back("leader");
    if (standing.administrator || standing.leads || standing.participates)
        roles.emplace_back("user");
    return roles;
}

ScopeSet scopes_of(std::span<std::string const> roles, Holder const& holder) {
    ScopeSet all;
    for (auto const& name : roles) {
        auto const role = find_role(name);
        if (!role) continue;
        if (auto expanded = ScopeSet::expand(role->scopes, holder))
            all.include(*std::move(expanded));
    }
    return all;
}

std::span<std::string const> identify_scopes() {
    static std::vector<std::string> const scopes = {"read:users:name!user",
                                                    "read:users:groups!user"};
    return scopes;
}

}  // namespace carrel::rbac
