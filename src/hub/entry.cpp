#include "hub/entry.hpp"

#include "base/text.hpp"
#include "http/edge_token.hpp"
#include "http/problem.hpp"
#include "hub/revocations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

bool wants_page(http::Request const& request) {
    return (request.method == "GET" || request.method == "HEAD") &&
           request.headers.get("Accept").find("text/html") != std::string_view::npos;
}

http::Response to_login(http::Request const& request) {
    return http::Response::redirect("/login?next=" + percent_encode(request.target));
}

/// Why somebody may not go on: a page for people, problem+json for programs.
http::Response refusal(Error const& error, http::Request const& request) {
    if (!wants_page(request)) return http::problem(error, request);
    auto const page = fmt::format(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Carrel</title>"
        "<body style=\"font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;"
        "padding:0 1rem\"><h1 style=\"font-size:1.4rem\">You cannot open this server</h1>"
        "<p>{}.</p><p><a href=\"/\">Back to your courses</a></p></body></html>",
        error.code == Code::PermissionDenied ? "You have no access to it" : "It is not there");
    return http::Response::html(page, http::status_of(error.code));
}

/// The page that starts a server, shows how far it is, and then goes on to where somebody wanted
/// to.
http::Response to_start(HubAccess const& access, std::string_view next) {
    return http::Response::redirect(
        fmt::format("/courses/{}?start={}&next={}", access.course.request.slug,
                    percent_encode(access.owner.name), percent_encode(next)));
}

bool is_clean(std::string_view segment) {
    return !segment.empty() && segment != "." && segment != ".." &&
           segment.find_first_of("/\\") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> server_owner_in(std::string_view target, std::string_view slug) {
    auto const path = target.substr(0, target.find_first_of("?#"));
    auto const segments = split(path, '/');
    // "", "c", slug, "user", name, …
    if (segments.size() < 5 || !segments[0].empty() || segments[1] != "c" || segments[2] != slug ||
        segments[3] != "user")
        return {};
    for (size_t i = 4; i < segments.size(); ++i) {
        bool const last = i + 1 == segments.size();
        if (last && i > 4 && segments[i].empty()) continue;  // one slash at the end
        auto const decoded = percent_decode(segments[i]);
        if (!decoded || !is_clean(*decoded)) return {};
    }
    return percent_decode(segments[4]).value();
}

Entry::Entry(HubDependencies const& dependencies, Gate& gate, ServerLifecycle& servers,
             std::string edge_key)
    : use_(dependencies), gate_(gate), servers_(servers), edge_key_(std::move(edge_key)) {}

void Entry::add_routes(http::Router& router) {
    auto const bind = [this](Answer (Entry::*handler)(http::Request&)) {
        return [this, handler](http::Request& request) { return (this->*handler)(request); };
    };
    router.add("GET", "/c/{slug}", bind(&Entry::hub_root));
    router.add("GET", "/c/{slug}/", bind(&Entry::hub_root));
    router.add("GET", "/c/{slug}/hub/enter", bind(&Entry::enter));
    for (auto const* const method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        for (auto const* const pattern :
             {"/c/{slug}/user/{name}", "/c/{slug}/user/{name}/{rest...}"})
            router.add(method, pattern, bind(&Entry::not_running));
}

Entry::Answer Entry::hub_root(http::Request& request) {
    co_return http::Response::redirect("/courses/" + percent_encode(request.parameter("slug")));
}

Task<std::variant<HubAccess, http::Response>> Entry::admit(http::Request const& request,
                                                           std::string const& owner_name) {
    using Outcome = std::variant<HubAccess, http::Response>;
    auto access = co_await use_.pool.run([&]() -> Result<HubAccess> {
        TRY(auto const identity, gate_.identify(request));
        TRY_VOID(require(identity, Scope::AccessServers));
        return use_.store.read([&](Transaction& transaction) {
            return find_hub_access(transaction, identity, request.parameter("slug"), owner_name);
        });
    });
    if (access) co_return Outcome(*std::move(access));
    if (access.error().code == Code::Unauthenticated && wants_page(request))
        co_return Outcome(to_login(request));
    if (access.error().code == Code::Internal || access.error().code == Code::Unavailable)
        co_return std::unexpected(access.error());
    co_return Outcome(refusal(access.error(), request));
}

Entry::Answer Entry::enter(http::Request& request) {
    auto const next = request.query("next").value_or("");
    auto const owner_name = server_owner_in(next, request.parameter("slug"));
    if (!owner_name)
        co_return fail_field("next", "the address to go on to is not one of a server here");
    // Before the right is asked for: one that is taken away meanwhile is revoked later than this.
    auto const now = use_.clock.now();
    CO_TRY(auto admitted, co_await admit(request, *owner_name));
    if (auto* const answer = std::get_if<http::Response>(&admitted)) co_return std::move(*answer);
    auto const& access = std::get<HubAccess>(admitted);

    auto const server = servers_.find({access.course.id, access.owner.id, ""});
    if (!server || server->record.state != ServerState::Running) co_return to_start(access, next);
    // It lets visitors in by itself, and writes their entry down when it asks for them.
    if (server->record.secret.empty()) co_return http::Response::redirect(next);
    if (!access.own) {
        Event const entered{.at = now,
                            .kind = "server_entered",
                            .course = access.course.id,
                            .actor = access.identity.user.name,
                            .subject = access.owner.name,
                            .message = fmt::format("{} entered the server of {}",
                                                   access.identity.user.name, access.owner.name)};
        // No entry without its line in the audit log.
        CO_TRY_VOID(co_await use_.pool.run([&] {
            return use_.store.write(
                [&](Transaction& transaction) { return transaction.events().append(entered); });
        }));
    }
    // The right to enter ends with the login at the latest.
    auto const expires =
        std::min<Time>(now + edge_token_lasts, access.identity.ends_at.value_or(Time::max()));
    http::EdgeToken const token{.route = server->owner.path(),
                                .user = access.identity.user.name,
                                .session = access.identity.login.value(),
                                .issued = now,
                                .expires = expires};
    auto answer = http::Response::redirect(next);
    http::set_cookie(answer, {.name = std::string(http::edge_cookie),
                              .value = http::sign_edge_token(token, edge_key_),
                              .path = server->owner.path() + "/",
                              .lasts = std::chrono::ceil<Seconds>(expires - now),
                              .secure = request.is_secure()});
    co_return answer;
}

Entry::Answer Entry::not_running(http::Request& request) {
    CO_TRY(auto admitted, co_await admit(request, request.parameter("name")));
    if (auto* const answer = std::get_if<http::Response>(&admitted)) co_return std::move(*answer);
    auto const& access = std::get<HubAccess>(admitted);
    if (wants_page(request)) co_return to_start(access, request.target);
    // JupyterHub's answer for a stopped server, which JupyterLab knows.
    co_return http::Response::json({{"status", 424}, {"message", "the server is not running"}},
                                   424);
}

}  // namespace carrel
