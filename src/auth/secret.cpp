#include "auth/secret.hpp"

#include "base/encoding.hpp"

#include <sodium.h>

#include <array>

namespace carrel {

std::string make_token_secret(Random& random) {
    return std::string(token_prefix) + random.secret(32);
}

std::string sha256(std::string_view text) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<unsigned char const*>(text.data()),
                       text.size());
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

std::string keyed_hash(std::string_view text, std::string_view key) {
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, reinterpret_cast<unsigned char const*>(key.data()),
                                key.size());
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<unsigned char const*>(text.data()),
                                  text.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return {reinterpret_cast<char const*>(mac.data()), mac.size()};
}

std::string hash_secret(std::string_view secret) { return to_hex(sha256(secret)); }

}  // namespace carrel
