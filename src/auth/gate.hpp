#pragma once

/// Finds out who sends a request, by cookie or token, and refuses forged ones.
///
/// Every handler that is not public begins with `gate.identify(request)`; there is no other way to
/// an `Identity`, so the checks cannot be forgotten. Blocks (asks the store): call on the blocking
/// pool. Thread-safe. Owned by app/wiring.

#include "auth/identity.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/message.hpp"
#include "store/store.hpp"

namespace carrel {

inline constexpr std::string_view session_cookie = "carrel_session";

struct SessionPolicy {
    Seconds idle{8 * 3600};       ///< a session unused for so long ends
    Seconds longest{14 * 86400};  ///< and so does one this old
};

class Gate {
public:
    Gate(Store& store, Clock const& clock, Random& random, SessionPolicy policy = {});

    /// Unauthenticated: nobody, expired, or a disabled user.
    /// PermissionDenied: an unsafe method by cookie without the session's X-CSRF-Token, or sent by
    /// another site (Origin, Sec-Fetch-Site).
    [[nodiscard]] Result<Identity> identify(http::Request const& request) const;

    /// Begins a session for a user whose credentials were right, and sets the cookie.
    Result<Identity> begin_session(User const& user, http::Request const& request,
                                   http::Response& response);
    /// Ends the session and takes the cookie away; its edge tokens are revoked through the outbox.
    Result<> end_session(Identity const& identity, http::Response& response);

private:
    Store& store_;
    Clock const& clock_;
    Random& random_;
    SessionPolicy policy_;
};

}  // namespace carrel
