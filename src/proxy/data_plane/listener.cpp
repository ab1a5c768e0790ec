#include "proxy/data_plane/listener.hpp"

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
    if (address.ss_family == AF_UNIX) return 0;
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

enum class Access { Everybody, Owner };

Result<Socket> listen_unix(std::filesystem::path const& path, Access access) {
    TRY(auto const address, unix_address(path.string()));
    TRY_VOID(remove_stale(path, address));
    Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open() || bind(socket.descriptor(), address.get(), address.length) != 0)
        return fail_errno("listen on {}", path.string());
    // Before listen(), when nobody can connect yet.
    if (access == Access::Owner && chmod(path.c_str(), 0600) != 0)
        return fail_errno("set the mode of {}", path.string());
    if (::listen(socket.descriptor(), backlog) != 0)
        return fail_errno("listen on {}", path.string());
    return socket;
}

Result<> check_listens(Socket const& socket) {
    int listens = 0;
    socklen_t size = sizeof(listens);
    if (getsockopt(socket.descriptor(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
        return fail_errno("take over descriptor {} as a listening socket", socket.descriptor());
    if (listens == 0)
        return fail(Code::InvalidArgument, "take over descriptor {}: it does not listen",
                    socket.descriptor());
    return {};
}

}  // namespace

Result<Listeners> adopt_listeners(std::vector<Socket> sockets, unsigned threads) {
    Listeners listeners;
    listeners.sockets = std::move(sockets);
    if (listeners.sockets.empty())
        return fail(Code::InvalidArgument, "take over listening sockets: there are none");
    for (auto const& socket : listeners.sockets) {
        TRY_VOID(check_listens(socket));
        fcntl(socket.descriptor(), F_SETFD, FD_CLOEXEC);
        fcntl(socket.descriptor(), F_SETFL, fcntl(socket.descriptor(), F_GETFL) | O_NONBLOCK);
    }
    auto const given = listeners.sockets.size();
    for (size_t i = given; i < threads; ++i) {
        auto const& original = listeners.sockets[i % given];
        listeners.sockets.emplace_back(fcntl(original.descriptor(), F_DUPFD_CLOEXEC, 0));
        if (!listeners.sockets.back().is_open()) return fail_errno("duplicate a listening socket");
    }
    listeners.port = port_of(listeners.sockets.front());
    return listeners;
}

Result<Socket> listen_privately(std::filesystem::path const& path) {
    return listen_unix(path, Access::Owner);
}

Result<Listeners> listen(Options const& options) {
    if (options.socket.empty()) return listen_tcp(options);
    TRY(auto socket, listen_unix(options.socket, Access::Everybody));
    std::vector<Socket> sockets;
    sockets.push_back(std::move(socket));
    return adopt_listeners(std::move(sockets), options.threads);
}

}  // namespace carrel::proxy
