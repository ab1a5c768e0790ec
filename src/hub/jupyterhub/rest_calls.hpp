#pragma once

/// Rows of JupyterHub's REST API that are about the hub as a whole: /, /info and /users; and
/// tokens: /users/{name}/tokens.
/// Confined to the control thread. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

namespace carrel::jupyterhub {

class RestCalls {
public:
    RestCalls(HubDependencies const& dependencies, CallerGate& callers, ServerLifecycle& servers)
        : use_(dependencies), callers_(callers), servers_(servers) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer about(http::Request& request);
    Answer info(http::Request& request);
    Answer users(http::Request& request);
    Answer tokens(http::Request& request);
    Answer make_token(http::Request& request);
    Answer token(http::Request& request);
    Answer delete_token(http::Request& request);

    HubDependencies use_;
    CallerGate& callers_;
    ServerLifecycle& servers_;
};

}  // namespace carrel::jupyterhub
