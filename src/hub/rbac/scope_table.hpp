#pragma once

/// JupyterHub's scopes and what each one contains. Constant; any thread.

#include <span>
#include <string_view>
#include <vector>

namespace carrel::rbac {

/// One scope that JupyterHub 5 knows.
struct ScopeEntry {
    std::string_view name;
    std::vector<std::string_view> contains;  ///< directly; these contain others in turn
};

[[nodiscard]] std::span<ScopeEntry const> scope_table();
/// Null when there is no such scope.
[[nodiscard]] ScopeEntry const* find_scope(std::string_view name);

/// What "self" stands for, each about its owner alone.
[[nodiscard]] std::span<std::string_view const> self_scopes();

/// "custom:" and `[a-z0-9_\-*:]+`, where neither the first nor the last is "-" or ":".
[[nodiscard]] bool is_custom_scope(std::string_view name);

}  // namespace carrel::rbac
