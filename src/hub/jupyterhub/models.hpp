#pragma once

/// JupyterHub's models as JSON. Pure; the caller loads what they show.

#include "hub/jupyterhub/caller.hpp"
#include "hub/live_server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <vector>

namespace carrel::jupyterhub {

/// A user, with what the caller's scopes let them see of it; their active servers are `servers`.
[[nodiscard]] nlohmann::json user_model(rbac::ScopeSet const& scopes, User const& user,
                                        std::vector<std::string> const& roles,
                                        std::vector<std::shared_ptr<LiveServer>> const& servers);

[[nodiscard]] nlohmann::json server_model(LiveServer const& server);

/// When the user was last there: at their log-in, or in one of these servers.
[[nodiscard]] std::optional<Time> last_activity_of(
    User const& user, std::vector<std::shared_ptr<LiveServer>> const& servers);

[[nodiscard]] nlohmann::json time_or_null(std::optional<Time> const& time);

}  // namespace carrel::jupyterhub
