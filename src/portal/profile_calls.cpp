/// Who am I, and changing that.

#include "auth/logins.hpp"
#include "auth/mail/mail_desk.hpp"
#include "portal/calls.hpp"
#include "portal/factor_input.hpp"
#include "portal/input.hpp"
#include "portal/new_user.hpp"
#include "portal/own_password.hpp"
#include "portal/record.hpp"
#include "portal/views.hpp"

namespace carrel {

namespace {

Result<http::Response> show_me(PortalDependencies const&, Visit const& visit) {
    return http::Response::json(view_of_me(visit.who));
}

struct ProfileChange {
    std::optional<std::string> display_name;
    std::optional<std::string> email;
    std::optional<std::string> language;
};

Result<ProfileChange> read_profile_change(http::Request const& request) {
    TRY(auto input, JsonReader::of(request));
    ProfileChange change;
    if (input.has("display_name")) change.display_name = input.text("display_name");
    if (input.has("email")) change.email = input.optional_text("email").value_or("");
    if (input.has("language")) change.language = input.optional_text("language").value_or("");
    TRY_VOID(input.done());
    if (change.display_name) {
        TRY(change.display_name, parse_display_name(*change.display_name));
    }
    if (change.email) TRY_VOID(check_email(*change.email));
    if (change.language && !change.language->empty() && change.language != "en" &&
        change.language != "de")
        return fail_field("language", "the language is \"en\", \"de\" or null");
    return change;
}

Result<http::Response> change_me(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto const change, read_profile_change(visit.request));
    // Whoever has the address gets new passwords: an open browser must not be enough.
    bool const moves = change.email && *change.email != visit.who.user.email;
    if (portal.mail != nullptr && moves) TRY_VOID(check_confirmed(portal, visit));
    auto who = visit.who;
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto user, transaction.users().find(visit.who.user.id));
        user.display_name = change.display_name.value_or(user.display_name);
        user.email = change.email.value_or(user.email);
        user.language = change.language.value_or(user.language);
        TRY_VOID(transaction.users().update(user));
        if (portal.mail != nullptr && user.email != visit.who.user.email)
            TRY_VOID(portal.mail->address_changed(transaction, user));
        TRY_VOID(record(transaction, portal.clock.now(),
                        {.kind = "user_changed",
                         .actor = user.name,
                         .subject = user.name,
                         .message = fmt::format("{} changed their profile", user.name)}));
        who.user = std::move(user);
        return {};
    }));
    return http::Response::json(view_of_me(who));
}

Result<http::Response> change_password(PortalDependencies const& portal, Visit const& visit) {
    TRY(auto input, JsonReader::of(visit.request));
    auto const current = input.text("current");
    auto const fresh = input.text("new");
    TRY_VOID(input.done());
    auto checked = check_password(fresh, visit.who.user.name);
    if (!checked) {
        checked.error().field = "new";
        return std::unexpected(std::move(checked).error());
    }
    if (visit.who.user.password_hash.empty())
        return fail(Code::Conflict,
                    "your account has no password of its own here; change the one that you log in "
                    "with where it belongs");
    TRY_VOID(check_own_password(portal, visit, "current", current));
    TRY(auto const hash, portal.passwords.hash(fresh));
    auto const now = portal.clock.now();
    TRY_VOID(portal.store.write([&](Transaction& transaction) -> Result<> {
        TRY(auto user, transaction.users().find(visit.who.user.id));
        user.password_hash = hash;
        TRY_VOID(transaction.users().update(user));
        TRY_VOID(end_sessions(transaction, user.id, visit.who.login, now));
        return record(transaction, now,
                      {.kind = "password_changed",
                       .actor = user.name,
                       .subject = user.name,
                       .message = fmt::format("{} changed their password", user.name)});
    }));
    return http::Response::empty();
}

}  // namespace

void add_profile_calls(Calls& calls) {
    calls.topic("Profile");
    calls.add({.method = "GET",
               .path = "/me",
               .summary = "Who is logged in",
               .scope = Scope::Self,
               .gives = "Me",
               .for_setup = true},
              show_me);
    calls.add({.method = "PATCH",
               .path = "/me",
               .summary = "Change one's own profile",
               .scope = Scope::Self,
               .takes = "ProfileChange",
               .gives = "Me",
               .for_setup = true},
              change_me);
    calls.add({.method = "POST",
               .path = "/me/password",
               .summary = "Change one's own password; the other sessions end",
               .scope = Scope::Self,
               .takes = "PasswordChange",
               .status = 204,
               .problems = {409, 429, 503},
               .asks_directories = true},
              change_password);
}

}  // namespace carrel
