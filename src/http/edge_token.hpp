#pragma once

/// What control signs and the proxy verifies: this user may use this route, from this session,
/// until then.
///
/// Wire form: base64url(JSON {"r","u","s","i","e"}) "." base64url(HMAC-SHA256(key, first part)).
/// Travels as a cookie, or as a bearer token. The cookie is `carrel_edge` on the route's path; for
/// a route with an origin of its own it begins with `__Host-carrel_edge`, so that no neighbouring
/// origin can plant one (RFC 6265bis section 4.1.3.2).

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel::http {

inline constexpr std::string_view edge_cookie = "carrel_edge";
inline constexpr std::string_view host_edge_cookie = "__Host-carrel_edge";

struct EdgeToken {
    std::string route;    ///< the route's path as the proxy keys it: "/c/bio/user/ada"
    std::string user;     ///< who uses it, which need not be whose server it is
    std::string session;  ///< the session it was made from; revoking that ends it
    Time issued;
    Time expires;
};

/// `key` is 32 random bytes.
[[nodiscard]] std::string sign_edge_token(EdgeToken const& token, std::string_view key);

/// Unauthenticated: malformed, signed with another key, or expired at `now`.
[[nodiscard]] Result<EdgeToken> verify_edge_token(std::string_view text, std::string_view key,
                                                  Time now);

}  // namespace carrel::http
