#include "hub/jupyterhub/oauth_calls.hpp"

#include "auth/provider/provider_login.hpp"
#include "base/encoding.hpp"
#include "http/problem.hpp"
#include "hub/jupyterhub/answers.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/pages/html_page.hpp"
#include "hub/pages/page_visit.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace carrel::jupyterhub {

namespace {

std::string with_query(std::string const& address,
                       std::vector<std::pair<std::string_view, std::string>> const& fields) {
    auto text = address;
    char mark = '?';
    for (auto const& [name, value] : fields) {
        if (value.empty()) continue;
        text += fmt::format("{}{}={}", mark, name, percent_encode(value));
        mark = '&';
    }
    return text;
}

http::Response refused(Error const& error) {
    if (error.code == Code::Internal || error.code == Code::Unavailable) {
        log::error("oauth_failed", {{"cause", error.message}});
        return page("Something went wrong", "<p>Try again in a moment.</p>",
                    http::status_of(error.code));
    }
    return page("You cannot open this server",
                "<p>You do not have permission to access it.</p>"
                "<div class=\"actions\"><a class=\"button\" href=\"/\">Back to your courses</a>"
                "</div>",
                403);
}

http::Response not_a_client() {
    return page("This link does not lead anywhere",
                "<p>No running server here asks for you in this way. Open it again from your "
                "courses.</p><div class=\"actions\"><a class=\"button\" href=\"/\">Back to your "
                "courses</a></div>",
                400);
}

/// The button that says yes.
std::string agreement(std::string_view label, std::string_view csrf_token) {
    return fmt::format(
        "<form method=\"post\"><input type=\"hidden\" name=\"_xsrf\" value=\"{}\">"
        "<div class=\"actions\"><button>{}</button><a href=\"/\">No</a></div></form>",
        html(csrf_token), label);
}

/// "reads grades, of the group bio": a scope as the configuration describes it, or as it is
/// written.
std::string in_words(std::string const& scope, rbac::CustomScopes const& custom) {
    auto const mark = scope.find('!');
    auto const* const known = custom.find(scope.substr(0, mark));
    if (known == nullptr) return fmt::format("<code>{}</code>", html(scope));
    if (mark == std::string::npos) return html(known->description);
    auto const filter = scope.substr(mark + 1);
    if (filter == "user") return html(known->description) + " (your own)";
    return fmt::format("{} <code>{}</code>", html(known->description), html(filter));
}

/// What the service will be able to do in the visitor's name; nothing beyond who they are: "".
std::string what_else(AuthorizeRequest const& request, Caller const& visitor) {
    auto const& custom = visitor.book->custom_scopes();
    auto const& wishes = request.client.service->client_scopes;
    std::string items;
    for (auto const& scope : request.scopes) {
        if (std::ranges::find(wishes, scope) == wishes.end()) continue;
        // It gets no more than the visitor has.
        auto const given = rbac::effective({&scope, 1}, visitor.scopes, {.user = visitor.user.name},
                                           visitor.in_group, custom);
        if (!given.empty()) items += fmt::format("<li>{}</li>", in_words(scope, custom));
    }
    if (items.empty()) return items;
    return fmt::format("<p>It will also be able to do in your name:</p><ul>{}</ul>", items);
}

/// Asks the visitor before a service learns who they are.
http::Response service_page(AuthorizeRequest const& request, std::string const& csrf_token,
                            Caller const& visitor) {
    auto const& service = *request.client.service;
    return page(
        fmt::format("Open {}?", service.name),
        fmt::format("<div class=\"card\"><p>You are {}. The service <b>{}</b> of this course "
                    "will learn your user name and your groups.</p>{}{}</div>",
                    html(visitor.user.name), html(service.name), what_else(request, visitor),
                    agreement("Open it", csrf_token)),
        200);
}

/// Asks the visitor before somebody else's server learns who they are.
http::Response confirm_page(AuthorizeRequest const& request, std::string const& csrf_token,
                            Caller const& visitor) {
    auto const& client = request.client;
    if (client.service) return service_page(request, csrf_token, visitor);
    auto const which = client.server.empty() ? "" : fmt::format(" “{}”", client.server);
    return page(
        fmt::format("Open the server{} of {}?", which, client.owner.name),
        fmt::format("<div class=\"card\"><p>You are {}. The server{} of <b>{}</b> will learn your "
                    "user name and your groups, and that you opened it will be written down. What "
                    "runs there can be seen and changed by its owner.</p>{}</div>",
                    html(visitor.user.name), html(which), html(client.owner.name),
                    agreement("Open the server", csrf_token)),
        200);
}

}  // namespace

OAuthCalls::OAuthCalls(HubDependencies const& dependencies, Gate& gate, CallerGate& callers,
                       ProviderLogin const* logins)
    : gate_(gate),
      callers_(callers),
      oauth_(dependencies.store, dependencies.clock, dependencies.random, callers,
             dependencies.origins),
      origins_(dependencies.origins),
      logins_(logins) {}

