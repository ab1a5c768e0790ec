#pragma once

/// Codes that change with time (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, which is
/// what every app understands. Pure; any thread.

#include "base/clock.hpp"
#include "base/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel::totp {

inline constexpr Seconds step_lasts{30};

/// 20 random bytes, as RFC 4226 section 4 advises.
[[nodiscard]] std::string make_secret(Random& random);

/// RFC 4648 section 6, without padding: how people type a secret into an app.
[[nodiscard]] std::string base32(std::string_view bytes);

[[nodiscard]] long long step_at(Time now);
/// "287082"; RFC 4226 section 5.3.
[[nodiscard]] std::string code_of(std::string_view secret, long long step, int digits = 6);

/// The step that `code` is of: this one, or one before or after it, as clocks differ. Nothing when
/// it is of none of them, or of one that is not after `last_used`.
[[nodiscard]] std::optional<long long> matching_step(std::string_view secret, std::string_view code,
                                                     Time now, long long last_used);

/// What a QR code tells an app: "otpauth://totp/…".
[[nodiscard]] std::string address_of(std::string_view secret, std::string_view issuer,
                                     std::string_view account);

}  // namespace carrel::totp
