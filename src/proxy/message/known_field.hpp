#pragma once

/// The header fields that the proxy itself understands, recognised once while parsing.

#include <cstdint>
#include <string_view>

namespace carrel::proxy {

enum class Known : uint8_t {
    Other,
    Accept,
    Authorization,
    Connection,
    ContentEncoding,
    ContentLength,
    ContentType,
    Cookie,
    Expect,
    Host,
    Http2Settings,
    KeepAlive,
    Location,
    Origin,
    ProxyAuthorization,
    ProxyConnection,
    SecFetchSite,
    SetCookie,
    Te,
    Trailer,
    TransferEncoding,
    Upgrade,
    XForwardedFor,
    XForwardedHost,
    XForwardedPort,
    XForwardedProto,
    XRequestId,
    /// A name that begins with "x-carrel-", with "_" for "-" too: ours alone to set.
    XCarrel,
    /// "x_forwarded_for", "content_length" and the like, which CGI-style applications take for the
    /// real ones.
    Disguised,
};

/// Names are compared without case.
[[nodiscard]] Known known_field(std::string_view name);

/// True for fields that never pass a hop (RFC 9110 section 7.6.1), framing included.
[[nodiscard]] bool is_hop_by_hop(Known known);

/// ASCII only, and inlined into the parser.
[[nodiscard]] inline char lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
[[nodiscard]] inline bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
        if (lower_ascii(a[i]) != lower_ascii(b[i])) return false;
    return true;
}

}  // namespace carrel::proxy
