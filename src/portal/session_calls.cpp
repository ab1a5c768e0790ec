/// Logging in and out.

#include "auth/password_login.hpp"
#include "http/problem.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

Result<http::Response> log_in(PortalDependencies const& portal, http::Request& request) {
    TRY(auto input, JsonReader::of(request));
    auto const username = input.text("username");
    auto const password = input.text("password");
    TRY_VOID(input.done());
    http::Response begun;
    PasswordLogin login(portal.store, portal.gate, portal.authenticator, portal.clock);
    auto const who = login.log_in(username, password, request, begun);
    if (!who && who.error().code == Code::LimitReached) {
        auto refusal = http::problem(who.error(), request);
        refusal.headers.set("Retry-After", std::to_string(login_retry_after.count()));
        return refusal;
    }
    if (!who) return std::unexpected(who.error());
    auto response = http::Response::json(view_of_me(*who));
    for (auto const& [name, value] : begun.headers) response.headers.add(name, value);
    return response;
}

Result<http::Response> log_out(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto response = http::Response::empty();
    auto const elsewhere = portal.logins == nullptr || !visit.who.by_cookie
                               ? std::nullopt
                               : portal.logins->log_out_url(visit.who, visit.request);
    TRY_VOID(portal.gate.end_session(visit.who, response));
    // Where the browser goes to end its session at the provider, too.
    if (elsewhere) response.headers.set("Location", *elsewhere);
    return response;
}

}  // namespace

void add_session_calls(Calls& calls) {
    calls.topic("Session");
    calls.add_public({.method = "POST",
                      .path = "/session",
                      .summary = "Log in; sets the session's cookie",
                      .takes = "Login",
                      .gives = "Me",
                      .problems = {401, 429}},
                     log_in);
    calls.add({.method = "DELETE",
               .path = "/session",
               .summary = "Log out; ends what was opened with this session. Location: where the "
                          "provider's own session is ended, if that is wished for",
               .scope = Scope::Self,
               .status = 204},
              log_out);
}

}  // namespace carrel
