#pragma once

/// The token of a server of JupyterHub's kind: what it calls its hub with, and what its hub may
/// call it with, as both are said to be whose server it is. Pure; any thread.

#include "domain/hub_token.hpp"
#include "hub/live_server.hpp"

#include <string_view>

namespace carrel::jupyterhub {

/// What `secret` is kept as, with the rights of JupyterHub's role "server". Ends with the server.
[[nodiscard]] Result<HubToken> server_token(ServerOwner const& owner, HubPaths const& paths,
                                            std::string_view secret, Time now);

}  // namespace carrel::jupyterhub
