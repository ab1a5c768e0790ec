#pragma once

/// Secrets that prove a login. The store has only their hashes, so that a copy of the database
/// lets nobody in. They are random and long, so a plain hash without salt is enough.

#include "base/random.hpp"

#include <string>
#include <string_view>

namespace carrel {

/// What an API token begins with, so that people and scanners recognise a leaked one.
inline constexpr std::string_view token_prefix = "carrel_";

/// "carrel_" and 43 random characters.
[[nodiscard]] std::string make_token_secret(Random& random);

/// SHA-256, 32 bytes.
[[nodiscard]] std::string sha256(std::string_view text);
/// The same in hexadecimal.
[[nodiscard]] std::string hash_secret(std::string_view secret);
/// HMAC-SHA256, 32 bytes: proves that whoever made it has the key.
[[nodiscard]] std::string keyed_hash(std::string_view text, std::string_view key);

}  // namespace carrel
