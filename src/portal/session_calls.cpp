/// Logging in and out.

#include "http/problem.hpp"
#include "portal/calls.hpp"
#include "portal/input.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"
#include "runtime/log.hpp"

namespace carrel {

namespace {

/// Names known users only: what is typed where a name belongs may be a password. A failed login as
/// nobody is written down too, so that it takes as long.
void note_failed_login(PortalDependencies const& portal, std::string_view username,
                       std::string const& address) {
    auto const name = parse_user_name(username).value_or("");
    auto const noted = portal.store.write([&](Transaction& transaction) -> Result<> {
        auto const user = transaction.users().find_by_name(name);
        auto const subject = user ? user->name : std::string();
        return record(transaction, portal.clock.now(),
                      {.kind = "login_failed",
                       .subject = subject,
                       .message = user ? fmt::format("a login as {} failed", subject)
                                       : "a login under an unknown name failed",
                       .detail = {{"address", address}}});
    });
    if (!noted) log::warn("login_failure_not_recorded", {{"cause", noted.error().message}});
}

Result<http::Response> log_in(PortalDependencies const& portal, http::Request& request) {
    TRY(auto input, JsonReader::of(request));
    Credentials const credentials{.username = input.text("username"),
                                  .password = input.text("password"),
                                  .client_address = request.client_address()};
    TRY_VOID(input.done());
    auto const user = portal.authenticator.authenticate(credentials);
    if (!user && user.error().code == Code::LimitReached) {
        auto refusal = http::problem(user.error(), request);
        refusal.headers.set("Retry-After", std::to_string(login_retry_after.count()));
        return refusal;
    }
    if (!user) {
        if (user.error().code == Code::Unauthenticated)
            note_failed_login(portal, credentials.username, credentials.client_address);
        return std::unexpected(user.error());
    }
    http::Response begun;
    TRY(auto const who, portal.gate.begin_session(*user, request, begun));
    auto response = http::Response::json(view_of_me(who));
    for (auto const& [name, value] : begun.headers) response.headers.add(name, value);
    return response;
}

Result<http::Response> log_out(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    auto response = http::Response::empty();
    TRY_VOID(portal.gate.end_session(visit.who, response));
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
               .summary = "Log out; ends what was opened with this session",
               .scope = Scope::Self,
               .status = 204},
              log_out);
}

}  // namespace carrel
