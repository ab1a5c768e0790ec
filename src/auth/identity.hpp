#pragma once

/// Who is asking, and what they may do here.

#include "auth/scope.hpp"
#include "domain/user.hpp"

#include <optional>

namespace carrel {

struct Identity {
    User user;
    /// Names the login: a session's id, or "token:<id>". Edge tokens carry it, so that ending the
    /// login ends them too.
    SessionId login;
    bool by_cookie = false;
    std::string csrf_token;  ///< of the session; empty for a token
    /// When the login ends at the latest, however much it is used; nothing: never.
    std::optional<Time> ends_at;
    /// When whoever has the session last gave a password or a second factor; a token's never did.
    std::optional<Time> confirmed_at;
    /// They have to have a second factor and have none: nothing but setting one up is open.
    bool lacks_factor = false;
    /// What this login may do at most; a session may do everything its user may.
    Scopes scopes;
};

/// PermissionDenied unless the login has `scope`.
[[nodiscard]] Result<> require(Identity const& identity, Scope scope);

}  // namespace carrel
