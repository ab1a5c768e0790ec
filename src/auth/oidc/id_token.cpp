#include "auth/oidc/id_token.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

#include <sodium.h>

#include <array>

namespace carrel::oidc {

namespace {

using nlohmann::json;

constexpr size_t longest_subject = 255;

std::unexpected<Error> refuse(std::string_view why) {
    return fail(Code::Unauthenticated, "{}", why);
}

/// One of the token's parts, which is a JSON object.
Result<json> object_in(std::string_view part) {
    auto const text = from_base64url(part);
    if (!text) return refuse("the ID token is not in base64url");
    auto object = json::parse(*text, nullptr, false);
    if (!object.is_object()) return refuse("a part of the ID token is no JSON object");
    return object;
}

std::string text_of(json const& object, char const* name) {
    auto const found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Seconds since 1970; nothing when it is absent.
Result<std::optional<double>> seconds_in(json const& claims, char const* name) {
    auto const found = claims.find(name);
    if (found == claims.end()) return std::nullopt;
    if (!found->is_number())
        return fail(Code::Unauthenticated, "'{}' of the ID token is no time", name);
    return found->get<double>();
}

Result<> check_times(json const& claims, IdTokenRules const& rules) {
    auto const now = static_cast<double>(rules.now.time_since_epoch().count()) / 1000;
    auto const skew = static_cast<double>(rules.skew.count());
    TRY(auto const expires, seconds_in(claims, "exp"));
    TRY(auto const issued, seconds_in(claims, "iat"));
    TRY(auto const begins, seconds_in(claims, "nbf"));
    if (!expires || !issued) return refuse("the ID token does not say when it ends or began");
    // Written so that what is no number fails, too.
    if (!(*expires > now - skew)) return refuse("the ID token has expired");
    if (!(*issued < now + skew)) return refuse("the ID token is from the future");
    if (begins && !(*begins < now + skew)) return refuse("the ID token is not valid yet");
    return {};
}

Result<> check_audience(json const& claims, std::string const& client_id) {
    auto const audience = claims.value("aud", json());
    auto const is_us = [&](json const& each) { return each.is_string() && each == client_id; };
    bool const several = audience.is_array() && audience.size() > 1;
    bool const ours = audience.is_array() ? std::any_of(audience.begin(), audience.end(), is_us)
                                          : is_us(audience);
    if (!ours) return refuse("the ID token is for somebody else");
    auto const party = claims.find("azp");
    if (several && party == claims.end())
        return refuse("the ID token is for several and does not say who asked for it");
    if (party != claims.end() && !is_us(*party))
        return refuse("somebody else has asked for the ID token");
    return {};
}

/// The first half of a hash of the access token; which hash, the algorithm says.
std::string half_hash(std::string_view text, Algorithm algorithm) {
    if (algorithm != Algorithm::EdDSA) return to_base64url(sha256(text).substr(0, 16));
    std::array<unsigned char, crypto_hash_sha512_BYTES> digest{};
    crypto_hash_sha512(digest.data(), reinterpret_cast<unsigned char const*>(text.data()),
                       text.size());
    return to_base64url({reinterpret_cast<char const*>(digest.data()), digest.size() / 2});
}

Result<> check_claims(json const& claims, Algorithm algorithm, IdTokenRules const& rules) {
    if (text_of(claims, "iss") != rules.issuer) return refuse("somebody else made the ID token");
    TRY_VOID(check_audience(claims, rules.client_id));
    TRY_VOID(check_times(claims, rules));
    if (rules.nonce &&
        (rules.nonce->empty() || !equals_in_constant_time(text_of(claims, "nonce"), *rules.nonce)))
        return refuse("the ID token is the answer to another question (nonce)");
    if (claims.contains("at_hash") && !rules.access_token.empty() &&
        text_of(claims, "at_hash") != half_hash(rules.access_token, algorithm))
        return refuse("the ID token belongs to another access token (at_hash)");
    auto const subject = text_of(claims, "sub");
    if (subject.empty() || subject.size() > longest_subject)
        return refuse("the ID token does not say whom it is about");
    return {};
}

}  // namespace

Result<json> check_id_token(std::string_view token, KeySet const& keys, IdTokenRules const& rules) {
    if (token.size() > largest_id_token)
        return fail(Code::LimitReached, "the ID token has more than {} bytes", largest_id_token);
    auto const parts = split(token, '.');
    if (parts.size() != 3) return refuse("the ID token is no signed token");
    TRY(auto const header, object_in(parts[0]));
    TRY(auto const algorithm, parse_algorithm(text_of(header, "alg")));
    if (header.contains("crit")) return refuse("the ID token wants what is not understood here");
    auto const key_id = text_of(header, "kid");
    if (!keys.has(key_id, algorithm))
        return fail(Code::NotFound, "the ID token is signed by a key that the provider has not");
    auto const signature = from_base64url(parts[2]);
    if (!signature) return refuse("the signature of the ID token is not in base64url");
    auto const signed_text = token.substr(0, parts[0].size() + 1 + parts[1].size());
    TRY_VOID(keys.check(key_id, algorithm, signed_text, *signature));
    TRY(auto claims, object_in(parts[1]));
    TRY_VOID(check_claims(claims, algorithm, rules));
    return claims;
}

}  // namespace carrel::oidc
