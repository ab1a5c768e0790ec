#pragma once

/// Finds out who sends a request, by cookie or token, and refuses forged ones.
///
/// Every handler that is not public begins with `gate.identify(request)`; there is no other way to
/// an `Identity`, so the checks cannot be forgotten. Blocks (asks the store): call on the blocking
/// pool. Thread-safe. Owned by app/wiring.

#include "auth/csrf.hpp"
#include "auth/identity.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/message.hpp"
#include "store/store.hpp"

namespace carrel {

class AccessPolicy;

inline constexpr std::string_view session_cookie = "carrel_session";
inline constexpr std::string_view host_session_cookie = "__Host-carrel_session";
/// Of courses' hubs, in JupyterHub's manner: proves nothing, differs for each login.
inline constexpr std::string_view hub_session_cookie = "jupyterhub-session-id";

/// How somebody has shown who they are, before any second factor.
enum class FirstStep {
    Password,
    Provider,  ///< somebody else has asked, and knows how strictly
};

/// Who has to have a second factor. See [accounts] second_factor_roles.
struct FactorRule {
    bool administrators = false;
    bool leaders = false;
    bool everybody = false;
    bool after_provider = false;  ///< also of those who come from a provider
    [[nodiscard]] bool wants(User const& user) const {
        return everybody || (administrators && user.administrator) || (leaders && user.leader);
    }
};
/// The field of errors about somebody who has to have a second factor and has none.
inline constexpr std::string_view second_factor_field = "second_factor";

struct SessionPolicy {
    Seconds idle{8 * 3600};       ///< a session unused for so long ends
    Seconds longest{14 * 86400};  ///< and so does one this old
    /// Neighbouring host names are not to be trusted, so the cookie is one that they cannot plant
    /// (RFC 6265bis section 4.1.3.2). Browsers take it over TLS, and on localhost.
    bool bound_to_host = false;
    /// Of the cookie by which servers see that somebody has logged out; empty: this host alone.
    std::string common_domain = {};
    FactorRule second_factor = {};
    AccessPolicy* access = nullptr;  ///< who may in; null: everybody who has an account
};

/// Whether whoever has to have a second factor and has none may do this all the same.
enum class WithoutFactor { Refused, Allowed };

/// Whether a request is a sign of somebody who is there. A page that only waits for news is none.
enum class Presence { Counts, Watches };

class Gate {
public:
    Gate(Store& store, Clock const& clock, Random& random, SessionPolicy policy = {});

    /// When a request has both, its bearer token counts and its cookie is ignored.
    /// Unauthenticated: nobody, expired, or a disabled user.
    /// PermissionDenied: an unsafe method by cookie without the session's X-CSRF-Token, or sent by
    /// another site (Origin, Sec-Fetch-Site).
    /// `Presence::Watches` leaves the login's last use as it is, so that a session that nobody uses
    /// ends although a page of it is open.
    /// `not_forged` is asked about requests by cookie; hubs have rules of their own.
    /// PermissionDenied with field "second_factor": they have to set one up first, and everything
    /// but that waits for it.
    [[nodiscard]] Result<Identity> identify(
        http::Request const& request, Presence presence = Presence::Counts,
        ForgeryCheck const& not_forged = check_not_forged,
        WithoutFactor without_factor = WithoutFactor::Refused) const;

    /// Whether somebody whose credentials were right is let in; see `AccessPolicy::admit`.
    [[nodiscard]] Result<> admit(UserId const& user);
    /// Whom to ask who is not let in; may be empty.
    [[nodiscard]] std::string contact() const;

    /// Begins a session for a user whose credentials were right, and sets the cookie. A session
    /// that the request already has ends. Whoever may have a second factor goes by `LoginSteps`.
    /// PermissionDenied: not let in, as `admit` says; or another site sent the request; it may when
    /// somebody comes from a provider, and then the caller has proved that it is this browser that
    /// went there. Unauthenticated: disabled meanwhile.
    Result<Identity> begin_session(User const& user, http::Request const& request,
                                   http::Response& response, FirstStep first = FirstStep::Password);
    /// Whoever has the session has just proved once more who they are.
    Result<> confirm(Identity const& identity);
    /// Ends the session and takes the cookie away; its edge tokens are revoked through the outbox.
    /// InvalidArgument: the login is a token.
    Result<> end_session(Identity const& identity, http::Response& response);

private:
    Result<Identity> by_token(std::string_view secret, Presence presence) const;
    Result<Identity> by_session(std::string_view secret, http::Request const& request,
                                Presence presence, ForgeryCheck const& not_forged) const;
    [[nodiscard]] std::string_view cookie_name() const {
        return policy_.bound_to_host ? host_session_cookie : session_cookie;
    }
    /// Whether they have to have a second factor and have none.
    Result<bool> lacks_factor(Transaction& transaction, User const& user) const;
    Time expiry(Time created_at, Time now) const;

    Store& store_;
    Clock const& clock_;
    Random& random_;
    SessionPolicy policy_;
};

}  // namespace carrel
