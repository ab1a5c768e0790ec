// Edge tokens: nothing but what the key has signed is accepted, and that is read back unchanged.

#include "fuzz.hpp"

#include "http/edge_token.hpp"

#include "proxy/edge_auth.hpp"

#include <string>

using namespace carrel;

/// The first byte chooses between a token as it is, and one that is signed over the rest.
extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    static std::string const key(32, 'k');
    auto text = fuzz::text_of(data, size);
    Time const now(Milliseconds(1'800'000'000'000));
    if (text.empty()) return 0;
    if (text[0] % 2 == 0) {
        auto const token = http::verify_edge_token(text.substr(1), key, now);
        fuzz::require(!token, "a token that nobody has signed");
        return 0;
    }
    text.remove_prefix(1);
    http::EdgeToken token;
    // Names are UTF-8 elsewhere; here they only need to be ASCII for JSON.
    for (char const c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return 0;
        (token.route.size() <= token.user.size() ? token.route : token.user).push_back(c);
    }
    token.session = "s";
    token.issued = now;
    token.expires = now + Seconds(60);
    auto const signed_token = http::sign_edge_token(token, key);
    auto const read = http::verify_edge_token(signed_token, key, now);
    if (signed_token.size() > 4096) return 0;
    fuzz::require(read && read->route == token.route && read->user == token.user, "read back");
    auto broken = signed_token;
    broken[text.size() % broken.size()] ^= 1;
    if (auto const other = http::verify_edge_token(broken, key, now))
        fuzz::require(other->route == token.route && other->user == token.user, "forged");
    fuzz::require(!http::verify_edge_token(signed_token, std::string(32, 'x'), now), "another key");
    return 0;
}
