#include "hub/pages/spawn_pages.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/next_path.hpp"
#include "hub/pages/server_pages.hpp"

namespace carrel::jupyterhub {

namespace {

/// What starts faster than this is gone to at once, without a page in between.
constexpr Milliseconds quick_start{1'000};

/// The page that somebody wanted, or the front of the server.
std::string wanted_place(PageVisit const& visit, PageTarget const& target) {
    auto const next = visit.request.query("next").value_or("");
    return place_in(as_it_is_now(visit.caller.paths, next), visit.base,
                    visit.caller.paths.server(visit.slug, target.owner.name, target.server));
}

/// Whether this request may start a server. A browser may look ahead of its user, and another
/// site's link starts the visitor's own server at most.
bool may_start(PageVisit const& visit, PageTarget const& target) {
    auto const& request = visit.request;
    if (request.method == "POST") return true;
    if (request.method != "GET") return false;
    if (request.headers.get("Sec-Purpose").find("prefetch") != std::string_view::npos) return false;
    return target.owner.id == visit.caller.user.id || check_same_origin(request);
}

}  // namespace

void SpawnPages::add_routes(http::Router& router) {
    auto const add = [&](std::string_view method, std::string_view path,
                         Answer (SpawnPages::*handler)(PageVisit&)) {
        router.add(
            method, "/c/{slug}/hub" + std::string(path),
            visited(pages_, [this, handler](PageVisit& visit) { return (this->*handler)(visit); }));
    };
    for (auto const* const path : {"/spawn", "/spawn/{name}", "/spawn/{name}/{server}"}) {
        add("GET", path, &SpawnPages::spawn);
        add("POST", path, &SpawnPages::spawn);
    }
    for (auto const* const path :
         {"/spawn-pending", "/spawn-pending/{name}", "/spawn-pending/{name}/{server}"})
        add("GET", path, &SpawnPages::pending);
    add("GET", "/user-redirect", &SpawnPages::user_redirect);
    add("GET", "/user-redirect/{rest*}", &SpawnPages::user_redirect);
}

SpawnPages::Answer SpawnPages::spawn(PageVisit& visit) {
    auto const& asked = visit.request.parameter("name");
    auto const& name = asked.empty() ? visit.caller.user.name : asked;
    CO_TRY(auto target, co_await find_target(pages_, visit, name, visit.request.parameter("server"),
                                             "start:servers"));
    auto const place = wanted_place(visit, target);
    if (target.state() == ServerState::Running) co_return http::Response::redirect(place);
    auto const waiting = spawn_path(visit, "spawn-pending", target, place);
    if (!may_start(visit, target)) co_return http::Response::redirect(waiting);
    if (target.state() == ServerState::Stopping) co_return http::Response::redirect(waiting);
    CO_TRY(auto const server,
           co_await pages_.servers.start({visit.caller.course, target.owner, target.server},
                                         visit.caller.user.name));
    auto const deadline = Deadline::after(quick_start);
    while (!server->progress.latest().over() && !deadline.passed()) {
        if (server->progress.latest().queue_place) break;
        CO_TRY_VOID(
            co_await server->progress.wait_for_change(server->progress.version(), deadline.left()));
    }
    bool const ready = server->progress.latest().ready;
    co_return http::Response::redirect(ready ? place : waiting);
}

SpawnPages::Answer SpawnPages::pending(PageVisit& visit) {
    auto const& asked = visit.request.parameter("name");
    auto const& name = asked.empty() ? visit.caller.user.name : asked;
    CO_TRY(auto target, co_await find_target(pages_, visit, name, visit.request.parameter("server"),
                                             "start:servers"));
    auto const place = wanted_place(visit, target);
    if (target.pending()) co_return ui_page(pages_, visit.request);
    if (target.state() == ServerState::Running) co_return http::Response::redirect(place);
    if (target.never_ran()) co_return failed_page(visit, target, place);
    co_return not_running_page(visit, target, place);
}

SpawnPages::Answer SpawnPages::user_redirect(PageVisit& visit) {
    auto const before = static_cast<int>(split(visit.base, '/').size());
    auto const wanted = visit.caller.paths.server(visit.slug, visit.caller.user.name, "") +
                        std::string(rest_of(visit.request.target, before));
    auto const place = place_in(wanted, visit.base, "");
    if (place.empty()) co_return fail(Code::NotFound, "this address leads to no place of a server");
    co_return http::Response::redirect(fmt::format("{}hub/spawn/{}?next={}", visit.base,
                                                   escape_name(visit.caller.user.name),
                                                   percent_encode(place)));
}

}  // namespace carrel::jupyterhub
