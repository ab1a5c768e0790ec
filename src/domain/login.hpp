#pragma once

/// Logging in with a provider's account: who is whose, and logins that have begun there and not
/// ended yet.

#include "base/clock.hpp"
#include "domain/user.hpp"

#include <optional>
#include <string>

namespace carrel {

/// Somebody's account at a provider, joined to the account here. At each provider a person has one
/// at most.
struct LoginIdentity {
    std::string login;    ///< the provider: the name of its section [logins.<name>]
    std::string subject;  ///< whom it means, for ever; nothing that people choose
    UserId user;
    std::string shown;  ///< what the provider calls them, for people
    /// Roles that this provider gave: it alone takes them away again.
    bool gave_administrator = false;
    bool gave_leader = false;
    Time created_at;
    std::optional<Time> used_at;
    std::string groups = {};  ///< that the provider told at the last log-in, one a line
};

/// A login that a browser has taken to a provider. Whoever brings the answer back shows the state,
/// and a cookie that proves that it is the same browser; each counts once.
struct PendingLogin {
    std::string hash;  ///< of the state
    std::string login;
    std::string browser;  ///< hash of the cookie's value
    std::string nonce;
    std::string verifier;  ///< of PKCE
    std::string redirect_uri;
    std::string next;            ///< where to go on to here
    std::optional<UserId> user;  ///< who joins the provider's account to theirs; nothing: logs in
    Time expires_at;
};

/// What is kept of a session that began at a provider: to end it there, too, and to ask the
/// provider again about whoever is logged in.
struct ProviderSession {
    SessionId session;
    std::string login;
    std::string log_out_at;          ///< empty: it does not end there
    std::string id_token;            ///< which the provider wants to see then
    std::string subject = {};        ///< whom it means
    std::string refresh_token = {};  ///< sealed; empty: the provider is not asked again
    Time refreshed_at = {};          ///< when it was asked last
};

}  // namespace carrel
