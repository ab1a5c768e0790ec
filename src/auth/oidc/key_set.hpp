#pragma once

/// The public keys of a provider (RFC 7517), and whether one of them made a signature (RFC 7515).
///
/// Of the algorithms of RFC 7518 and RFC 8037 only those are here that need the private key to
/// sign: RS256, ES256 and EdDSA with Ed25519. There is no "none" and no HMAC, whatever a token
/// says. Immutable; any thread.

#include "base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace carrel::oidc {

enum class Algorithm { RS256, ES256, EdDSA };

/// Nothing but the names of these three, as tokens have them; anything else is Unauthenticated.
[[nodiscard]] Result<Algorithm> parse_algorithm(std::string_view name);

class KeySet {
public:
    /// The keys of a JWKS document that can check signatures of these algorithms; others are left
    /// out, as RFC 7517 section 5 asks. InvalidArgument: no such document.
    [[nodiscard]] static Result<KeySet> parse(std::string_view document);

    /// Whether a key of the set with this id ("": the token names none) fits the algorithm.
    [[nodiscard]] bool has(std::string_view key_id, Algorithm algorithm) const;

    /// Unauthenticated unless one of those keys made `signature` of `text`.
    [[nodiscard]] Result<> check(std::string_view key_id, Algorithm algorithm,
                                 std::string_view text, std::string_view signature) const;

    [[nodiscard]] size_t size() const { return keys_.size(); }

private:
    struct Key {
        std::string id;
        Algorithm algorithm;
        std::shared_ptr<evp_pkey_st> key;
    };
    static Result<Key> parse_key(nlohmann::json const& jwk);

    std::vector<Key> keys_;
};

}  // namespace carrel::oidc
