/// The server behind the measured proxies: as little work per request as a server can have, so that
/// the proxy is what is measured. One thread, epoll.
///
///   bench_upstream            prints its port, then serves until it is killed
///
/// A path that holds "/big" is answered with 100 MiB by sendfile(2), an upgrade with a WebSocket
/// echo, everything else with 2 KiB and the header fields of a notebook server.

#include "sockets.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <array>

namespace carrel::bench {

namespace {

constexpr size_t big = 100ULL << 20;
constexpr size_t small = 2048;

struct Peer {
    int descriptor;
    bool websocket = false;
    std::string in = {};
    std::string out = {};
    size_t file_left = 0;
    off_t file_at = 0;
};

std::string head_of(size_t length) {
    return "HTTP/1.1 200 OK\r\nServer: TornadoServer/6.4\r\nContent-Type: text/html; "
           "charset=UTF-8\r\n"
           "Date: Sat, 21 Nov 2026 12:00:00 GMT\r\nX-Content-Type-Options: nosniff\r\n"
           "Content-Security-Policy: frame-ancestors 'self'; report-uri "
           "/api/security/csp-report\r\n"
           "Etag: \"0123456789abcdef0123456789abcdef01234567\"\r\nVary: Accept-Encoding\r\n"
           "Content-Length: " +
           std::to_string(length) + "\r\n\r\n";
}

std::string accept_key(std::string_view request) {
    std::string_view const name = "Sec-WebSocket-Key: ";
    auto const found = std::search(
        request.begin(), request.end(), name.begin(), name.end(),
        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    if (found == request.end()) return {};
    auto key = std::string(found + static_cast<ptrdiff_t>(name.size()), request.end());
    key.resize(key.find('\r'));
    key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
    SHA1(reinterpret_cast<unsigned char const*>(key.data()), key.size(), digest.data());
    std::array<unsigned char, 32> text;
    auto const length =
        EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
    return {text.begin(), text.begin() + length};
}

class Upstream {
public:
    Upstream() : small_(head_of(small) + std::string(small, 'x')), big_head_(head_of(big)) {
        file_ = memfd_create("big", MFD_CLOEXEC);
        std::string const block(1 << 20, 'y');
        for (size_t written = 0; written < big; written += block.size())
            if (write(file_, block.data(), block.size()) != static_cast<ssize_t>(block.size()))
                give_up("make the big file");
    }

    void run() {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        auto address = loopback(0);
        socklen_t size = sizeof(address);
        if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            listen(listener_, 4096) != 0)
            give_up("listen");
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        std::printf("%d\n", ntohs(address.sin_port));
        std::fflush(stdout);
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        epoll_event event = {.events = EPOLLIN, .data = {.ptr = nullptr}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
        std::array<epoll_event, 256> events;
        for (;;) {
            auto const count =
                epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i) {
                if (auto* const peer = static_cast<Peer*>(events[static_cast<size_t>(i)].data.ptr))
                    serve(*peer);
                else
                    accept_all();
            }
        }
    }

private:
    void accept_all() {
        for (;;) {
            int const descriptor =
                accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor < 0) return;
            send_at_once(descriptor);
            auto* const peer = new Peer{.descriptor = descriptor};
            epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = peer}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
        }
    }

    void serve(Peer& peer) {
        for (;;) {
            if (!flush(peer)) return;
            auto const count = recv(peer.descriptor, room_.data(), room_.size(), 0);
            if (count < 0 && errno == EAGAIN) return;
            if (count <= 0) return close_peer(peer);
            peer.in.append(room_.data(), static_cast<size_t>(count));
            if (!peer.websocket) answer(peer);
            if (peer.websocket) echo(peer);
            if (!flush(peer) || static_cast<size_t>(count) < room_.size()) return;
        }
    }

    void answer(Peer& peer) {
        for (size_t end = 0; (end = peer.in.find("\r\n\r\n")) != std::string::npos;) {
            auto const head = std::string_view(peer.in).substr(0, end + 4);
            auto const path = head.substr(0, head.find('\r'));
            if (auto const key = accept_key(head); !key.empty()) {
                peer.out +=
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                    "Upgrade\r\n"
                    "Sec-WebSocket-Accept: " +
                    key + "\r\n\r\n";
                peer.websocket = true;
            } else if (path.find("/big") != std::string_view::npos) {
                peer.out += big_head_;
                peer.file_left = big;
                peer.file_at = 0;
            } else {
                peer.out += small_;
            }
            peer.in.erase(0, end + 4);
            if (peer.websocket) return;
        }
    }

    /// Frames of less than 64 KiB, masked as clients' frames are, go back unmasked.
    static void echo(Peer& peer) {
        size_t at = 0;
        for (auto const& in = peer.in; in.size() - at >= 2;) {
            auto const byte = [&](size_t i) { return static_cast<unsigned char>(in[at + i]); };
            size_t length = byte(1) & 127U;
            size_t header = 6;
            if (length == 126) {
                if (in.size() - at < 4) break;
                length = static_cast<size_t>(byte(2)) << 8 | byte(3);
                header = 8;
            }
            if (in.size() - at < header + length) break;
            peer.out += in[at];
            if (header == 6)
                peer.out += static_cast<char>(length);
            else
                peer.out.append({static_cast<char>(126), in[at + 2], in[at + 3]});
            auto const mask = in.substr(at + header - 4, 4);
            for (size_t i = 0; i < length; ++i)
                peer.out += static_cast<char>(in[at + header + i] ^ mask[i % 4]);
            at += header + length;
        }
        peer.in.erase(0, at);
    }

    /// False when the peer takes no more for now, or has gone.
    bool flush(Peer& peer) {
        while (!peer.out.empty()) {
            auto const sent = send(peer.descriptor, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EAGAIN) return false;
            if (sent <= 0) return close_peer(peer), false;
            peer.out.erase(0, static_cast<size_t>(sent));
        }
        while (peer.file_left > 0) {
            auto const sent = sendfile(peer.descriptor, file_, &peer.file_at, peer.file_left);
            if (sent < 0 && errno == EAGAIN) return false;
            if (sent <= 0) return close_peer(peer), false;
            peer.file_left -= static_cast<size_t>(sent);
        }
        return true;
    }

    /// An edge-triggered round may still hold a closed peer's event, but never two: it is handled
    /// at once.
    static void close_peer(Peer& peer) {
        close(peer.descriptor);
        delete &peer;
    }

    std::string const small_;
    std::string const big_head_;
    int file_ = -1;
    int listener_ = -1;
    int epoll_ = -1;
    std::vector<char> room_ = std::vector<char>(65536);
};

}  // namespace

}  // namespace carrel::bench

int main() { carrel::bench::Upstream().run(); }
