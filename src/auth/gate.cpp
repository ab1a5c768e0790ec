#include "auth/gate.hpp"

#include "auth/access/access_policy.hpp"
#include "auth/login_place.hpp"
#include "auth/logins.hpp"
#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel {

namespace {

/// A login's last use is remembered no more exactly than this, so that reading does not write.
constexpr Seconds touch_every{60};

/// What follows "Bearer" (RFC 6750) or "token" (JupyterHub) in Authorization.
std::optional<std::string_view> bearer_of(http::Request const& request) {
    auto const header = trimmed(request.headers.get("authorization"));
    auto const space = header.find(' ');
    auto const scheme = header.substr(0, space);
    if (!equals_ignoring_case(scheme, "bearer") && !equals_ignoring_case(scheme, "token"))
        return {};
    return space == std::string_view::npos ? std::string_view() : trimmed(header.substr(space));
}

/// A missing row is a failed login, not a missing page.
template <class T>
Result<T> or_unauthenticated(Result<T> found, std::string_view sentence) {
    if (!found && found.error().code == Code::NotFound)
        return fail(Code::Unauthenticated, "{}", sentence);
    return found;
}

Result<User> enabled_user(Transaction& transaction, UserId const& id, AccessPolicy const* access) {
    TRY(auto user, or_unauthenticated(transaction.users().find(id), "this user is gone"));
    if (user.disabled) return fail(Code::Unauthenticated, "this account is disabled");
    if (user.removed_at) return fail(Code::Unauthenticated, "this account has been removed");
    if (user.admission != Admission::Allowed)
        return fail(Code::Unauthenticated, "{}",
                    access == nullptr ? "this account may not use this hub"
                                      : access->sentence(user.name, user.admission));
    return user;
}

/// The beginning of what a browser says of itself, where that is text.
std::string user_agent_of(http::Request const& request) {
    constexpr size_t longest = 300;
    auto const said = request.headers.get("user-agent").substr(0, longest);
    return is_printable_utf8(said) ? std::string(said) : std::string();
}

/// A login is good even when its last use cannot be written down, on a full disk for example.
void note_unless_done(Result<> const& touched) {
    if (!touched) log::warn("login_not_touched", {{"cause", touched.error().message}});
}

}  // namespace

Gate::Gate(Store& store, Clock const& clock, Random& random, SessionPolicy policy)
    : store_(store), clock_(clock), random_(random), policy_(policy) {}

Result<Identity> Gate::identify(http::Request const& request, Presence presence,
                                ForgeryCheck const& not_forged,
                                WithoutFactor without_factor) const {
    auto who = [&]() -> Result<Identity> {
        if (auto const token = bearer_of(request)) return by_token(*token, presence);
        if (auto const secret = request.cookie(cookie_name()))
            return by_session(*secret, request, presence, not_forged);
        return fail(Code::Unauthenticated, "nobody is logged in");
    }();
    if (who && who->lacks_factor && without_factor == WithoutFactor::Refused)
        return std::unexpected(Error{Code::PermissionDenied,
                                     "this account has to have a second factor; log in with a "
                                     "browser and set one up in the profile",
                                     std::string(second_factor_field)});
    return who;
}

Result<bool> Gate::lacks_factor(Transaction& transaction, User const& user) const {
    if (!policy_.second_factor.wants(user)) return false;
    TRY(auto const factors, transaction.second_factors().of_user(user.id));
    return factors.empty();
}

Result<Identity> Gate::by_token(std::string_view secret, Presence presence) const {
    constexpr std::string_view unknown = "there is no such token, or it has expired";
    if (!secret.starts_with(token_prefix)) return fail(Code::Unauthenticated, "{}", unknown);
    auto const now = clock_.now();
    Token token;
    Identity identity;
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        TRY(token, or_unauthenticated(transaction.tokens().find_by_secret_hash(hash_secret(secret)),
                                      unknown));
        if (token.expires_at && *token.expires_at <= now)
            return fail(Code::Unauthenticated, "{}", unknown);
        TRY(identity.user, enabled_user(transaction, token.user, policy_.access));
        TRY(identity.lacks_factor, lacks_factor(transaction, identity.user));
        return {};
    }));
    TRY(identity.scopes, parse_scopes(token.scopes));
    identity.login = login_of(token.id);
    identity.ends_at = token.expires_at;
    bool const due = !token.last_used_at || *token.last_used_at + touch_every <= now;
    if (due && presence == Presence::Counts)
        note_unless_done(store_.write_behind(
            [&](Transaction& transaction) { return transaction.tokens().touch(token.id, now); }));
    return identity;
}

