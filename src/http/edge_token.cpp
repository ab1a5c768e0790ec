#include "http/edge_token.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <sodium.h>
#include <nlohmann/json.hpp>

#include <array>

namespace carrel::http {

namespace {

constexpr size_t longest_token = 4096;

unsigned char const* bytes_of(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

std::string signature_of(std::string_view part, std::string_view key) {
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return {mac.begin(), mac.end()};
}

std::unexpected<Error> refuse(std::string_view cause) {
    return fail(Code::Unauthenticated, "verify edge token: {}", cause);
}

/// Reads what we signed ourselves; wrong all the same when it is not just our form.
Result<EdgeToken> read_payload(std::string_view text) {
    auto const json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || json.size() != 5) return refuse("malformed");
    for (auto const* key : {"r", "u", "s"})
        if (!json.contains(key) || !json[key].is_string()) return refuse("malformed");
    for (auto const* key : {"i", "e"})
        if (!json.contains(key) || !json[key].is_number_integer()) return refuse("malformed");
    return EdgeToken{
        .route = json["r"],
        .user = json["u"],
        .session = json["s"],
        .issued = Time(Milliseconds(json["i"].get<long long>())),
        .expires = Time(Seconds(json["e"].get<long long>())),
    };
}

}  // namespace

std::string sign_edge_token(EdgeToken const& token, std::string_view key) {
    nlohmann::json const payload = {
        {"r", token.route},
        {"u", token.user},
        {"s", token.session},
        {"i", token.issued.time_since_epoch().count()},
        {"e", std::chrono::floor<Seconds>(token.expires).time_since_epoch().count()},
    };
    auto const first = to_base64url(payload.dump());
    return first + "." + to_base64url(signature_of(first, key));
}

Result<EdgeToken> verify_edge_token(std::string_view text, std::string_view key, Time now) {
    auto const dot = text.find('.');
    if (text.size() > longest_token || dot == std::string_view::npos) return refuse("malformed");
    auto const first = text.substr(0, dot);
    auto const signature = from_base64url(text.substr(dot + 1));
    if (!signature) return refuse("malformed");
    // Nothing of the payload is looked at before it is known to be ours.
    if (!equals_in_constant_time(*signature, signature_of(first, key)))
        return refuse("wrong signature");
    auto const payload = from_base64url(first);
    if (!payload) return refuse("malformed");
    TRY(auto token, read_payload(*payload));
    if (now >= token.expires) return refuse("expired");
    return token;
}

}  // namespace carrel::http
