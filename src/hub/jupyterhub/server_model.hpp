#pragma once

/// A server in JupyterHub's form, as JSON text behind what is there already. Reads what belongs to
/// the control thread.

#include "domain/hub_paths.hpp"
#include "hub/live_server.hpp"

#include <string>
#include <string_view>

namespace carrel::jupyterhub {

/// With `display_name`, which JupyterHub has since 6, and `stops_at`, which it does not have: when
/// the server will be stopped for want of use.
void append_server_model(std::string& to, HubPaths const& paths, LiveServer const& server);

/// What it is about to do, as JSON: "spawn", "stop" or null.
[[nodiscard]] std::string_view pending_text(ServerState state);

}  // namespace carrel::jupyterhub
