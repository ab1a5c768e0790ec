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

/// True while it is on its way, runs or stops.
[[nodiscard]] bool is_active(LiveServer const& server);

}  // namespace carrel::jupyterhub
