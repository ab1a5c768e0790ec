#pragma once

/// Logging in by name and password, wherever the form is: the portal's or a hub's. Checks them,
/// writes a failure down, and goes on by `LoginSteps`.
///
/// Blocks. Thread-safe. Made where it is used; refers to what app/wiring owns.

#include "auth/authenticator.hpp"
#include "auth/login_steps.hpp"

namespace carrel {

struct PasswordTyped {
    std::string username;
    std::string password;
    std::string invitation = {};  ///< a course's code: what a directory's new person may need
};

class PasswordLogin {
public:
    PasswordLogin(Store& store, LoginSteps& steps, Authenticator& authenticator, Clock const& clock)
        : store_(store), steps_(steps), authenticator_(authenticator), clock_(clock) {}

    /// Sets a cookie in `response`: the session's, or half a log-in's. `client_address` is taken
    /// from the request. Unauthenticated and LimitReached: as `Authenticator`. PermissionDenied:
    /// another site sent the request.
    [[nodiscard]] Result<LoginOutcome> log_in(PasswordTyped const& typed,
                                              http::Request const& request,
                                              http::Response& response);

private:
    void note_failure(std::string_view username, std::string const& address);

    Store& store_;
    LoginSteps& steps_;
    Authenticator& authenticator_;
    Clock const& clock_;
};

}  // namespace carrel
