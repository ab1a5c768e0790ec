#pragma once

/// Where a route leads: a parsed target URL with the addresses to connect to. Immutable.

#include "base/result.hpp"

#include <sys/socket.h>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::proxy {

struct Address {
    sockaddr_storage storage = {};
    socklen_t length = 0;

    [[nodiscard]] sockaddr const* get() const {
        return reinterpret_cast<sockaddr const*>(&storage);
    }
    /// The same bytes for the same peer: what connections are pooled by.
    [[nodiscard]] std::string_view bytes() const {
        return {reinterpret_cast<char const*>(&storage), length};
    }
};

/// NotFound: there is no such host. A path that is too long for a socket is InvalidArgument.
[[nodiscard]] Result<Address> unix_address(std::string_view path);
[[nodiscard]] Result<std::vector<Address>> resolve(std::string const& host,
                                                   std::string const& port);

struct Target {
    std::string url;
    std::vector<Address> addresses;  ///< tried in this order; at least one
    std::string path;                ///< what is put before the request's path; "" for "/"
    std::string authority;           ///< "host:port" for --change-origin; "localhost" for a socket
    std::string tls_host;            ///< whom an https:// target must prove to be; "": no TLS

    /// http://host[:port][/path], https://… and http+unix://<percent-encoded path>[/path]. A host
    /// name is resolved here, once, which may block. InvalidArgument: another scheme or malformed.
    [[nodiscard]] static Result<Target> parse(std::string_view url);
};

}  // namespace carrel::proxy
