#pragma once

/// Rows of JupyterHub's REST API about the hub as a running thing: /proxy, /shutdown, /metrics and
/// /health. A hub is a course, and the proxy is the platform's: what these mean here is in
/// docs/design/0018.
///
/// Confined to the control thread. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/services/services.hpp"

namespace carrel::jupyterhub {

class HubCalls {
public:
    HubCalls(HubDependencies const& dependencies, CallerGate& callers, ServerLifecycle& servers,
             Services& services)
        : use_(dependencies), callers_(callers), servers_(servers), services_(services) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer routes(http::Request& request);
    Answer send_routes(http::Request& request);
    Answer change_proxy(http::Request& request);
    Answer shut_down(http::Request& request);
    Answer metrics(http::Request& request);
    Answer health(http::Request& request);

    Task<Caller> ask(http::Request const& request, std::string_view scope);
    [[nodiscard]] std::vector<std::shared_ptr<LiveServer>> running(CourseId const& course) const;

    HubDependencies use_;
    CallerGate& callers_;
    ServerLifecycle& servers_;
    Services& services_;
};

}  // namespace carrel::jupyterhub
