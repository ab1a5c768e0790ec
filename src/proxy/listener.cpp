#include "proxy/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace carrel::proxy {

namespace {

constexpr int backlog = 4096;

void switch_on(Socket const& socket, int level, int option) {
    int const on = 1;
    setsockopt(socket.descriptor(), level, option, &on, sizeof(on));
}

unsigned short port_of(Socket const& socket) {
    sockaddr_storage address = {};
    socklen_t length = sizeof(address);
    getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &length);
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));  // the port is at the same place in IPv6
    return ntohs(v4.sin_port);
}

enum class Sharing { Alone, Shared };

Result<Socket> listen_tcp(Address const& address, std::string const& name, Sharing sharing) {
    int const family = address.storage.ss_family;
    Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return fail_errno("create a socket");
    switch_on(socket, SOL_SOCKET, SO_REUSEADDR);
    if (sharing == Sharing::Shared) switch_on(socket, SOL_SOCKET, SO_REUSEPORT);
    // Accepted connections inherit these.
    switch_on(socket, IPPROTO_TCP, TCP_NODELAY);
    switch_on(socket, SOL_SOCKET, SO_KEEPALIVE);
    if (family == AF_INET6) {
        int const off = 0;
        setsockopt(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(socket.descriptor(), address.get(), address.length) != 0 ||
        ::listen(socket.descriptor(), backlog) != 0)
        return fail_errno("listen on {}", name);
    return socket;
}

Address with_port(Address address, unsigned short port) {
    sockaddr_in v4;
    std::memcpy(&v4, &address.storage, sizeof(v4));
    v4.sin_port = htons(port);
    std::memcpy(&address.storage, &v4, sizeof(v4));
    return address;
}

Result<Listeners> listen_tcp(Options const& options) {
    bool const everywhere = options.ip.empty() || options.ip == "*";
    auto addresses = resolve(everywhere ? "::" : options.ip, std::to_string(options.port));
    auto const name = fmt::format("{}:{}", everywhere ? "*" : options.ip, options.port);
    if (!addresses) return std::unexpected(addresses.error().wrapped("listen on " + name));
    // Bound alone first: a shared port would silently join whoever has it.
    auto alone = listen_tcp(addresses->front(), name, Sharing::Alone);
    if (!alone && everywhere) {  // a machine without IPv6
        TRY(addresses, resolve("0.0.0.0", std::to_string(options.port)));
        alone = listen_tcp(addresses->front(), name, Sharing::Alone);
    }
    if (!alone) return std::unexpected(alone.error());
    Listeners listeners;
    listeners.port = port_of(*alone);
    if (options.threads == 1) {
        listeners.sockets.push_back(*std::move(alone));
        return listeners;
    }
    alone->close();
    auto const address = with_port(addresses->front(), listeners.port);
    for (unsigned i = 0; i < options.threads; ++i) {
        TRY(auto socket, listen_tcp(address, name, Sharing::Shared));
        listeners.sockets.push_back(std::move(socket));
    }
    return listeners;
}

/// A socket file that nobody listens on any more may be replaced.
Result<> remove_stale(std::filesystem::path const& path, Address const& address) {
    if (auto const somebody = Socket::connect(address); somebody)
        return fail(Code::Conflict, "listen on {}: somebody else does", path.string());
    struct stat status = {};
    if (lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path.c_str());
    return {};
}

Result<Listeners> listen_unix(Options const& options) {
    TRY(auto const address, unix_address(options.socket.string()));
    TRY_VOID(remove_stale(options.socket, address));
    Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open() || bind(socket.descriptor(), address.get(), address.length) != 0 ||
        ::listen(socket.descriptor(), backlog) != 0)
        return fail_errno("listen on {}", options.socket.string());
    Listeners listeners;
    for (unsigned i = 1; i < options.threads; ++i) {
        listeners.sockets.emplace_back(fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0));
        if (!listeners.sockets.back().is_open())
            return fail_errno("listen on {}", options.socket.string());
    }
    listeners.sockets.push_back(std::move(socket));
    return listeners;
}

}  // namespace

Result<Listeners> listen(Options const& options) {
    return options.socket.empty() ? listen_tcp(options) : listen_unix(options);
}

}  // namespace carrel::proxy
