#pragma once

/// Rows of JupyterHub's REST API about the groups of a course's hub: /groups and what is below.
///
/// Blocking: on the pool. Each change leaves an event. Owned by `Hub`.

#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

namespace carrel::jupyterhub {

class GroupCalls {
public:
    GroupCalls(HubDependencies const& dependencies, CallerGate& callers)
        : use_(dependencies), callers_(callers) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer list(http::Request& request);
    Answer make_many(http::Request& request);
    Answer one(http::Request& request);
    Answer make(http::Request& request);
    Answer remove(http::Request& request);
    Answer add_users(http::Request& request);
    Answer remove_users(http::Request& request);
    Answer set_properties(http::Request& request);

    Answer change_users(http::Request& request, bool add);

    HubDependencies use_;
    CallerGate& callers_;
};

}  // namespace carrel::jupyterhub
