#include "hub/pages/server_pages.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/next_path.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::jupyterhub {

namespace {

/// How often a browser may come back from a server that is said to run.
constexpr long long most_redirects = 4;
constexpr Milliseconds first_patience{500};

/// Programs want 424 in JSON; people want a page. A program is whoever says so, asks an API, or
/// changes something.
bool is_program(http::Request const& request) {
    if (is_unsafe(request.method) || request.method == "OPTIONS") return true;
    if (request.headers.find("Upgrade")) return true;
    auto const segments = split(request.parameter("rest"), '/');
    if (std::ranges::find(segments, "api") != segments.end()) return true;
    auto const accept = request.headers.get("Accept");
    return accept.find("text/html") == std::string_view::npos &&
           accept.find("application/json") != std::string_view::npos;
}

/// The query without `redirects`, and what that said.
std::pair<std::string, long long> take_redirects(std::string_view query) {
    std::string kept;
    long long redirects = 0;
    for (auto const pair : split(query, '&')) {
        if (pair.empty()) continue;
        if (pair.starts_with("redirects="))
            redirects = parse_whole(pair.substr(10)).value_or(0);
        else
            kept += (kept.empty() ? "" : "&") + std::string(pair);
    }
    return {kept, redirects};
}

std::string whose(PageVisit const& visit, PageTarget const& target, Language language) {
    bool const own = target.owner.id == visit.caller.user.id;
    bool const german = language == Language::German;
    std::string text;
    if (own)
        text = german ? "Ihr Server" : "Your server";
    else
        text = fmt::format("{} {}", german ? "Der Server von" : "The server of", target.owner.name);
    return target.server.empty() ? text : text + " " + target.server;
}

std::string log_of(ServerRecord const& record, Language language) {
    if (record.log_tail.empty()) return {};
    return fmt::format("<h2>{}</h2><pre tabindex=\"0\">{}</pre>",
                       language == Language::German ? "Die letzten Zeilen des Protokolls"
                                                    : "The last lines of its log",
                       html(record.log_tail));
}

/// The button that starts it, and the way home.
std::string actions(PageVisit const& visit, PageTarget const& target, std::string_view next,
                    std::string_view label, Language language) {
    return fmt::format(
        "<div class=\"actions\"><a id=\"start\" role=\"button\" class=\"button\" href=\"{}\">{}</a>"
        "<a href=\"{}hub/home\">{}</a></div>",
        html(spawn_path(visit, "spawn", target, next)), label, html(visit.base),
        language == Language::German ? "Zum Kurs" : "To the course");
}

}  // namespace

ServerState PageTarget::state() const { return newest() ? newest()->state : ServerState::Stopped; }

ServerRecord const* PageTarget::newest() const {
    if (live) return &live->record;
    return record ? &*record : nullptr;
}

bool PageTarget::never_ran() const {
    return state() == ServerState::Failed && !newest()->started_at;
}

bool PageTarget::pending() const {
    return live && !has_ended(state()) && state() != ServerState::Running;
}

Task<PageTarget> find_target(PageDependencies const& pages, PageVisit const& visit,
                             std::string name, std::string server, std::string_view scope) {
    PageTarget target;
    target.server = std::move(server);
    CO_TRY_VOID(require_scope(visit.caller, scope, {.user = name, .server = target.server}));
    auto const& course = visit.caller.course;
    CO_TRY_VOID(co_await pages.use.pool.run([&] {
        return pages.use.store.read([&](Transaction& transaction) -> Result<> {
            TRY(target.owner, find_user_of_hub(transaction, course, name));
            auto record = transaction.servers().find(course.id, target.owner.id, target.server);
            if (record)
                target.record = *std::move(record);
            else if (record.error().code != Code::NotFound)
                return std::unexpected(record.error());
            return {};
        });
    }));
    target.live = pages.servers.find({course.id, target.owner.id, target.server});
    co_return target;
}

std::string spawn_path(PageVisit const& visit, std::string_view page, PageTarget const& target,
                       std::string_view next) {
    auto path = fmt::format("{}hub/{}/{}", visit.base, page, escape_name(target.owner.name));
    if (!target.server.empty()) path += "/" + escape_name(target.server);
    if (is_place_in(next, visit.base)) path += "?next=" + percent_encode(next);
    return path;
}

http::Response not_running_page(PageVisit const& visit, PageTarget const& target,
                                std::string_view next) {
    auto const language = language_of(visit.request);
    bool const german = language == Language::German;
    auto const title = fmt::format("{} {}", whose(visit, target, language),
                                   german ? "läuft nicht" : "is not running");
    std::string body = "<div class=\"card\">";
    if (auto const* record = target.newest(); record && !record->message.empty()) {
        body += fmt::format("<p>{}</p>", html(sentence(record->message)));
        body += log_of(*record, language);
    }
    body += fmt::format("<p>{}</p>",
                        german ? "Soll er gestartet werden?" : "Would you like to start it?");
    body += actions(visit, target, next, german ? "Server starten" : "Start the server", language) +
            "</div>";
    return page(title, body, 424, language);
}

