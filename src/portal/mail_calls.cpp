/// What mail is for: a new password for who has forgotten theirs, and showing that an address is
/// one's own.

#include "auth/mail/mail_desk.hpp"
#include "portal/calls.hpp"
#include "portal/factor_input.hpp"
#include "portal/input.hpp"

namespace carrel {

namespace {

Result<MailDesk*> desk_of(PortalDependencies const& portal) {
    if (portal.mail == nullptr)
        return fail(Code::Conflict, "this platform sends no mail; ask those who run it");
    return portal.mail;
}

Result<http::Response> nothing_or_limited(Result<> const& done, http::Request const& request) {
    if (!done && done.error().code == Code::LimitReached) return limited(done.error(), request);
    if (!done) return std::unexpected(done.error());
    return http::Response::empty();
}

Result<http::Response> ask_for_reset(PortalDependencies const& portal, http::Request& request) {
    TRY(auto* const desk, desk_of(portal));
    TRY(auto input, JsonReader::of(request));
    auto const account = input.text("account");
    TRY_VOID(input.done());
    return nothing_or_limited(desk->ask_for_reset(account, request.client_address()), request);
}

Result<http::Response> reset(PortalDependencies const& portal, http::Request& request) {
    TRY(auto* const desk, desk_of(portal));
    TRY(auto input, JsonReader::of(request));
    auto const token = input.text("token");
    auto const password = input.text("password");
    TRY_VOID(input.done());
    return nothing_or_limited(desk->reset(token, password, request.client_address()), request);
}

Result<http::Response> confirm(PortalDependencies const& portal, http::Request& request) {
    TRY(auto* const desk, desk_of(portal));
    TRY(auto input, JsonReader::of(request));
    auto const token = input.text("token");
    TRY_VOID(input.done());
    auto const user = desk->confirm(token, request.client_address());
    if (!user && user.error().code == Code::LimitReached) return limited(user.error(), request);
    if (!user) return std::unexpected(user.error());
    return http::Response::json({{"address", user->email}});
}

Result<http::Response> show_email(PortalDependencies const& portal, Visit const& visit) {
    auto const& address = visit.who.user.email;
    bool confirmed = false;
    if (portal.mail != nullptr) {
        TRY(confirmed, portal.mail->is_confirmed(visit.who.user));
    }
    return http::Response::json(
        {{"address", address},
         {"confirmed", confirmed},
         {"can_be_confirmed", portal.mail != nullptr && !confirmed && is_mailable(address)}});
}

Result<http::Response> ask_for_confirmation(PortalDependencies const& portal, Visit const& visit) {
    TRY_VOID(check_no_input(visit.request));
    TRY(auto* const desk, desk_of(portal));
    return nothing_or_limited(desk->ask_for_confirmation(visit.who.user), visit.request);
}

}  // namespace

void add_mail_calls(Calls& calls) {
    calls.topic("Mail");
    calls.add_public({.method = "POST",
                      .path = "/password-reset",
                      .summary = "Have a link for a new password sent to an account's confirmed "
                                 "address; the answer does not say whether there is one",
                      .takes = "PasswordResetWish",
                      .status = 204,
                      .problems = {409, 429}},
                     ask_for_reset);
    calls.add_public({.method = "POST",
                      .path = "/password-reset/password",
                      .summary = "Set a new password by such a link; every session ends",
                      .takes = "PasswordReset",
                      .status = 204,
                      .problems = {409, 429}},
                     reset);
    calls.add_public({.method = "POST",
                      .path = "/email-confirmation",
                      .summary = "Confirm an e-mail address by a link",
                      .takes = "EmailConfirmation",
                      .gives = "ConfirmedEmail",
                      .problems = {409, 429}},
                     confirm);
    calls.add({.method = "GET",
               .path = "/me/email",
               .summary = "One's own e-mail address, and whether it is confirmed",
               .scope = Scope::Self,
               .gives = "OwnEmail",
               .for_setup = true},
              show_email);
    calls.add({.method = "POST",
               .path = "/me/email/confirmation",
               .summary = "Have a link sent to it that confirms it",
               .scope = Scope::Self,
               .status = 204,
               .problems = {409, 429},
               .for_setup = true},
              ask_for_confirmation);
}

}  // namespace carrel
