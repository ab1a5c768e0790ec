#include "auth/oidc/key_set.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel::oidc {

namespace {

using nlohmann::json;

/// More keys than any provider has at a time.
constexpr size_t most_keys = 64;
constexpr int least_rsa_bits = 2048;
constexpr size_t coordinate = 32;  // bytes of one on P-256

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using SharedKey = std::shared_ptr<EVP_PKEY>;

unsigned char const* bytes_of(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

Number to_number(std::string_view bytes) {
    return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::string text_of(json const& object, char const* name) {
    auto const found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<SharedKey> make_key(char const* type, OSSL_PARAM_BLD* builder) {
    Parameters const parameters(OSSL_PARAM_BLD_to_param(builder));
    KeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return fail(Code::InvalidArgument, "not a public key");
    return SharedKey(made, EVP_PKEY_free);
}

Result<SharedKey> rsa_key(json const& jwk) {
    TRY(auto const modulus, from_base64url(text_of(jwk, "n")));
    TRY(auto const exponent, from_base64url(text_of(jwk, "e")));
    auto const n = to_number(modulus);
    auto const e = to_number(exponent);
    Builder const builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return fail(Code::InvalidArgument, "not a key of RSA");
    if (BN_num_bits(n.get()) < least_rsa_bits)
        return fail(Code::InvalidArgument, "a key of RSA with fewer than {} bits", least_rsa_bits);
    return make_key("RSA", builder.get());
}

Result<SharedKey> p256_key(json const& jwk) {
    TRY(auto const x, from_base64url(text_of(jwk, "x")));
    TRY(auto const y, from_base64url(text_of(jwk, "y")));
    if (x.size() != coordinate || y.size() != coordinate)
        return fail(Code::InvalidArgument, "not a point of P-256");
    auto const point = "\x04" + x + y;  // uncompressed
    Builder const builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1)
        return fail(Code::InvalidArgument, "not a key of P-256");
    return make_key("EC", builder.get());
}

Result<SharedKey> ed25519_key(json const& jwk) {
    TRY(auto const x, from_base64url(text_of(jwk, "x")));
    SharedKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()),
                  EVP_PKEY_free);
    if (!key) return fail(Code::InvalidArgument, "not a key of Ed25519");
    return key;
}

/// Two numbers of the same length, as tokens have them, become the form that OpenSSL reads.
Result<std::string> ecdsa_signature(std::string_view raw) {
    auto const wrong = fail(Code::Unauthenticated, "the signature is not one of ES256");
    if (raw.size() != 2 * coordinate) return wrong;
    Signature const signature(ECDSA_SIG_new());
    auto r = to_number(raw.substr(0, coordinate));
    auto s = to_number(raw.substr(coordinate));
    if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
        return wrong;
    // The signature owns them now.
    (void)r.release();
    (void)s.release();
    unsigned char* encoded = nullptr;
    auto const length = i2d_ECDSA_SIG(signature.get(), &encoded);
    if (length <= 0) return wrong;
    std::string text(reinterpret_cast<char const*>(encoded), static_cast<size_t>(length));
    OPENSSL_free(encoded);
    return text;
}

bool verifies(EVP_PKEY* key, Algorithm algorithm, std::string_view text,
              std::string_view signature) {
    DigestContext const context(EVP_MD_CTX_new());
    auto const* const digest = algorithm == Algorithm::EdDSA ? nullptr : EVP_sha256();
    return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                            text.size()) == 1;
}

}  // namespace

Result<Algorithm> parse_algorithm(std::string_view name) {
    if (name == "RS256") return Algorithm::RS256;
    if (name == "ES256") return Algorithm::ES256;
    if (name == "EdDSA") return Algorithm::EdDSA;
    return fail(Code::Unauthenticated, "the token is signed by '{}', which is not accepted here",
                for_log(name, 20));
}

Result<KeySet::Key> KeySet::parse_key(json const& jwk) {
    auto const type = text_of(jwk, "kty");
    auto const curve = text_of(jwk, "crv");
    auto const use = text_of(jwk, "use");
    auto const named = text_of(jwk, "alg");
    if (!use.empty() && use != "sig") return fail(Code::InvalidArgument, "not for signatures");
    Key key;
    key.id = text_of(jwk, "kid");
    if (type == "RSA") {
        key.algorithm = Algorithm::RS256;
        TRY(key.key, rsa_key(jwk));
    } else if (type == "EC" && curve == "P-256") {
        key.algorithm = Algorithm::ES256;
        TRY(key.key, p256_key(jwk));
    } else if (type == "OKP" && curve == "Ed25519") {
        key.algorithm = Algorithm::EdDSA;
        TRY(key.key, ed25519_key(jwk));
    } else {
        return fail(Code::InvalidArgument, "of another kind");
    }
    if (!named.empty()) {
        TRY(auto const algorithm, parse_algorithm(named));
        if (algorithm != key.algorithm) return fail(Code::InvalidArgument, "of another algorithm");
    }
    return key;
}

Result<KeySet> KeySet::parse(std::string_view document) {
    auto const parsed = json::parse(document, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("keys") || !parsed["keys"].is_array())
        return fail(Code::InvalidArgument, "the keys of the provider are no JWKS document");
    if (parsed["keys"].size() > most_keys)
        return fail(Code::InvalidArgument, "the provider has more than {} keys", most_keys);
    KeySet set;
    for (auto const& each : parsed["keys"]) {
        if (!each.is_object()) continue;
        if (auto key = parse_key(each)) set.keys_.push_back(*std::move(key));
    }
    return set;
}

bool KeySet::has(std::string_view key_id, Algorithm algorithm) const {
    return std::ranges::any_of(keys_, [&](Key const& key) {
        return key.algorithm == algorithm && (key_id.empty() || key.id == key_id);
    });
}

Result<> KeySet::check(std::string_view key_id, Algorithm algorithm, std::string_view text,
                       std::string_view signature) const {
    std::string form(signature);
    if (algorithm == Algorithm::ES256) {
        TRY(form, ecdsa_signature(signature));
    }
    for (auto const& key : keys_) {
        if (key.algorithm != algorithm || (!key_id.empty() && key.id != key_id)) continue;
        if (verifies(key.key.get(), algorithm, text, form)) return {};
    }
    return fail(Code::Unauthenticated, "the signature of the token is wrong");
}

}  // namespace carrel::oidc
