#pragma once

/// Rows of JupyterHub's REST API about services: /services and /services/{name}. Those of the
/// configuration are shown; others are made and deleted here.
///
/// Confined to the control thread. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/services/services.hpp"

#include <nlohmann/json_fwd.hpp>

namespace carrel::jupyterhub {

class ServiceCalls {
public:
    ServiceCalls(HubDependencies const& dependencies, CallerGate& callers, Services& services)
        : use_(dependencies), callers_(callers), services_(services) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer list(http::Request& request);
    Answer one(http::Request& request);
    Answer make(http::Request& request);
    Answer remove(http::Request& request);

    [[nodiscard]] nlohmann::json model(Caller const& caller, Service const& service) const;

    HubDependencies use_;
    CallerGate& callers_;
    Services& services_;
};

}  // namespace carrel::jupyterhub
