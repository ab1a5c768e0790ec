#include "hub/rbac/scope_table.hpp"

#include <algorithm>
#include <array>

namespace carrel::rbac {

std::span<ScopeEntry const> scope_table() {
    static std::vector<ScopeEntry> const table = {
        {"admin-ui", {}},
        {"admin:users", {"admin:auth_state", "users", "read:roles:users", "delete:users"}},
        {"admin:auth_state", {}},
        {"users", {"read:users", "list:users", "users:activity"}},
        {"delete:users", {}},
        {"list:users", {"read:users:name"}},
        {"read:users", {"read:users:name", "read:users:groups", "read:users:activity"}},
        {"read:users:name", {}},
        {"read:users:groups", {}},
        {"read:users:activity", {}},
        {"read:roles", {"read:roles:users", "read:roles:services", "read:roles:groups"}},
        {"read:roles:users", {}},
        {"read:roles:services", {}},
        {"read:roles:groups", {}},
        {"users:activity", {"read:users:activity"}},
        {"admin:servers", {"admin:server_state", "servers"}},
        {"admin:server_state", {}},
        {"servers", {"read:servers", "start:servers", "delete:servers"}},
        {"read:servers", {"read:users:name"}},
        {"start:servers", {}},  // of JupyterHub 6
        {"delete:servers", {}},
        {"tokens", {"read:tokens"}},
        {"read:tokens", {}},
        {"admin:groups", {"groups", "read:roles:groups", "delete:groups"}},
        {"groups", {"read:groups", "list:groups"}},
        {"list:groups", {"read:groups:name"}},
        {"read:groups", {"read:groups:name"}},
        {"read:groups:name", {}},
        {"delete:groups", {}},
        {"admin:services", {"list:services", "read:services", "read:roles:services"}},
        {"list:services", {"read:services:name"}},
        {"read:services", {"read:services:name"}},
        {"read:services:name", {}},
        {"read:hub", {}},
        {"access:servers", {}},
        {"access:services", {}},
        {"users:shares", {"read:users:shares"}},
        {"read:users:shares", {}},
        {"groups:shares", {"read:groups:shares"}},
        {"read:groups:shares", {}},
        {"read:shares", {}},
        {"shares", {"access:servers", "read:shares", "users:shares", "groups:shares"}},
        {"proxy", {}},
        {"shutdown", {}},
        {"read:metrics", {}},
    };
    return table;
}

ScopeEntry const* find_scope(std::string_view name) {
    auto const table = scope_table();
    auto const found = std::ranges::find(table, name, &ScopeEntry::name);
    return found == table.end() ? nullptr : &*found;
}

std::span<std::string_view const> self_scopes() {
    static constexpr auto scopes = std::to_array<std::string_view>({
        "read:users",
        "read:users:name",
        "read:users:groups",
        "users:activity",
        "read:users:activity",
        "servers",
        "start:servers",
        "delete:servers",
        "read:servers",
        "tokens",
        "read:tokens",
        "access:servers",
        "users:shares",
        "read:users:shares",
        "read:shares",
    });
    return scopes;
}

bool is_custom_scope(std::string_view name) {
    constexpr std::string_view prefix = "custom:";
    if (!name.starts_with(prefix)) return false;
    auto const rest = name.substr(prefix.size());
    auto const is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '*';
    };
    return !rest.empty() && is_plain(rest.front()) && is_plain(rest.back()) &&
           std::ranges::all_of(rest, [&](char c) { return is_plain(c) || c == '-' || c == ':'; });
}

}  // namespace carrel::rbac
