#pragma once

/// Starting a server by a link: /c/{slug}/hub/spawn starts it, …/spawn-pending shows how far it is,
/// and …/user-redirect/PATH leads everybody to PATH on their own server, which is what
/// nbgitpuller's links are made of. Confined to the control thread. Owned by `Hub`.

#include "hub/pages/page_visit.hpp"

namespace carrel::jupyterhub {

class SpawnPages {
public:
    explicit SpawnPages(PageDependencies const& pages) : pages_(pages) {}
    void add_routes(http::Router& router);

private:
    using Answer = Task<http::Response>;
    Answer spawn(PageVisit& visit);
    Answer pending(PageVisit& visit);
    Answer user_redirect(PageVisit& visit);

    PageDependencies const& pages_;
};

}  // namespace carrel::jupyterhub
