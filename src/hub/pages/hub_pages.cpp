#include "hub/pages/hub_pages.hpp"

#include "base/text.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/next_path.hpp"
#include "runtime/log.hpp"

namespace carrel::jupyterhub {

namespace {

constexpr std::string_view logo = "/favicon.svg";

/// JupyterHub's names for files that themes and other programs link to.
std::string_view file_for(std::string_view name) {
    if (name == "favicon.ico" || name == "images/jupyterhub-80.png" || name == "images/jupyter.png")
        return logo;
    if (name == "css/style.min.css") return "/hub.css";
    return {};
}

}  // namespace

void HubPages::add_routes(http::Router& router) {
    auto const open = [&](std::string_view method, std::string_view path, http::Handler handler) {
        router.add(method, "/c/{slug}/hub" + std::string(path),
                   open_page(pages_, std::move(handler)));
    };
    auto const seen = [&](std::string_view path, Answer (HubPages::*handler)(PageVisit&)) {
        router.add(
            "GET", "/c/{slug}/hub" + std::string(path),
            visited(pages_, [this, handler](PageVisit& visit) { return (this->*handler)(visit); }));
    };
    auto const shown = [&](std::string_view path) {
        router.add("GET", "/c/{slug}/hub" + std::string(path),
                   visited(pages_, [this](PageVisit& visit) -> Answer {
                       co_return ui_page(pages_, visit.request);
                   }));
    };
    open("GET", "", [this](http::Request& request) -> Answer {
        auto const mark = request.target.find('?');
        auto answer = http::Response::redirect(
            pages_.use.paths.hub(request.parameter("slug")) +
            (mark == std::string::npos ? "" : request.target.substr(mark)));
        answer.status = 301;
        co_return answer;
    });
    seen("/", &HubPages::root);
    seen("/admin", &HubPages::admin);
    shown("/home");
    shown("/token");
    open("GET", "/error/{code}", [this](http::Request& request) { return error(request); });
    open("GET", "/logo", [this](http::Request& request) { return file(request); });
    open("GET", "/static/{file...}", [this](http::Request& request) { return file(request); });
    open("POST", "/security/csp-report",
         [this](http::Request& request) { return report(request); });
}

HubPages::Answer HubPages::root(PageVisit& visit) {
    auto const& [course, user] = std::tie(visit.caller.course, visit.caller.user);
    auto const server = pages_.servers.find({course.id, user.id, ""});
    bool const running = server && server->record.state == ServerState::Running;
    co_return http::Response::redirect(place_in(
        as_it_is_now(pages_.use.paths, visit.request.query("next").value_or("")), visit.base,
        running ? pages_.use.paths.server(visit.slug, user.name, "") : visit.base + "hub/spawn"));
}

HubPages::Answer HubPages::admin(PageVisit& visit) {
    CO_TRY_VOID(require_scope(visit.caller, "admin-ui", {}));
    co_return ui_page(pages_, visit.request);
}

/// For a proxy that shows our page in place of its own and keeps its status.
HubPages::Answer HubPages::error(http::Request& request) {
    auto const code = parse_whole(request.parameter("code"));
    if (!code || *code < 400 || *code > 599)
        co_return fail(Code::NotFound, "there is no such error");
    auto answer = status_page(static_cast<unsigned>(*code), language_of(request));
    answer.status = 200;
    co_return answer;
}

HubPages::Answer HubPages::file(http::Request& request) {
    auto const& name = request.parameter("file");
    auto const path = name.empty() ? logo : file_for(name);
    if (!path.empty())
        if (auto found = pages_.ui(path, request)) co_return *std::move(found);
    co_return fail(Code::NotFound, "there is no such file");
}

/// Anybody can send one, so that it is worth no more than a line for who looks for it.
HubPages::Answer HubPages::report(http::Request& request) {
    log::debug("csp_report", {{"report", for_log(request.body, 500)}});
    co_return http::Response::empty(204);
}

}  // namespace carrel::jupyterhub
