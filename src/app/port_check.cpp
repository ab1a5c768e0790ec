#include "app/port_check.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace carrel {

namespace {

Result<> explain(int number, std::string const& ip, int port) {
    if (number == EADDRINUSE)
        return fail(Code::Conflict,
                    "port {} is in use by another program; choose a free one with --port (or "
                    "server.port), or stop that program",
                    port);
    if (number == EACCES)
        return fail(Code::PermissionDenied,
                    "port {} needs the rights of root; choose one from 1024 on with --port", port);
    return fail(code_of_errno(number), "cannot listen on {} port {}: {}", ip, port,
                describe_errno(number));
}

}  // namespace

Result<> check_port_is_free(std::string const& ip, int port) {
    if (port == 0) return {};
    bool const everywhere = ip.empty() || ip == "*";
    addrinfo const wanted{.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                          .ai_family = AF_UNSPEC,
                          .ai_socktype = SOCK_STREAM};
    addrinfo* found = nullptr;
    int const failure = ::getaddrinfo(everywhere ? nullptr : ip.c_str(),
                                      std::to_string(port).c_str(), &wanted, &found);
    if (failure != 0)
        return fail(Code::InvalidArgument, "'{}' is no address to listen on: {}", ip,
                    ::gai_strerror(failure));
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> const owner(found, ::freeaddrinfo);
    int const listener = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return fail_errno("make a socket");
    int const on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Binding alone succeeds beside a listener that has SO_REUSEADDR, so listen too.
    bool const free =
        ::bind(listener, found->ai_addr, found->ai_addrlen) == 0 && ::listen(listener, 1) == 0;
    int const number = errno;
    ::close(listener);
    return free ? Result<>() : explain(number, ip, port);
}

}  // namespace carrel
