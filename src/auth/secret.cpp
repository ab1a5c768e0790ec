#include "auth/secret.hpp"

#include "base/encoding.hpp"

#include <sodium.h>

#include <array>

namespace carrel {

std::string make_token_secret(Random& random) {
    return std::string(token_prefix) + random.secret(32);
}

std::string hash_secret(std::string_view secret) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<unsigned char const*>(secret.data()),
                       secret.size());
    return to_hex({reinterpret_cast<char const*>(digest.data()), digest.size()});
}

}  // namespace carrel
