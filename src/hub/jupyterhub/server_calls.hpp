#pragma once

/// Rows of JupyterHub's REST API about a user's servers: /users/{name}/server, the default one,
/// /users/{name}/servers/{server}, the others, and their progress. To show, make and edit one are
/// rows of JupyterHub 6.
///
/// A start that is still under way is 202, one that has succeeded 201.
/// Confined to the control thread. Owned by `Hub`.

#include "base/text.hpp"
#include "http/router.hpp"
#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

#include <optional>
#include <string>

namespace carrel::jupyterhub {

class ServerCalls {
public:
    ServerCalls(HubDependencies const& dependencies, CallerGate& callers, ServerLifecycle& servers)
        : use_(dependencies), callers_(callers), servers_(servers) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    /// Who asks about whose server.
    struct Asked {
        Caller caller;
        User owner;
        std::string server;               ///< its name, "" for the default one
        std::optional<ServerRecord> row;  ///< when it has been started or made before

        /// "ada/gpu", in messages.
        [[nodiscard]] std::string full_name() const {
            return rbac::server_id(owner.name, for_log(server, 80));
        }
        [[nodiscard]] ServerKey key() const { return {caller.course.id, owner.id, server}; }
        [[nodiscard]] ServerOwner whose() const { return {caller.course, owner, server}; }
    };
    Answer show(http::Request& request);
    Answer make(http::Request& request);
    Answer edit(http::Request& request);
    Answer start(http::Request& request);
    Answer stop(http::Request& request);
    Answer remove(Asked const& asked);
    Answer progress(http::Request& request);
    /// The server as it is here, or as its row has it.
    [[nodiscard]] http::Response model_of(Asked const& asked, ServerRecord const& row,
                                          unsigned status = 200) const;

    /// Unless the caller lacks the scope for that server.
    Task<Asked> ask(http::Request const& request, std::string_view scope);

    HubDependencies use_;
    CallerGate& callers_;
    ServerLifecycle& servers_;
};

}  // namespace carrel::jupyterhub
