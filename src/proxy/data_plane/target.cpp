#include "proxy/data_plane/target.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>
#include <cstring>
#include <memory>

namespace carrel::proxy {

namespace {

constexpr std::string_view http = "http://";
constexpr std::string_view https = "https://";
constexpr std::string_view http_unix = "http+unix://";

/// Nothing has to be asked for to connect there.
bool is_address(std::string_view host) {
    std::string const text(host);
    in6_addr address = {};
    return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
           inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &address) == 1;
}

}  // namespace

Result<Address> unix_address(std::string_view path) {
    Address address;
    sockaddr_un socket = {};
    socket.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(socket.sun_path))
        return fail(Code::InvalidArgument, "use socket {}: the path has not 1 to {} characters",
                    for_log(path), sizeof(socket.sun_path) - 1);
    std::memcpy(socket.sun_path, path.data(), path.size());
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    std::memcpy(&address.storage, &socket, address.length);
    return address;
}

Result<std::vector<Address>> resolve(std::string const& host, std::string const& port) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    int const error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    if (error != 0)
        return fail(Code::NotFound, "resolve {}: {}", for_log(host), gai_strerror(error));
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> const owner(list, freeaddrinfo);
    std::vector<Address> addresses;
    for (auto const* entry = list; entry != nullptr && addresses.size() < 4;
         entry = entry->ai_next) {
        Address address;
        address.length = entry->ai_addrlen;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        addresses.push_back(address);
    }
    return addresses;
}

Result<Target> Target::parse(std::string_view url, Lookup const& lookup) {
    TRY(auto target, read(url));
    if (target.name) {
        TRY(target.addresses, lookup(target.name->host, target.name->port));
    }
    return target;
}

Result<Target> Target::read(std::string_view url) {
    Target target;
    target.url = url;
    bool const is_unix = url.starts_with(http_unix);
    bool const is_tls = url.starts_with(https);
    if (!is_unix && !is_tls && !url.starts_with(http))
        return fail(Code::InvalidArgument,
                    "use target {}: only http, https and http+unix are supported", for_log(url));
    url.remove_prefix(is_unix ? http_unix.size() : is_tls ? https.size() : http.size());
    auto const authority = url.substr(0, url.find_first_of("/?#"));
    url.remove_prefix(authority.size());
    url = url.substr(0, url.find_first_of("?#"));
    while (url.ends_with('/')) url.remove_suffix(1);
    target.path = url;
    if (is_unix) {
        TRY(auto const path, percent_decode(authority));
        TRY(auto address, unix_address(path));
        target.addresses.push_back(address);
        target.authority = "localhost";
        return target;
    }
    target.authority = authority;
    auto host = authority.substr(authority.rfind('@') + 1);
    std::string_view port = is_tls ? "443" : "80";
    auto const colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    auto const number = parse_whole(port);
    if (host.empty() || !number || *number < 1 || *number > 65535)
        return fail(Code::InvalidArgument, "use target {}: malformed host or port",
                    for_log(target.url));
    if (is_tls) target.tls_host = host;
    if (is_address(host)) {
        TRY(target.addresses, resolve(std::string(host), std::string(port)));
    } else {
        target.name = std::make_shared<HostName const>(
            HostName{.host = std::string(host), .port = std::string(port)});
    }
    return target;
}

}  // namespace carrel::proxy
