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

std::string hash_secret(std::string_view secret) { return to_hex(sha256(secret)); }

}  // namespace carrel
