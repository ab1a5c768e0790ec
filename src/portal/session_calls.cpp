/// Logging in and out.

#include "auth/password_login.hpp"
#include "http/problem.hpp"
#include "portal/calls.hpp"
#include "portal/factor_input.hpp"
#include "portal/input.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

Result<http::Response> log_in(PortalDependencies const& portal, http::Request& request) {
    TRY(auto input, JsonReader::of(request));
    PasswordTyped const typed{.username = input.text("username"),
                              .password = input.text("password"),
                              .invitation = input.optional_text("invitation").value_or("")};
    TRY_VOID(input.done());
    http::Response begun;
    PasswordLogin login(portal.store, portal.steps, portal.authenticator, portal.clock);
    auto const outcome = login.log_in(typed, request, begun);
    if (!outcome && outcome.error().code == Code::LimitReached) {
        auto refusal = http::problem(outcome.error(), request);
        refusal.headers.set("Retry-After", std::to_string(login_retry_after.count()));
        return refusal;
    }
    if (!outcome) return std::unexpected(outcome.error());
    if (auto const* const step = std::get_if<SecondStep>(&*outcome))
        return with_cookies(http::Response::json(view_of(*step), 202), begun);
    return with_cookies(http::Response::json(view_of_me(std::get<Identity>(*outcome))), begun);
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
                      .summary = "Log in; sets the session's cookie, or asks for a second step",
                      .takes = "Login",
                      .gives = "Me",
                      .problems = {401, 403, 409, 429, 503},
                      .gives_halfway = "SecondStep",
                      .asks_directories = true},
                     log_in);
    calls.add({.method = "DELETE",
               .path = "/session",
               .summary = "Log out; ends what was opened with this session. Location: where the "
                          "provider's own session is ended, if that is wished for",
               .scope = Scope::Self,
               .status = 204,
               .for_setup = true},
              log_out);
}

}  // namespace carrel
