#pragma once

/// JupyterHub's REST API of a course's hub, /c/{slug}/hub/api/: users and their servers.
///
/// Status codes and models follow JupyterHub 5's rest-api documentation: errors are {status,
/// message}, missing credentials are 403, a start that is still under way is 202.

#include "auth/gate.hpp"
#include "http/router.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

namespace carrel {

class HubApi {
public:
    HubApi(HubDependencies const& dependencies, Gate& gate, jupyterhub::CallerGate& callers,
           ServerLifecycle& servers);
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer version(http::Request& request);
    Answer user(http::Request& request);
    Answer start(http::Request& request);
    Answer stop(http::Request& request);
    Answer progress(http::Request& request);

    /// Somebody by Carrel's log-in needs its scope and a right to the server; who holds a token of
    /// the hub needs the hub's scope.
    struct Needs {
        Scope carrel;
        std::string_view hub;
    };
    Task<HubAccess> access(http::Request const& request, Needs needs);
    Result<HubAccess> access_by_hub_token(http::Request const& request,
                                          std::string_view scope) const;
    /// Registers a handler whose errors take JupyterHub's form.
    void add(http::Router& router, std::string_view method, std::string_view path,
             Answer (HubApi::*handler)(http::Request&));

    HubDependencies use_;
    Gate& gate_;
    jupyterhub::CallerGate& callers_;
    ServerLifecycle& servers_;
};

}  // namespace carrel
