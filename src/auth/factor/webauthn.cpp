#include "auth/factor/webauthn.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <array>
#include <functional>
#include <memory>

namespace carrel::webauthn {

using nlohmann::json;

namespace {

constexpr std::array algorithms{COSE_ES256, COSE_EDDSA, COSE_RS256};
constexpr int patience = 120'000;  // milliseconds
constexpr size_t rp_hash_size = 32;
constexpr unsigned char user_present = 0x01;

template <auto free_function>
struct Freed {
    template <class T>
    void operator()(T* pointer) const {
        free_function(&pointer);
    }
};
using FidoCredential = std::unique_ptr<fido_cred_t, Freed<fido_cred_free>>;
using FidoAssertion = std::unique_ptr<fido_assert_t, Freed<fido_assert_free>>;
using Es256 = std::unique_ptr<es256_pk_t, Freed<es256_pk_free>>;
using Eddsa = std::unique_ptr<eddsa_pk_t, Freed<eddsa_pk_free>>;
using Rs256 = std::unique_ptr<rs256_pk_t, Freed<rs256_pk_free>>;

unsigned char const* bytes(std::string const& text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

std::string text_of(unsigned char const* data, size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

std::unexpected<Error> malformed(std::string_view what) {
    return fail_field("credential", "the browser's answer is not right: {}", what);
}

Result<std::string> text_in(json const& object, std::string_view name) {
    auto const found = object.find(name);
    if (found == object.end() || !found->is_string()) return malformed(name);
    return found->get<std::string>();
}

/// A part of `response`, decoded.
Result<std::string> part(json const& answer, std::string_view name) {
    auto const response = answer.find("response");
    if (response == answer.end() || !response->is_object()) return malformed("response");
    TRY(auto const text, text_in(*response, name));
    auto decoded = from_base64url(text);
    if (!decoded) return malformed(name);
    return *std::move(decoded);
}

Result<json> client_data(json const& answer) {
    TRY(auto const text, part(answer, "clientDataJSON"));
    auto data = json::parse(text, nullptr, false);
    if (!data.is_object()) return malformed("clientDataJSON");
    return data;
}

/// What the browser itself says of where and why the key was used.
Result<> check_client_data(json const& answer, std::string_view type, RelyingParty const& party,
                           std::string_view challenge) {
    TRY(auto const data, client_data(answer));
    TRY(auto const said_type, text_in(data, "type"));
    TRY(auto const said_challenge, text_in(data, "challenge"));
    TRY(auto const origin, text_in(data, "origin"));
    if (said_type != type) return malformed("it is for something else");
    if (!equals_in_constant_time(said_challenge, challenge))
        return malformed("it answers another question");
    if (origin != party.origin)
        return malformed(
            fmt::format("it was made at {}, and this is {}; if both are this platform, "
                        "its operator sets server.public_url",
                        for_log(origin, 100), party.origin));
    if (data.value("crossOrigin", json(false)) != json(false))
        return malformed("it was made inside a page of another site");
    return {};
}

/// For this name, with somebody who touched the key.
Result<> check_authenticator_data(std::string const& data, RelyingParty const& party) {
    if (data.size() <= rp_hash_size) return malformed("authenticatorData");
    if (std::string_view(data).substr(0, rp_hash_size) != sha256(party.id))
        return malformed("the key answered for another name");
    if ((static_cast<unsigned char>(data[rp_hash_size]) & user_present) == 0)
        return malformed("nobody touched the key");
    return {};
}

Result<std::string> authenticator_data_of_creation(json const& answer) {
    TRY(auto const object, part(answer, "attestationObject"));
    auto const parsed = json::from_cbor(object, true, false);
    auto const data = parsed.is_object() ? parsed.find("authData") : parsed.end();
    if (!parsed.is_object() || data == parsed.end() || !data->is_binary())
        return malformed("attestationObject");
    auto const& binary = data->get_binary();
    return std::string(binary.begin(), binary.end());
}

/// libfido2 reads a key only when it is told of which algorithm it will be.
Result<FidoCredential> read_credential(std::string const& data) {
    for (int const algorithm : algorithms) {
        FidoCredential credential(fido_cred_new());
        if (credential && fido_cred_set_type(credential.get(), algorithm) == FIDO_OK &&
            fido_cred_set_authdata_raw(credential.get(), bytes(data), data.size()) == FIDO_OK)
            return credential;
    }
    return malformed("it has no key of a known kind");
}

/// Whether the key can be read at all, so that none is kept that could never be used.
Result<> with_key(std::string_view public_key,
                  std::function<Result<>(int algorithm, void const* key)> const& use) {
    auto const colon = public_key.find(':');
    auto const raw = from_base64url(colon == std::string_view::npos ? std::string_view()
                                                                    : public_key.substr(colon + 1));
    auto const name = public_key.substr(0, colon);
    if (!raw) return malformed("public key");
    if (name == std::to_string(COSE_ES256)) {
        Es256 const key(es256_pk_new());
        if (es256_pk_from_ptr(key.get(), raw->data(), raw->size()) == FIDO_OK)
            return use(COSE_ES256, key.get());
    } else if (name == std::to_string(COSE_EDDSA)) {
        Eddsa const key(eddsa_pk_new());
        if (eddsa_pk_from_ptr(key.get(), raw->data(), raw->size()) == FIDO_OK)
            return use(COSE_EDDSA, key.get());
    } else if (name == std::to_string(COSE_RS256)) {
        Rs256 const key(rs256_pk_new());
        if (rs256_pk_from_ptr(key.get(), raw->data(), raw->size()) == FIDO_OK)
            return use(COSE_RS256, key.get());
    }
    return malformed("public key");
}

json descriptors(std::vector<std::string> const& ids) {
    auto list = json::array();
    for (auto const& id : ids) list.push_back({{"type", "public-key"}, {"id", id}});
    return list;
}

Result<long long> verify(json const& answer, Credential const& credential,
                         RelyingParty const& party, std::string_view challenge) {
    TRY_VOID(check_client_data(answer, "webauthn.get", party, challenge));
    TRY(auto const id, text_in(answer, "id"));
    if (id != credential.id) return malformed("it is of another key");
    TRY(auto const data, part(answer, "authenticatorData"));
    TRY(auto const signature, part(answer, "signature"));
    TRY(auto const client, part(answer, "clientDataJSON"));
    TRY_VOID(check_authenticator_data(data, party));
    auto const hash = sha256(client);
    FidoAssertion const assertion(fido_assert_new());
    if (!assertion || fido_assert_set_count(assertion.get(), 1) != FIDO_OK ||
        fido_assert_set_rp(assertion.get(), party.id.c_str()) != FIDO_OK ||
        fido_assert_set_clientdata_hash(assertion.get(), bytes(hash), hash.size()) != FIDO_OK ||
        fido_assert_set_up(assertion.get(), FIDO_OPT_TRUE) != FIDO_OK ||
        fido_assert_set_authdata_raw(assertion.get(), 0, bytes(data), data.size()) != FIDO_OK ||
        fido_assert_set_sig(assertion.get(), 0, bytes(signature), signature.size()) != FIDO_OK)
        return malformed("authenticatorData");
    TRY_VOID(with_key(credential.public_key, [&](int algorithm, void const* key) -> Result<> {
        if (fido_assert_verify(assertion.get(), 0, algorithm, key) != FIDO_OK)
            return malformed("the signature is not the key's");
        return {};
    }));
    return static_cast<long long>(fido_assert_sigcount(assertion.get(), 0));
}

}  // namespace

Result<RelyingParty> relying_party(std::string_view origin) {
    auto const scheme = origin.find("://");
    if (scheme == std::string_view::npos) return fail(Code::InvalidArgument, "no origin");
    auto const host = origin.substr(scheme + 3);
    // An IPv6 address has colons of its own.
    auto const end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
    return RelyingParty{.id = to_lower(host.substr(0, end)), .origin = to_lower(origin)};
}

json creation_options(RelyingParty const& party, Person const& person, std::string_view challenge,
                      std::vector<std::string> const& known) {
    auto parameters = json::array();
    for (int const algorithm : algorithms)
        parameters.push_back({{"type", "public-key"}, {"alg", algorithm}});
    return {{"rp", {{"id", party.id}, {"name", "Carrel"}}},
            {"user",
             {{"id", to_base64url(person.id)},
              {"name", person.name},
              {"displayName", person.display_name}}},
            {"challenge", challenge},
            {"pubKeyCredParams", std::move(parameters)},
            {"timeout", patience},
            {"excludeCredentials", descriptors(known)},
            {"authenticatorSelection",
             {{"residentKey", "discouraged"}, {"userVerification", "discouraged"}}},
            {"attestation", "none"}};
}

json request_options(RelyingParty const& party, std::string_view challenge,
                     std::vector<std::string> const& known) {
    return {{"challenge", challenge},
            {"timeout", patience},
            {"rpId", party.id},
            {"allowCredentials", descriptors(known)},
            {"userVerification", "discouraged"}};
}

Result<std::string> challenge_of(json const& answer) {
    TRY(auto const data, client_data(answer));
    return text_in(data, "challenge");
}

Result<Credential> check_creation(json const& answer, RelyingParty const& party,
                                  std::string_view challenge) {
    TRY_VOID(check_client_data(answer, "webauthn.create", party, challenge));
    TRY(auto const data, authenticator_data_of_creation(answer));
    TRY_VOID(check_authenticator_data(data, party));
    TRY(auto const read, read_credential(data));
    Credential credential;
    credential.id =
        to_base64url(text_of(fido_cred_id_ptr(read.get()), fido_cred_id_len(read.get())));
    credential.public_key = fmt::format(
        "{}:{}", fido_cred_type(read.get()),
        to_base64url(text_of(fido_cred_pubkey_ptr(read.get()), fido_cred_pubkey_len(read.get()))));
    credential.counter = fido_cred_sigcount(read.get());
    if (credential.id.empty()) return malformed("it has no key");
    TRY_VOID(with_key(credential.public_key, [](int, void const*) { return Result<>(); }));
    return credential;
}

Result<long long> check_assertion(json const& answer, Credential const& credential,
                                  RelyingParty const& party, std::string_view challenge) {
    auto counter = verify(answer, credential, party, challenge);
    if (!counter) return fail(Code::Unauthenticated, "{}", counter.error().message);
    return counter;
}

}  // namespace carrel::webauthn
