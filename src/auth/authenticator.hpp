#pragma once

/// Checks credentials. `LocalAuthenticator` knows the passwords in the store, and asks directories
/// about others.

#include "base/result.hpp"
#include "domain/user.hpp"

#include <optional>
#include <string>

namespace carrel {

struct Credentials {
    std::string username;
    std::string password;
    std::string client_address;   ///< for the rate limit
    std::string browser = {};     ///< the cookie by which it may be known, also for the limit
    std::string invitation = {};  ///< a course's code, where a first login may make an account
    /// Somebody who is logged in and says once more who they are: only they count.
    std::optional<User> self = {};
};

/// After so long one more login may be tried, whatever limit was reached: what Retry-After says.
inline constexpr Seconds login_retry_after{30};

class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// The user. Blocks: Argon2id takes a while on purpose.
    /// Unauthenticated: wrong, unknown or disabled, always the same sentence and the same time.
    /// LimitReached: too many failures for this name or from this address; try later.
    /// Anything else is a `login_failure` of a directory, with a sentence for people.
    virtual Result<User> authenticate(Credentials const& credentials) = 0;
};

}  // namespace carrel