void OAuthCalls::add_routes(http::Router& router) {
    auto const add = [&](std::string_view method, std::string_view path,
                         http::Response (OAuthCalls::*handler)(http::Request&)) {
        router.add_blocking(method, "/c/{slug}/hub" + std::string(path),
                            [this, handler](http::Request& request) -> Result<http::Response> {
                                auto answer = (this->*handler)(request);
                                add_usual_fields(answer, false);
                                return answer;
                            });
    };
    add("GET", "/api/oauth2/authorize", &OAuthCalls::authorize);
    add("POST", "/api/oauth2/authorize", &OAuthCalls::agree);
    add("POST", "/api/oauth2/token", &OAuthCalls::token);
    add("GET", "/logout", &OAuthCalls::log_out);
}

auto OAuthCalls::ask(http::Request const& request) -> std::expected<Asked, http::Response> {
    auto visitor = callers_.identify(request, Surface::Page);
    if (!visitor) {
        if (visitor.error().code == Code::Unauthenticated && request.method == "GET")
            return std::unexpected(
                to_login(callers_.paths().base(request.parameter("slug")), request));
        return std::unexpected(refused(visitor.error()));
    }
    // A token is a program's; it goes to the server itself and needs no code.
    if (!visitor->by_cookie) return std::unexpected(refused({.code = Code::PermissionDenied}));
    auto const query = Form::of_query(request);
    if (!query) return std::unexpected(not_a_client());
    auto client = oauth_.find_client(visitor->course, *query);
    if (!client)
        return std::unexpected(client.error().code == Code::NotFound ? not_a_client()
                                                                     : refused(client.error()));
    auto const callback = client->callback;
    auto wanted = OAuth::read_request(*std::move(client), *query);
    if (!wanted)
        return std::unexpected(http::Response::redirect(
            with_query(callback, {{"error", wanted.error().error},
                                  {"error_description", wanted.error().description},
                                  {"state", query->get("state")}})));
    if (!visitor->may(wanted->client.scope(), wanted->client.target()))
        return std::unexpected(refused({.code = Code::PermissionDenied}));
    return Asked{*std::move(visitor), *std::move(wanted)};
}

http::Response OAuthCalls::authorize(http::Request& request) {
    auto const asked = ask(request);
    if (!asked) return asked.error();
    auto const agreed = oauth_.is_agreed(asked->visitor, asked->request);
    if (!agreed) return refused(agreed.error());
    if (*agreed) return send_on(request, *asked);
    return confirm_page(asked->request,
                        xsrf_token(asked->visitor.csrf_token, request.parameter("slug")),
                        asked->visitor);
}

http::Response OAuthCalls::agree(http::Request& request) {
    auto const asked = ask(request);
    if (!asked) return asked.error();
    return send_on(request, *asked);
}

http::Response OAuthCalls::send_on(http::Request const& request, Asked const& asked) {
    auto const code = oauth_.grant(asked.visitor, asked.request);
    if (!code) return refused(code.error());
    auto answer = http::Response::redirect(with_query(
        asked.request.client.callback, {{"code", *code}, {"state", asked.request.state}}));
    answer.headers.set("Referrer-Policy", "no-referrer");
    http::set_cookie(answer, {.name = std::string(hub_session_cookie),
                              .value = session_id_of(asked.visitor.login),
                              .path = "/",
                              .domain = origins_.common_domain(),
                              .secure = request.is_secure()});
    return answer;
}

http::Response OAuthCalls::token(http::Request& request) {
    auto const form = Form::of_body(request);
    if (!form) return oauth_error("invalid_request", form.error().message, 400);
    auto const redeemed = oauth_.redeem(request.parameter("slug"), *form);
    if (!redeemed) {
        log::error("oauth_failed", {{"cause", redeemed.error().message}});
        return oauth_error("server_error", "the hub could not do it now", 500);
    }
    if (!*redeemed) {
        auto const& [error, description, status] = redeemed->error();
        log::info("oauth_refused", {{"error", error}, {"cause", description}});
        return oauth_error(error, description, status);
    }
    auto const& granted = **redeemed;
    auto answer = http::Response::json({{"access_token", granted.secret},
                                        {"expires_in", granted.lasts.count()},
                                        {"token_type", "Bearer"},
                                        {"scope", granted.scopes}});
    answer.headers.set("Cache-Control", "no-store");
    answer.headers.set("Pragma", "no-cache");
    return answer;
}

/// Ends Carrel's session, and with it every code and token of it in every hub.
http::Response OAuthCalls::log_out(http::Request& request) {
    auto const base = callers_.paths().base(request.parameter("slug"));
    auto answer = http::Response::redirect(base + "hub/login");
    http::set_cookie(answer, {.name = std::string(xsrf_cookie),
                              .path = base + "hub/",
                              .lasts = Seconds(0),
                              .for_scripts = true});
    auto const identity = gate_.identify(request, Presence::Watches);
    if (identity && identity->by_cookie) {
        // Another site's link must not log anybody out.
        if (!check_same_origin(request)) return http::Response::redirect("/");
        auto const elsewhere =
            logins_ == nullptr ? std::nullopt : logins_->log_out_url(*identity, request);
        if (auto const ended = gate_.end_session(*identity, answer); !ended)
            return refused(ended.error());
        if (elsewhere) answer.headers.set("Location", *elsewhere);
    } else {
        http::set_cookie(answer, {.name = std::string(hub_session_cookie),
                                  .domain = origins_.common_domain(),
                                  .lasts = Seconds(0)});
    }
    return answer;
}

}  // namespace carrel::jupyterhub
