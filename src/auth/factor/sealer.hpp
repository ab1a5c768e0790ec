#pragma once

/// Seals what the store must keep and nobody who has a copy of the store may read. The key is a
/// file beside the store, so that a database alone, or a backup of it, is not enough.
///
/// XChaCha20-Poly1305 with a random nonce; what a sealed text belongs to is authenticated with it,
/// so that nobody makes it another one's by moving it to another row. Thread-safe.

#include "base/random.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

class Sealer {
public:
    /// `key` has 32 bytes.
    explicit Sealer(std::string key, Random& random);

    /// Text, base64url.
    [[nodiscard]] std::string seal(std::string_view secret, std::string_view belongs_to) const;
    /// Internal: sealed with another key, for something else, or damaged.
    [[nodiscard]] Result<std::string> open(std::string_view sealed,
                                           std::string_view belongs_to) const;

private:
    std::string key_;
    Random& random_;
};

}  // namespace carrel
