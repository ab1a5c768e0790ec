#pragma once

/// Checks credentials. One kind per way of logging in: `LocalAuthenticator` for passwords in the
/// store.

#include "base/result.hpp"
#include "domain/user.hpp"

#include <string>

namespace carrel {

struct Credentials {
    std::string username;
    std::string password;
    std::string client_address;  ///< for the rate limit
    std::string browser = {};    ///< the cookie by which it may be known, also for the limit
};

/// After so long one more login may be tried, whatever limit was reached: what Retry-After says.
inline constexpr Seconds login_retry_after{30};

class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// The user. Blocks: Argon2id takes a while on purpose.
    /// Unauthenticated: wrong, unknown or disabled, always the same sentence and the same time.
    /// LimitReached: too many failures for this name or from this address; try later.
    virtual Result<User> authenticate(Credentials const& credentials) = 0;
};

}  // namespace carrel
