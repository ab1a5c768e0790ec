#include "auth/provider/session_refresher.hpp"

#include "auth/group_lines.hpp"
#include "auth/logins.hpp"
#include "auth/provider/accounts.hpp"
#include "auth/provider/login_failure.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

namespace carrel {

namespace {

constexpr Milliseconds between_passes{2'000};
/// While the provider does not answer.
constexpr Milliseconds while_away{30'000};
constexpr int most_at_once = 100;

/// The provider could not be asked, or did not understand us: that says nothing about the person.
bool says_nothing(Error const& error) {
    auto const problem = login_problem_of(error);
    return problem == "unavailable" || problem == "misconfigured" || problem == "failed";
}

}  // namespace

std::string refresh_token_owner(std::string_view login, std::string_view subject) {
    return fmt::format("refresh token of {} at {}", subject, login);
}

Task<> SessionRefresher::run(LoginProvider& provider) {
    auto pause = between_passes;
    for (;;) {
        CO_TRY_VOID(co_await sleep_for(pause));
        auto const passed = co_await pool_.run([&] { return pass(provider); });
        if (!passed && passed.error().code == Code::Cancelled)
            co_return std::unexpected(passed.error());
        // The next pass does what this one could not.
        if (!passed)
            log::warn("sessions_not_refreshed",
                      {{"login", provider.settings().name}, {"cause", passed.error().message}});
        pause = passed && passed->away ? while_away : between_passes;
    }
}

Result<SessionRefresher::Passed> SessionRefresher::pass(LoginProvider& provider) {
    auto const& settings = provider.settings();
    auto const before = clock_.now() - settings.refresh_every;
    TRY(auto const due, store_.read([&](Transaction& transaction) {
        return transaction.provider_sessions().due(settings.name, before, most_at_once);
    }));
    Passed passed;
    for (auto const& session : due) {
        TRY(auto const outcome, refresh(provider, session));
        if (outcome == Outcome::Ended) ++passed.ended;
        passed.away = outcome == Outcome::NotAsked;
        // Whoever comes next would wait as long for the same.
        if (passed.away) break;
    }
    return passed;
}

Result<SessionRefresher::Outcome> SessionRefresher::refresh(LoginProvider& provider,
                                                            ProviderSession session) {
    // A provider may take a token that comes twice for a stolen one, so only one process asks.
    auto const asked_before = session.refreshed_at;
    session.refreshed_at = clock_.now();
    TRY(bool const ours, store_.write([&](Transaction& transaction) {
        return transaction.provider_sessions().claim(session.session, asked_before,
                                                     session.refreshed_at);
    }));
    if (!ours) return Outcome::Kept;

    auto const& name = provider.settings().name;
    auto const owner = refresh_token_owner(name, session.subject);
    auto token = sealer_.open(session.refresh_token, owner);
    auto person = token ? provider.refresh(*token, session.subject)
                        : Result<ProviderPerson>(std::unexpected(token.error()));
    if (token) session.refresh_token = sealer_.seal(*token, owner);
    if (token && !person && says_nothing(person.error()))
        return not_told(provider, std::move(session), asked_before, person.error());
    if (!person) {
        TRY_VOID(end(provider, session, person.error()));
        return Outcome::Ended;
    }
    auto const vouched = bring_up_to_date(provider, session, *std::move(person));
    if (vouched) return Outcome::Kept;
    // Not a word about the person: the store could not be written.
    if (vouched.error().field.empty()) return std::unexpected(vouched.error());
    TRY_VOID(end(provider, session, vouched.error()));
    return Outcome::Ended;
}

/// The session goes on, with the newest token there is.
Result<SessionRefresher::Outcome> SessionRefresher::not_told(LoginProvider const& provider,
                                                             ProviderSession session,
                                                             Time asked_before, Error const& why) {
    log::warn("login_provider_not_asked_again",
              {{"login", provider.settings().name}, {"cause", why.message}});
    // What it does not understand may be about this one alone: the others are not held up.
    bool const away = login_problem_of(why) == "unavailable";
    if (away) session.refreshed_at = asked_before;
    auto const kept = store_.write(
        [&](Transaction& transaction) { return transaction.provider_sessions().update(session); });
    // Logged out meanwhile.
    if (!kept && kept.error().code != Code::NotFound) return std::unexpected(kept.error());
    return away ? Outcome::NotAsked : Outcome::Kept;
}

Result<> SessionRefresher::bring_up_to_date(LoginProvider const& provider, ProviderSession& session,
                                            ProviderPerson person) {
    auto const& settings = provider.settings();
    if (!session.log_out_at.empty() && !person.id_token.empty()) session.id_token = person.id_token;
    return store_.write([&](Transaction& transaction) -> Result<> {
        auto identity = transaction.login_identities().find(settings.name, session.subject);
        if (!identity && identity.error().code != Code::NotFound)
            return std::unexpected(identity.error());
        // Parted from the account meanwhile: that has another way in, and this one is not asked.
        if (!identity) session.refresh_token.clear();
        auto const kept = transaction.provider_sessions().update(session);
        // Logged out meanwhile.
        if (!kept && kept.error().code == Code::NotFound) return {};
        if (!kept || !identity) return kept;
        TRY(auto const user, transaction.users().find(identity->user));
        if (user.removed_at)
            return login_failure("disabled", Code::PermissionDenied, "{} was removed", user.name);
        if (!person.tells_groups) person.groups = from_group_lines(identity->groups);
        TRY_VOID(admit_from_provider(transaction, {.settings = settings,
                                                   .person = person,
                                                   .joining = user.id,
                                                   .fresh = {},
                                                   .now = clock_.now(),
                                                   .access = access_}));
        return {};
    });
}

Result<> SessionRefresher::end(LoginProvider const& provider, ProviderSession const& session,
                               Error const& why) {
    auto const& settings = provider.settings();
    std::string user = session.subject;
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        auto const identity = transaction.login_identities().find(settings.name, session.subject);
        if (identity) {
            TRY(auto const known, transaction.users().find(identity->user));
            user = known.name;
        }
        TRY_VOID(end_session(transaction, session.session, clock_.now()));
        Event event;
        event.at = clock_.now();
        event.kind = "session_ended_by_login";
        event.subject = user;
        event.message = fmt::format("{} was logged out: {} does not vouch for them any more", user,
                                    settings.title);
        event.detail = nlohmann::json{{"login", settings.title}}.dump();
        TRY_VOID(transaction.events().append(event));
        return {};
    }));
    log::info("provider_session_ended", {{"login", settings.name},
                                         {"user", user},
                                         {"problem", login_problem_of(why)},
                                         {"cause", why.message}});
    return {};
}

}  // namespace carrel
