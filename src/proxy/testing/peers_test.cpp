#include "proxy/testing/peers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace carrel::proxy {

namespace {

void prepare(int descriptor) {
    int const on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    timeval const limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int connect_to(Address const& address) {
    int const descriptor = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(descriptor, address.get(), address.length), 0) << std::strerror(errno);
    return descriptor;
}

}  // namespace

Peer::Peer(int descriptor) : descriptor_(descriptor) { prepare(descriptor); }
Peer Peer::connect(unsigned short port) {
    return Peer(connect_to(resolve("127.0.0.1", std::to_string(port))->front()));
}
Peer Peer::connect(std::string const& socket_path) {
    return Peer(connect_to(*unix_address(socket_path)));
}
Peer::~Peer() { close(); }
Peer::Peer(Peer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), pending_(std::move(other.pending_)) {}

void Peer::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        auto const count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(count));
    }
}

size_t Peer::send_some(std::string_view bytes) const {
    auto const count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return count > 0 ? static_cast<size_t>(count) : 0;
}

bool Peer::fill() {
    std::array<char, 65536> piece;
    auto const count = recv(descriptor_, piece.data(), piece.size(), 0);
    EXPECT_FALSE(count < 0 && errno == EAGAIN) << "nothing came for ten seconds";
    if (count > 0) pending_.append(piece.data(), static_cast<size_t>(count));
    return count > 0;
}

std::string Peer::read_until(std::string_view end) {
    size_t from = 0;
    for (;;) {
        auto const found = pending_.find(end, from);
        if (found != std::string::npos) return read_exactly(found + end.size());
        from = pending_.size() < end.size() ? 0 : pending_.size() - end.size();
        if (!fill()) return std::exchange(pending_, {});
    }
}

std::string Peer::read_exactly(size_t size) {
    while (pending_.size() < size && fill()) {
    }
    auto result = pending_.substr(0, size);
    pending_.erase(0, size);
    return result;
}

std::string Peer::read_some() {
    if (pending_.empty()) fill();
    return std::exchange(pending_, {});
}

std::string Peer::read_to_end() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
}

std::string Peer::read_message() {
    auto message = read_head();
    auto const value_of = [&](std::string_view name) {
        auto const at = message.find(fmt::format("\r\n{}: ", name));
        if (at == std::string::npos) return std::string();
        auto const start = at + name.size() + 4;
        return message.substr(start, message.find("\r\n", start) - start);
    };
    if (auto const length = value_of("Content-Length"); !length.empty())
        message += read_exactly(std::stoul(length));
    else if (value_of("Transfer-Encoding") == "chunked")
        message += read_until("0\r\n\r\n");
    return message;
}

bool Peer::is_closed() { return pending_.empty() && !fill(); }
bool Peer::has_closed() const {
    char byte = 0;
    auto const count = recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN);
}
void Peer::half_close() const { shutdown(descriptor_, SHUT_WR); }
void Peer::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}
void Peer::reset() {
    linger const now{.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
}

ScriptedUpstream::ScriptedUpstream(Script script, std::string const& socket_path)
    : script_(std::move(script)), socket_path_(socket_path) {
    auto const address =
        socket_path.empty() ? resolve("127.0.0.1", "0")->front() : *unix_address(socket_path);
    listener_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(listener_, address.get(), address.length), 0);
    EXPECT_EQ(::listen(listener_, 128), 0);
    sockaddr_in bound = {};
    socklen_t length = sizeof(bound);
    if (socket_path.empty()) getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length);
    port_ = ntohs(bound.sin_port);
    acceptor_ = std::thread([this] {
        for (;;) {
            int const descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor < 0) return;
            ++connections_;
            threads_.emplace_back([this, descriptor] {
                Peer peer(descriptor);
                script_(peer);
            });
        }
    });
}

ScriptedUpstream::~ScriptedUpstream() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : threads_) thread.join();
}

std::string ScriptedUpstream::url() const {
    if (socket_path_.empty()) return fmt::format("http://127.0.0.1:{}", port_);
    std::string encoded;
    for (char const c : socket_path_) encoded += c == '/' ? "%2F" : std::string(1, c);
    return "http+unix://" + encoded;
}

ScriptedUpstream::Script always_answer(std::string body) {
    return [body = std::move(body)](Peer& peer) {
        while (!peer.read_message().empty())
            peer.send(
                fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
    };
}

ScriptedUpstream::Script echo() {
    return [](Peer& peer) {
        for (;;) {
            auto const message = peer.read_message();
            if (message.empty()) return;
            peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", message.size(),
                                  message));
        }
    };
}

Options TestProxy::options() {
    Options options;
    options.ip = "127.0.0.1";
    options.port = 0;
    options.api_port = 0;
    options.api_token = "secret";
    options.edge_key = std::string(32, 'k');
    options.log_level = log::Level::Error;
    return options;
}

TestProxy::TestProxy(Options options) {
    if (options.ip.empty()) options = TestProxy::options();
    auto proxy = Proxy::create(std::move(options));
    if (!proxy) throw std::runtime_error(proxy.error().message);
    proxy_ = *std::move(proxy);
    proxy_->start();
}
TestProxy::~TestProxy() = default;

std::string TestProxy::ask(std::string const& request) const {
    auto client = connect();
    client.send(request);
    return client.read_message();
}

std::string TestProxy::get(std::string const& target, std::string const& fields) const {
    return ask(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", target, fields));
}

std::string TestProxy::api(std::string const& method, std::string const& path,
                           std::string const& body, std::string const& token) const {
    auto client = Peer::connect(proxy_->api_port());
    client.send(
        fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nAuthorization: token {}\r\n"
                    "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                    method, path, token, body.size(), body));
    return client.read_to_end();
}

void TestProxy::add_route(std::string const& path, std::string const& target,
                          std::string const& more) const {
    auto const answer =
        api("POST", "/api/routes" + path, fmt::format(R"({{"target":"{}"{}}})", target, more));
    ASSERT_TRUE(answer.starts_with("HTTP/1.1 201")) << answer;
}

}  // namespace carrel::proxy
