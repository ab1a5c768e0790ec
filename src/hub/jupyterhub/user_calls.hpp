#pragma once

/// One user in JupyterHub's REST API: GET /user, by which servers and services ask who holds a
/// token, GET /users/{name}, and POST /users/{name}/activity, by which servers tell when they were
/// last used.
/// Confined to the control thread. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

#include <nlohmann/json_fwd.hpp>

namespace carrel::jupyterhub {

/// What a server says of its use: each server's last activity by its name.
struct ActivityReport {
    std::optional<Time> user;
    std::map<std::string, Time> servers;
};

/// InvalidArgument: no time, one that is none, or one more than an hour ahead.
[[nodiscard]] Result<ActivityReport> read_activity(nlohmann::json const& body, Time now);

class UserCalls {
public:
    UserCalls(HubDependencies const& dependencies, CallerGate& callers, ServerLifecycle& servers)
        : use_(dependencies), callers_(callers), servers_(servers) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer who_am_i(http::Request& request);
    Answer user(http::Request& request);
    Answer activity(http::Request& request);
    Task<> note(ServerKey key, Time at, bool is_report);

    HubDependencies use_;
    CallerGate& callers_;
    ServerLifecycle& servers_;
};

}  // namespace carrel::jupyterhub
