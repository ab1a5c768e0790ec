#pragma once

/// What somebody has beside the password, and logins that wait for it.

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel {

enum class FactorKind {
    Totp,      ///< "totp": an app that shows codes (RFC 6238)
    WebAuthn,  ///< "webauthn": a security key or a passkey
};
[[nodiscard]] std::string_view name_of(FactorKind kind);
[[nodiscard]] Result<FactorKind> parse_factor_kind(std::string_view name);

struct SecondFactor {
    std::string id;
    UserId user;
    FactorKind kind = FactorKind::Totp;
    std::string name;  ///< what its owner calls it
    /// Of a key: its credential id, base64url; else empty.
    std::string credential;
    /// The sealed secret of an app; the public key of a key, base64url.
    std::string secret;
    /// The last step whose code was used; what the key has counted.
    long long counter = 0;
    Time created_at;
    std::optional<Time> last_used_at;
};

/// A login whose first step was right and whose second is awaited. Its secret is in a cookie; the
/// store has only the hash.
struct HalfLogin {
    std::string hash;
    UserId user;
    int wrong = 0;  ///< second steps that were wrong
    Time created_at;
    Time expires_at;
    std::string provider_session = {};  ///< a `ProviderSession` for when it is whole; empty: none
};

/// Something that was given out to be brought back once: a key's challenge, a secret to set up.
struct FactorChallenge {
    std::string id;
    std::string owner;    ///< the session or half login it was given to
    std::string purpose;  ///< "login", "confirm", "totp" or "webauthn"
    std::string payload;
    Time expires_at;
};

}  // namespace carrel