http::Response failed_page(PageVisit const& visit, PageTarget const& target,
                           std::string_view next) {
    auto const language = language_of(visit.request);
    bool const german = language == Language::German;
    auto const title = fmt::format("{} {}", whose(visit, target, language),
                                   german ? "ist nicht gestartet" : "did not start");
    auto const& record = *target.newest();
    auto body = fmt::format("<div class=\"card\"><p class=\"alert\" role=\"alert\">{}</p>",
                            html(sentence(record.message)));
    body += log_of(record, language);
    body +=
        actions(visit, target, next, german ? "Noch einmal starten" : "Start it again", language) +
        "</div>";
    return page(title, body, 500, language);
}

void ServerPages::add_routes(http::Router& router) {
    for (auto const* const method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        for (auto const* const place : {"/user/{name}", "/user/{name}/{rest*}"}) {
            router.add(
                method, "/c/{slug}" + std::string(place),
                open_page(pages_, [this](http::Request& request) { return no_route(request); }));
            router.add(method, "/c/{slug}/hub" + std::string(place),
                       open_page(pages_, [this](http::Request& request) -> Task<http::Response> {
                           if (is_program(request)) co_return co_await say_stopped(request);
                           co_return co_await visited(pages_, [this](PageVisit& visit) {
                               return lead_on(visit);
                           })(request);
                       }));
        }
}

ServerPages::Answer ServerPages::no_route(http::Request& request) {
    if (is_program(request)) co_return co_await say_stopped(request);
    auto const base = pages_.use.paths.base(request.parameter("slug"));
    auto const place = request.target.substr(std::min(base.size(), request.target.size()));
    co_return http::Response::redirect(place_in(base + "hub/" + place, base, base + "hub/"));
}

/// Changes nothing, so that a page of a server that has stopped hears why also when it writes.
ServerPages::Answer ServerPages::say_stopped(http::Request& request) {
    auto reading = request;
    reading.method = "GET";
    auto const caller = co_await pages_.use.pool.run(
        [&] { return pages_.callers.identify(reading, Surface::Page); });
    if (!caller) co_return error_answer(caller.error());
    auto const& slug = request.parameter("slug");
    PageVisit const visit{request, *caller, pages_.use.paths.base(slug), slug};
    auto const target = co_await find_asked(visit);
    if (!target) co_return error_answer(target.error());
    auto const spawn =
        fmt::format("{}://{}{}", request.is_secure() ? "https" : "http",
                    request.headers.get("Host"), spawn_path(visit, "spawn", *target, ""));
    co_return http::Response::json(
        {{"status", 424},
         {"message", fmt::format("JupyterHub server no longer running at {}. "
                                 "Restart the server at {}",
                                 request.sent_path(), spawn)}},
        424);
}

ServerPages::Answer ServerPages::lead_on(PageVisit& visit) {
    CO_TRY(auto const target, co_await find_asked(visit));
    auto const place =
        visit.base + "user/" +
        std::string(rest_of(visit.request.target, static_cast<int>(split(visit.base, '/').size())));
    switch (target.state()) {
        case ServerState::Running:
            co_return co_await to_running(visit, place);
        case ServerState::Queued:
        case ServerState::Starting:
        case ServerState::Stopping:
        case ServerState::Failed: {
            // One that ended by itself is just not running.
            if (target.state() == ServerState::Failed && !target.never_ran())
                co_return not_running_page(visit, target, place);
            auto answer =
                http::Response::redirect(spawn_path(visit, "spawn-pending", target, place));
            answer.status = 303;
            co_return answer;
        }
        case ServerState::Stopped:
            co_return not_running_page(visit, target, place);
    }
    std::unreachable();
}

Task<PageTarget> ServerPages::find_asked(PageVisit const& visit) {
    auto const& name = visit.request.parameter("name");
    auto const& course = visit.caller.course.id;
    auto first = percent_decode(split(visit.request.parameter("rest"), '/')[0]).value_or("");
    CO_TRY(bool const named, co_await pages_.use.pool.run([&]() -> Result<bool> {
        if (first.empty()) return false;
        return pages_.use.store.read([&](Transaction& transaction) -> Result<bool> {
            auto const owner = transaction.users().find_by_name(name);
            if (!owner) return false;
            return transaction.servers().find(course, owner->id, first).has_value();
        });
    }));
    if (!named) first.clear();
    co_return co_await find_target(pages_, visit, name, std::move(first), "access:servers");
}

ServerPages::Answer ServerPages::to_running(PageVisit const& visit, std::string place) {
    auto const mark = place.find('?');
    auto const [query, redirects] =
        take_redirects(mark == std::string::npos ? "" : std::string_view(place).substr(mark + 1));
    place.resize(std::min(mark, place.size()));
    if (redirects >= most_redirects) {
        log::error("redirect_loop", {{"path", for_log(place)}, {"redirects", redirects}});
        co_return page("Redirect loop detected.",
                       "<p>The server runs, but the way to it is missing. Stop it and start it "
                       "again, or ask who runs this hub.</p>",
                       500, Language::English);
    }
    if (redirects > 0) {
        // Its route ought to be there, as nobody hears of a server without one: have all looked at.
        pages_.servers.set_routes_uncertain(true);
        CO_TRY_VOID(co_await sleep_for(first_patience * (1 << redirects)));
    }
    place += fmt::format("?{}{}redirects={}", query, query.empty() ? "" : "&", redirects + 1);
    co_return http::Response::redirect(place_in(place, visit.base, visit.base + "hub/home"));
}

}  // namespace carrel::jupyterhub
