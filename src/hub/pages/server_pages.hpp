#pragma once

/// What answers in place of a server that has no route: /c/{slug}/user/… and, where JupyterHub's
/// links and clients are led, /c/{slug}/hub/user/…. A server that runs is led to, one on its way is
/// waited for, and a stopped one is said to be stopped: in words that JupyterLab knows (424), or on
/// a page with a button. Confined to the control thread. Owned by `Hub`.

#include "hub/pages/page_visit.hpp"

namespace carrel::jupyterhub {

/// Somebody's server in a hub, as a page is about it.
struct PageTarget {
    User owner;
    std::string server;                  ///< "" is the default server
    std::shared_ptr<LiveServer> live;    ///< null: the hub has forgotten it, or never knew it
    std::optional<ServerRecord> record;  ///< what the store remembers

    [[nodiscard]] ServerRecord const* newest() const;  ///< null: it was never started
    [[nodiscard]] ServerState state() const;
    [[nodiscard]] bool pending() const;
    [[nodiscard]] bool never_ran() const;  ///< its last start failed
};

/// 403 and 404 as `require_scope` and `find_user_of_hub` say.
Task<PageTarget> find_target(PageDependencies const& pages, PageVisit const& visit,
                             std::string name, std::string server, std::string_view scope);

/// "/c/bio/hub/spawn/ada/gpu?next=…", and the same for "spawn-pending".
[[nodiscard]] std::string spawn_path(PageVisit const& visit, std::string_view page,
                                     PageTarget const& target, std::string_view next);

/// 424 with a button that starts the server; or, when its last start failed, 500 with the reason.
[[nodiscard]] http::Response not_running_page(PageVisit const& visit, PageTarget const& target,
                                              std::string_view next);
[[nodiscard]] http::Response failed_page(PageVisit const& visit, PageTarget const& target,
                                         std::string_view next);

class ServerPages {
public:
    explicit ServerPages(PageDependencies const& pages) : pages_(pages) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    /// At the server's own address.
    Answer no_route(http::Request& request);
    /// At the hub's address for it.
    Answer lead_on(PageVisit& visit);
    Answer say_stopped(http::Request& request);
    /// The server that an address is about: its first segment names one if there is one so named.
    Task<PageTarget> find_asked(PageVisit const& visit);
    /// Where a server runs but its address led here all the same.
    Answer to_running(PageVisit const& visit, std::string place);

    PageDependencies const& pages_;
};

}  // namespace carrel::jupyterhub
