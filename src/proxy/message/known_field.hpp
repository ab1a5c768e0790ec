#pragma once

/// The header fields that the proxy itself understands, recognised once while parsing.

#include "proxy/message/characters.hpp"

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
    SecFetchMode,
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
[[nodiscard]] constexpr bool is_hop_by_hop(Known known) {
    switch (known) {
        case Known::Connection:
        case Known::ContentLength:
        case Known::Http2Settings:
        case Known::KeepAlive:
        case Known::ProxyAuthorization:
        case Known::ProxyConnection:
        case Known::Te:
        case Known::Trailer:
        case Known::TransferEncoding:
        case Known::Upgrade:
            return true;
        default:
            return false;
    }
}

}  // namespace carrel::proxy
