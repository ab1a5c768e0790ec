#pragma once

/// Logging in by name and password, wherever the form is: the portal's or a hub's. Checks them,
/// writes a failure down, and begins a session.
///
/// Blocks. Thread-safe. Made where it is used; refers to what app/wiring owns.

#include "auth/authenticator.hpp"
#include "auth/gate.hpp"

namespace carrel {

class PasswordLogin {
public:
    PasswordLogin(Store& store, Gate& gate, Authenticator& authenticator, Clock const& clock)
        : store_(store), gate_(gate), authenticator_(authenticator), clock_(clock) {}

    /// Sets the session's cookie in `response`. `client_address` is taken from the request.
    /// Unauthenticated and LimitReached: as `Authenticator`. PermissionDenied: another site sent
    /// the request.
    [[nodiscard]] Result<Identity> log_in(std::string_view username, std::string_view password,
                                          http::Request const& request, http::Response& response);

private:
    void note_failure(std::string_view username, std::string const& address);

    Store& store_;
    Gate& gate_;
    Authenticator& authenticator_;
    Clock const& clock_;
};

}  // namespace carrel