Result<Identity> Gate::by_session(std::string_view secret, http::Request const& request,
                                  Presence presence, ForgeryCheck const& not_forged) const {
    constexpr std::string_view ended = "the login has ended; log in again";
    auto const now = clock_.now();
    Session session;
    Identity identity;
    TRY_VOID(store_.read([&](Transaction& transaction) -> Result<> {
        TRY(session, or_unauthenticated(
                         transaction.sessions().find_by_secret_hash(hash_secret(secret)), ended));
        if (session.expires_at <= now) return fail(Code::Unauthenticated, "{}", ended);
        TRY(identity.user, enabled_user(transaction, session.user, policy_.access));
        if (session.by_provider) return {};
        TRY(identity.lacks_factor, lacks_factor(transaction, identity.user));
        return {};
    }));
    TRY_VOID(not_forged(request, session.csrf_token));
    identity.login = session.id;
    identity.ends_at = session.created_at + policy_.longest;
    identity.by_cookie = true;
    identity.csrf_token = session.csrf_token;
    identity.confirmed_at = session.confirmed_at;
    identity.scopes = all_scopes();
    if (presence == Presence::Counts && session.last_used_at + touch_every <= now)
        note_unless_done(store_.write_behind([&](Transaction& transaction) {
            return transaction.sessions().touch(session.id, now, expiry(session.created_at, now));
        }));
    return identity;
}

Time Gate::expiry(Time created_at, Time now) const {
    return std::min<Time>(now + policy_.idle, created_at + policy_.longest);
}

Result<> Gate::admit(UserId const& user) {
    if (policy_.access == nullptr) return {};
    return policy_.access->admit(store_, user, clock_.now());
}

std::string Gate::contact() const {
    return policy_.access == nullptr ? std::string() : policy_.access->contact();
}

Result<Identity> Gate::begin_session(User const& user, http::Request const& request,
                                     http::Response& response, FirstStep first) {
    // Otherwise another site could log its visitor in as somebody else.
    if (first != FirstStep::Provider) TRY_VOID(check_same_origin(request));
    TRY_VOID(admit(user.id));
    auto const now = clock_.now();
    auto const secret = random_.secret();
    Session session;
    session.id = SessionId(random_.uuid());
    session.secret_hash = hash_secret(secret);
    session.csrf_token = random_.secret();
    session.user = user.id;
    session.created_at = now;
    session.last_used_at = now;
    session.expires_at = expiry(now, now);
    session.address = request.client_address();
    session.user_agent = user_agent_of(request);
    session.confirmed_at = now;
    session.by_provider = first == FirstStep::Provider && !policy_.second_factor.after_provider;
    auto const earlier = request.cookie(cookie_name());
    auto const browser_name = policy_.bound_to_host ? host_browser_cookie : browser_cookie;
    auto const known_browser = request.cookie(browser_name).value_or("");
    auto const browser = known_browser.empty() ? random_.secret(16) : known_browser;

    Identity identity;
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY(identity.user, enabled_user(transaction, user.id, policy_.access));
        if (!session.by_provider) {
            TRY(identity.lacks_factor, lacks_factor(transaction, identity.user));
        }
        if (earlier)
            if (auto const old = transaction.sessions().find_by_secret_hash(hash_secret(*earlier)))
                TRY_VOID(carrel::end_session(transaction, old->id, now));
        TRY_VOID(transaction.sessions().remove_expired(now));
        TRY_VOID(transaction.sessions().insert(session));
        for (auto const& place : {place_of_browser(browser), place_of_address(session.address)})
            if (!place.empty()) TRY_VOID(transaction.login_places().note(user.id, place, now));
        identity.user.last_login_at = now;
        TRY_VOID(transaction.users().update(identity.user));
        Event event;
        event.at = now;
        event.kind = "logged_in";
        event.actor = identity.user.name;
        event.message = fmt::format("{} logged in", identity.user.name);
        TRY_VOID(transaction.events().append(event));
        return {};
    }));
    identity.login = session.id;
    identity.ends_at = session.created_at + policy_.longest;
    identity.by_cookie = true;
    identity.csrf_token = session.csrf_token;
    identity.confirmed_at = now;
    identity.scopes = all_scopes();
    http::set_cookie(response, {.name = std::string(cookie_name()),
                                .value = secret,
                                .lasts = policy_.longest,
                                .secure = policy_.bound_to_host || request.is_secure()});
    if (known_browser.empty())
        http::set_cookie(response, {.name = std::string(browser_name),
                                    .value = browser,
                                    .lasts = browser_cookie_lasts,
                                    .secure = policy_.bound_to_host || request.is_secure()});
    return identity;
}

Result<> Gate::confirm(Identity const& identity) {
    if (!identity.by_cookie)
        return fail(Code::InvalidArgument, "a token cannot confirm who has it");
    return store_.write([&](Transaction& transaction) {
        return transaction.sessions().confirm(identity.login, clock_.now());
    });
}

Result<> Gate::end_session(Identity const& identity, http::Response& response) {
    if (!identity.by_cookie)
        return fail(Code::InvalidArgument, "a token has no session to end; delete the token");
    auto const now = clock_.now();
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY_VOID(carrel::end_session(transaction, identity.login, now));
        Event event;
        event.at = now;
        event.kind = "logged_out";
        event.actor = identity.user.name;
        event.message = fmt::format("{} logged out", identity.user.name);
        TRY_VOID(transaction.events().append(event));
        return {};
    }));
    http::set_cookie(response, {.name = std::string(cookie_name()),
                                .value = "",
                                .lasts = Seconds(0),
                                .secure = policy_.bound_to_host});
    // Servers of JupyterHub's kind ask the hub again when it is gone.
    http::set_cookie(response, {.name = std::string(hub_session_cookie),
                                .value = "",
                                .domain = policy_.common_domain,
                                .lasts = Seconds(0)});
    return {};
}

}  // namespace carrel
