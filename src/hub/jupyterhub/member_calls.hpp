#pragma once

/// Rows of JupyterHub's REST API that say who belongs to a course's hub: POST /users, and POST,
/// PATCH and DELETE of /users/{name}.
///
/// Accounts are Carrel's and a hub is a course, so to make a user is to make somebody a
/// participant, and to delete one is to take them out of the course. Each change leaves an event.
/// Confined to the control thread. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

namespace carrel::jupyterhub {

class MemberCalls {
public:
    MemberCalls(HubDependencies const& dependencies, CallerGate& callers, ServerLifecycle& servers)
        : use_(dependencies), callers_(callers), servers_(servers) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer make_many(http::Request& request);
    Answer make(http::Request& request);
    Answer change(http::Request& request);
    Answer remove(http::Request& request);

    HubDependencies use_;
    CallerGate& callers_;
    ServerLifecycle& servers_;
};

}  // namespace carrel::jupyterhub
