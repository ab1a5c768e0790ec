#pragma once

/// What the load generators share: sockets to 127.0.0.1, a clock, percentiles. A measurement that
/// cannot go on says why and ends the program: a figure from a run with errors would be worse than
/// none.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::bench {

[[noreturn]] inline void give_up(std::string_view what) {
    std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(),
                 errno != 0 ? std::strerror(errno) : "not what was expected");
    std::exit(1);
}

inline int64_t microseconds() {
    auto const now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

inline int number(char const* text) {
    int value = 0;
    std::string_view const all = text;
    auto const [end, problem] = std::from_chars(all.data(), all.data() + all.size(), value);
    if (problem != std::errc() || end != all.data() + all.size()) {
        errno = 0;
        give_up(std::string("not a number: ") + text);
    }
    return value;
}

inline sockaddr_in loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline void send_at_once(int descriptor) {
    int const on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/// A connected, blocking socket.
inline int connect_to(int port) {
    int const descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto const address = loopback(port);
    if (descriptor < 0 ||
        connect(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof(address)) != 0)
        give_up("connect");
    send_at_once(descriptor);
    return descriptor;
}

inline void send_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) give_up("send");
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

/// Receives up to the end of a head and returns all that has come.
inline std::string receive_head(int descriptor) {
    std::string received;
    std::vector<char> room(16384);
    while (received.find("\r\n\r\n") == std::string::npos) {
        auto const count = recv(descriptor, room.data(), room.size(), 0);
        if (count <= 0) give_up("receive a head");
        received.append(room.data(), static_cast<size_t>(count));
    }
    return received;
}

/// `values` gets sorted.
inline int64_t percentile(std::vector<int64_t>& values, int percent) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) * static_cast<size_t>(percent) / 100];
}

}  // namespace carrel::bench
