/// Closed-loop WebSocket load: one message of 256 bytes under way on each connection.
///
///   bench_ws_load PORT PATH CONNECTIONS SECONDS    echoes for that long; prints round trips and
///   latency as JSON bench_ws_load PORT PATH CONNECTIONS idle       one echo each, prints "ready",
///   holds them until its input ends

#include "sockets.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>

namespace carrel::bench {

namespace {

constexpr size_t message_size = 256;
constexpr size_t answer_size = message_size + 4;
constexpr int64_t warm_up = 300'000;

struct Socket {
    int descriptor;
    size_t received = 0;
    int64_t sent_at = 0;
};

std::string frame() {
    // A final binary message with a 16-bit length and a mask, as clients must send it.
    std::string bytes = {'\x82',
                         static_cast<char>(128 | 126),
                         static_cast<char>(message_size >> 8),
                         static_cast<char>(message_size & 255),
                         '\1',
                         '\2',
                         '\3',
                         '\4'};
    for (size_t i = 0; i < message_size; ++i) bytes += static_cast<char>('a' ^ (i % 4 + 1));
    return bytes;
}

int open_websocket(int port, std::string const& path) {
    int const descriptor = connect_to(port);
    send_all(
        descriptor,
        "GET " + path +
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    auto const head = receive_head(descriptor);
    errno = 0;
    if (!head.starts_with("HTTP/1.1 101") || !head.ends_with("\r\n\r\n"))
        give_up("upgrade: " + head);
    return descriptor;
}

class Load {
public:
    Load(int port, std::string const& path, int connections) : frame_(frame()) {
        for (int i = 0; i < connections; ++i) sockets_.push_back({open_websocket(port, path)});
    }

    void echo_once() {
        std::array<char, answer_size> answer;
        for (auto const& socket : sockets_) {
            send_all(socket.descriptor, frame_);
            if (recv(socket.descriptor, answer.data(), answer.size(), MSG_WAITALL) != answer_size)
                give_up("echo");
        }
    }

    void run(int seconds) {
        int const epoll = epoll_create1(EPOLL_CLOEXEC);
        for (auto& socket : sockets_) {
            epoll_event event = {.events = EPOLLIN, .data = {.ptr = &socket}};
            epoll_ctl(epoll, EPOLL_CTL_ADD, socket.descriptor, &event);
            ask(socket);
        }
        auto const begin = microseconds() + warm_up;
        auto const end = begin + seconds * 1'000'000LL;
        std::array<epoll_event, 256> events;
        for (int64_t now = 0; (now = microseconds()) < end;) {
            auto const count =
                epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
            for (int i = 0; i < count; ++i) {
                auto& socket = *static_cast<Socket*>(events[static_cast<size_t>(i)].data.ptr);
                if (receive(socket)) {
                    if (now >= begin) latencies_.push_back(microseconds() - socket.sent_at);
                    ask(socket);
                }
            }
        }
        std::printf(R"({"round_trips": %zu, "seconds": %d, "p50_us": %lld, "p99_us": %lld})"
                    "\n",
                    latencies_.size(), seconds, static_cast<long long>(percentile(latencies_, 50)),
                    static_cast<long long>(percentile(latencies_, 99)));
    }

private:
    void ask(Socket& socket) {
        socket.sent_at = microseconds();
        send_all(socket.descriptor, frame_);
    }

    /// True when the whole answer has come.
    static bool receive(Socket& socket) {
        std::array<char, answer_size> answer;
        auto const count =
            recv(socket.descriptor, answer.data(), answer_size - socket.received, MSG_DONTWAIT);
        if (count <= 0) give_up("receive an echo");
        socket.received += static_cast<size_t>(count);
        if (socket.received < answer_size) return false;
        socket.received = 0;
        return true;
    }

    std::string const frame_;
    std::vector<Socket> sockets_;
    std::vector<int64_t> latencies_;
};

}  // namespace

}  // namespace carrel::bench

int main(int count, char** arguments) {
    using namespace carrel::bench;
    if (count != 5) {
        std::fputs("usage: bench_ws_load PORT PATH CONNECTIONS SECONDS|idle\n", stderr);
        return 2;
    }
    Load load(number(arguments[1]), arguments[2], number(arguments[3]));
    if (std::string_view(arguments[4]) != "idle") {
        load.run(number(arguments[4]));
        return 0;
    }
    load.echo_once();
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
}
