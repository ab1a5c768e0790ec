#pragma once

/// For tests: keys that sign ID tokens, as a provider has them.

#include "auth/oidc/key_set.hpp"
#include "base/encoding.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace carrel::oidc {

class SigningKey {
public:
    SigningKey(std::string alg, std::string kid, int bits = 2048)
        : alg_(std::move(alg)), kid_(std::move(kid)) {
        EVP_PKEY* made = alg_ == "RS256"
                             ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits))
                         : alg_ == "ES256" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                           : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        if (made == nullptr) throw std::runtime_error("no key");
        key_.reset(made, EVP_PKEY_free);
    }

    [[nodiscard]] nlohmann::json header() const { return {{"alg", alg_}, {"kid", kid_}}; }

    /// The public half.
    [[nodiscard]] nlohmann::json jwk() const {
        nlohmann::json jwk{{"kid", kid_}, {"use", "sig"}, {"alg", alg_}};
        if (alg_ == "RS256") {
            jwk["kty"] = "RSA";
            jwk["n"] = number(OSSL_PKEY_PARAM_RSA_N);
            jwk["e"] = number(OSSL_PKEY_PARAM_RSA_E);
        } else if (alg_ == "ES256") {
            jwk["kty"] = "EC";
            jwk["crv"] = "P-256";
            jwk["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
            jwk["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        } else {
            std::string bytes(32, '\0');
            size_t size = bytes.size();
            EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                        &size);
            jwk["kty"] = "OKP";
            jwk["crv"] = "Ed25519";
            jwk["x"] = to_base64url(bytes);
        }
        return jwk;
    }

    [[nodiscard]] std::string token(nlohmann::json const& claims) const {
        return token(header(), claims);
    }
    [[nodiscard]] std::string token(nlohmann::json const& header,
                                    nlohmann::json const& claims) const {
        auto const text = to_base64url(header.dump()) + "." + to_base64url(claims.dump());
        return text + "." + to_base64url(signature(text));
    }

private:
    [[nodiscard]] std::string number(char const* name, int size = 0) const {
        BIGNUM* found = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &found);
        auto const length = size > 0 ? size : BN_num_bytes(found);
        std::string bytes(static_cast<size_t>(length), '\0');
        BN_bn2binpad(found, reinterpret_cast<unsigned char*>(bytes.data()), length);
        BN_free(found);
        return to_base64url(bytes);
    }
    [[nodiscard]] std::string signature(std::string const& text) const {
        std::shared_ptr<EVP_MD_CTX> const context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        EVP_DigestSignInit(context.get(), nullptr, alg_ == "EdDSA" ? nullptr : EVP_sha256(),
                           nullptr, key_.get());
        auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
        size_t size = 0;
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
        std::string made(size, '\0');
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes,
                       text.size());
        made.resize(size);
        return alg_ == "ES256" ? raw(made) : made;
    }
    /// The two numbers of an ECDSA signature, one after the other.
    static std::string raw(std::string const& der) {
        auto const* bytes = reinterpret_cast<unsigned char const*>(der.data());
        std::shared_ptr<ECDSA_SIG> const parsed(
            d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), ECDSA_SIG_free);
        std::string made(64, '\0');
        auto* const out = reinterpret_cast<unsigned char*>(made.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + 32, 32);
        return made;
    }

    std::string alg_;
    std::string kid_;
    std::shared_ptr<EVP_PKEY> key_;
};

inline KeySet key_set(std::vector<nlohmann::json> const& keys) {
    return KeySet::parse(nlohmann::json{{"keys", keys}}.dump()).value();
}

}  // namespace carrel::oidc
