#pragma once

/// Where a route leads: a parsed target URL with the addresses to connect to. Immutable.

#include "base/result.hpp"

#include <sys/socket.h>
#include <functional>
#include <memory>
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

/// How the addresses of a host and port are found; `resolve`, unless a test says otherwise.
using Lookup = std::function<Result<std::vector<Address>>(std::string const&, std::string const&)>;

/// Of a target that is given by a name, whose addresses may change.
struct HostName {
    std::string host;
    std::string port;
    /// To be called when no address answers; thread-safe, returns at once. May be empty.
    std::function<void()> look_again = {};
};

struct Target {
    std::string url;
    std::vector<Address> addresses;  ///< tried in this order; at least one
    std::string path;                ///< what is put before the request's path; "" for "/"
    std::string authority;           ///< "host:port" for --change-origin; "localhost" for a socket
    std::string tls_host;            ///< whom an https:// target must prove to be; "": no TLS
    std::shared_ptr<HostName const> name = {};  ///< none: it is given by an address

    /// http://host[:port][/path], https://… and http+unix://<percent-encoded path>[/path].
    /// InvalidArgument: another scheme or malformed. There are no addresses when there is a name.
    [[nodiscard]] static Result<Target> read(std::string_view url);
    /// The same, and looks a name up, which may block.
    [[nodiscard]] static Result<Target> parse(std::string_view url, Lookup const& lookup = resolve);
    /// No address answers.
    void note_unreachable() const {
        if (name && name->look_again) name->look_again();
    }
};

}  // namespace carrel::proxy
