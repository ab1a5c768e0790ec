#pragma once

/// The other pages under /c/{slug}/hub/: its root, home, tokens and administration, which the UI
/// shows; errors for a proxy, the logo and other files, and reports of browsers. Confined to the
/// control thread. Owned by `Hub`.

#include "hub/pages/page_visit.hpp"

namespace carrel::jupyterhub {

class HubPages {
public:
    explicit HubPages(PageDependencies const& pages) : pages_(pages) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer root(PageVisit& visit);
    Answer admin(PageVisit& visit);
    Answer error(http::Request& request);
    Answer file(http::Request& request);
    Answer report(http::Request& request);

    PageDependencies const& pages_;
};

}  // namespace carrel::jupyterhub
