#pragma once

/// Rows of JupyterHub's REST API about letting others into a server: /shares, /share-codes,
/// /users/{name}/shared and /groups/{group}/shared; and the page at which a code is accepted,
/// /c/{slug}/hub/accept-share.
/// Confined to the control thread. Owned by `Hub`.

#include "hub/jupyterhub/caller.hpp"
#include "hub/server_lifecycle.hpp"

#include "http/router.hpp"

namespace carrel::jupyterhub {

/// A share, with the names of whom it lets in: a person, or a group.
struct SharedServer {
    User owner;
    std::string server;
    std::string user = {};
    std::string group = {};
    Time created_at;
};

/// These shares, people's first.
[[nodiscard]] Result<std::vector<SharedServer>> with_names(
    Transaction& transaction, std::vector<HubShare> const& people,
    std::vector<HubGroupShare> const& groups);
/// "access:servers!server=ada/gpu": what a share of this server gives.
[[nodiscard]] std::string share_scope(User const& owner, std::string_view server);
/// Only the right to enter can be shared. InvalidArgument: a body that names another scope.
[[nodiscard]] Result<> check_share_scopes(nlohmann::json const& body, User const& owner,
                                          std::string_view server);
/// "the server “gpu” of ada", for the audit log.
[[nodiscard]] std::string server_title(User const& owner, std::string_view server);

class ShareCalls {
public:
    ShareCalls(HubDependencies const& dependencies, Gate& gate, CallerGate& callers,
               ServerLifecycle& servers)
        : use_(dependencies), gate_(gate), callers_(callers), servers_(servers) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer list(http::Request& request);
    Answer give(http::Request& request);
    Answer take_back(http::Request& request);
    Answer take_all_back(http::Request& request);
    Answer shared_with(http::Request& request);
    Answer one_shared_with(http::Request& request);
    Answer leave(http::Request& request);
    Answer shared_with_group(http::Request& request);
    Answer one_shared_with_group(http::Request& request);
    Answer leave_as_group(http::Request& request);
    Answer codes(http::Request& request);
    Answer make_code(http::Request& request);
    Answer remove_codes(http::Request& request);
    http::Response ask_to_accept(http::Request& request);
    http::Response accept(http::Request& request);

    /// Who asks about whose server.
    struct Asked {
        Caller caller;
        User owner;
        std::string server;
        bool whole = false;  ///< all of the owner's servers

        [[nodiscard]] bool about(std::string_view name) const { return whole || name == server; }
    };
    [[nodiscard]] Result<Asked> ask(http::Request const& request, std::string_view scope) const;
    /// What is shared with whom the path names; `caller` becomes who asks.
    [[nodiscard]] Result<std::vector<SharedServer>> find_shared_with(http::Request const& request,
                                                                     Caller& caller) const;
    /// What is shared with the group that the path names; `caller` becomes who asks.
    [[nodiscard]] Result<std::vector<SharedServer>> find_shared_with_group(
        http::Request const& request, Caller& caller) const;
    /// The one of them that the path names. NotFound: it is not among them.
    [[nodiscard]] Result<http::Response> one_of(http::Request const& request, Caller const& caller,
                                                std::vector<SharedServer> const& shares) const;
    [[nodiscard]] Result<> check_there(Transaction& transaction, Asked const& asked) const;
    [[nodiscard]] nlohmann::json model(Caller const& caller, SharedServer const& shared) const;
    [[nodiscard]] nlohmann::json server_of(Course const& course, User const& owner,
                                           std::string const& name) const;
    [[nodiscard]] http::Response page_of(http::Request const& request, Caller const& caller,
                                         std::vector<SharedServer> const& shares) const;

    HubDependencies use_;
    Gate& gate_;
    CallerGate& callers_;
    ServerLifecycle& servers_;
};

}  // namespace carrel::jupyterhub
