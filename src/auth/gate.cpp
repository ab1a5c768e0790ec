#include "auth/gate.hpp"

#include "auth/logins.hpp"
#include "auth/secret.hpp"
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

Result<User> enabled_user(Transaction& transaction, UserId const& id) {
    TRY(auto user, or_unauthenticated(transaction.users().find(id), "this user is gone"));
    if (user.disabled) return fail(Code::Unauthenticated, "this account is disabled");
    return user;
}

/// A login is good even when its last use cannot be written down, on a full disk for example.
void note_unless_done(Result<> const& touched) {
    if (!touched) log::warn("login_not_touched", {{"cause", touched.error().message}});
}

}  // namespace

Gate::Gate(Store& store, Clock const& clock, Random& random, SessionPolicy policy)
    : store_(store), clock_(clock), random_(random), policy_(policy) {}

Result<Identity> Gate::identify(http::Request const& request, Presence presence,
                                ForgeryCheck const& not_forged) const {
    if (auto const token = bearer_of(request)) return by_token(*token, presence);
    if (auto const secret = request.cookie(cookie_name()))
        return by_session(*secret, request, presence, not_forged);
    return fail(Code::Unauthenticated, "nobody is logged in");
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
        TRY(identity.user, enabled_user(transaction, token.user));
        return {};
    }));
    TRY(identity.scopes, parse_scopes(token.scopes));
    identity.login = login_of(token.id);
    identity.ends_at = token.expires_at;
    bool const due = !token.last_used_at || *token.last_used_at + touch_every <= now;
    if (due && presence == Presence::Counts)
        note_unless_done(store_.write(
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
        TRY(identity.user, enabled_user(transaction, session.user));
        return {};
    }));
    TRY_VOID(not_forged(request, session.csrf_token));
    identity.login = session.id;
    identity.ends_at = session.created_at + policy_.longest;
    identity.by_cookie = true;
    identity.csrf_token = session.csrf_token;
    identity.scopes = all_scopes();
    if (presence == Presence::Counts && session.last_used_at + touch_every <= now)
        note_unless_done(store_.write([&](Transaction& transaction) {
            return transaction.sessions().touch(session.id, now, expiry(session.created_at, now));
        }));
    return identity;
}

Time Gate::expiry(Time created_at, Time now) const {
    return std::min<Time>(now + policy_.idle, created_at + policy_.longest);
}

Result<Identity> Gate::begin_session(User const& user, http::Request const& request,
                                     http::Response& response) {
    // Otherwise another site could log its visitor in as somebody else.
    TRY_VOID(check_same_origin(request));
    return open_session(user, request, response);
}

Result<Identity> Gate::open_session(User const& user, http::Request const& request,
                                    http::Response& response) {
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
    auto const earlier = request.cookie(cookie_name());

    Identity identity;
    TRY_VOID(store_.write([&](Transaction& transaction) -> Result<> {
        TRY(identity.user, enabled_user(transaction, user.id));
        if (earlier)
            if (auto const old = transaction.sessions().find_by_secret_hash(hash_secret(*earlier)))
                TRY_VOID(carrel::end_session(transaction, old->id, now));
        TRY_VOID(transaction.sessions().remove_expired(now));
        TRY_VOID(transaction.sessions().insert(session));
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
    identity.scopes = all_scopes();
    http::set_cookie(response, {.name = std::string(cookie_name()),
                                .value = secret,
                                .lasts = policy_.longest,
                                .secure = policy_.bound_to_host || request.is_secure()});
    return identity;
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
