#pragma once

/// Whether an ID token is what it says it is (OpenID Connect Core section 3.1.3.7). Pure.

#include "auth/oidc/key_set.hpp"
#include "base/clock.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace carrel::oidc {

/// More than any provider puts into one; what is larger is not even looked at.
inline constexpr size_t largest_id_token = 64UL * 1024UL;

/// What the token has to say.
struct IdTokenRules {
    std::string issuer;
    std::string client_id;
    std::optional<std::string> nonce;  ///< nothing: nobody was sent there, the token is refreshed
    std::string access_token;          ///< that came with it; empty: none
    Time now;
    Seconds skew{60};  ///< how far two clocks may be apart
};

/// The claims. Unauthenticated says what is wrong; NotFound: it is signed by a key that is not in
/// the set; LimitReached: too large.
[[nodiscard]] Result<nlohmann::json> check_id_token(std::string_view token, KeySet const& keys,
                                                    IdTokenRules const& rules);

}  // namespace carrel::oidc
