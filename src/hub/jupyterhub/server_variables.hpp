#pragma once

/// What a server of JupyterHub's kind is told in its environment: all that JupyterHub's spawners
/// tell. Pure; any thread.

#include "hub/live_server.hpp"
#include "spawn/spawner.hpp"

#include <map>
#include <string>

namespace carrel::jupyterhub {

struct ServerVariables {
    std::string slug;
    std::string user;
    std::string server;  ///< "" is the default server
    std::string token;   ///< the server's own API token
    std::string default_url;
    std::string portal =
        {};  ///< where the hub is, "https://hub.example.org"; empty: where the server is
    std::string origin = {};  ///< where the server is; empty: wherever the platform is reached
    HubPaths paths = {};
    Resources resources;
};

/// For `ServerSpec::hub_variables`.
[[nodiscard]] std::map<std::string, std::string> server_variables(ServerVariables const& of);

}  // namespace carrel::jupyterhub
