#pragma once

/// For tests: proxies of which one takes over from the other.

#include "base/temporary_folder.hpp"
#include "proxy/handover/taker.hpp"
#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>

namespace carrel::proxy {

inline constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: x\r\n\r\n";

inline std::string upgrade(std::string const& target, std::string const& fields = {}) {
    return fmt::format(
        "GET {} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n{}\r\n",
        target, fields);
}

inline std::string get(std::string const& target) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target);
}

/// Accepts every upgrade and sends back what it gets.
inline ScriptedUpstream::Script echo_tunnel() {
    return [](Peer& peer) {
        peer.read_head();
        peer.send(switching);
        for (;;) {
            auto const byte = peer.read_exactly(1);
            if (byte.empty()) return;
            peer.send(byte);
        }
    };
}

/// A proxy that can be taken over, and tells when it has been.
class Generation {
public:
    Generation(std::filesystem::path const& folder, bool take_over, unsigned threads = 1,
               ServerTls tls = {}) {
        auto options = TestProxy::options();
        options.tls = std::move(tls);
        options.handover_socket = folder / "handover";
        options.take_over = take_over;
        options.threads = threads;
        auto created = Proxy::create(std::move(options));
        if (!created) throw std::runtime_error(created.error().message);
        proxy_ = *std::move(created);
    }
    void take_over() {
        auto const taken = proxy_->take_over();
        if (!taken) throw std::runtime_error(taken.error().message);
    }
    Generation& start() {
        proxy_->on_departure([this] {
            std::scoped_lock const lock(mutex_);
            changed_.notify_all();
        });
        proxy_->start();
        auto const waiting = proxy_->await_successors();
        EXPECT_TRUE(waiting) << waiting.error().message;
        return *this;
    }
    bool wait_for(Proxy::Departure departure) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, Seconds(10),
                                 [&] { return proxy_->departure() >= departure; });
    }
    unsigned short port() const { return proxy_->port(); }
    Peer connect() const { return Peer::connect(port()); }
    std::string api(std::string const& method, std::string const& path,
                    std::string const& body = {}) const {
        auto client = Peer::connect(proxy_->api_port());
        client.send(
            fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nAuthorization: token secret\r\n"
                        "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                        method, path, body.size(), body));
        return client.read_to_end();
    }
    void add_route(std::string const& path, std::string const& target,
                   std::string const& more = {}) const {
        EXPECT_THAT(
            api("POST", "/api/routes" + path, fmt::format(R"({{"target":"{}"{}}})", target, more)),
            testing::StartsWith("HTTP/1.1 201"));
    }
    Proxy& operator*() { return *proxy_; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<Proxy> proxy_;
};

class Handover : public testing::Test {
protected:
    Handover() {
        old_ = std::make_unique<Generation>(folder_, false);
        old_->start();
    }
    /// The new one serves afterwards.
    void hand_over() {
        new_ = std::make_unique<Generation>(folder_, true);
        new_->take_over();
        new_->start();
        ASSERT_TRUE(old_->wait_for(Proxy::Departure::HandedOver));
    }

    TemporaryFolder temporary_;
    std::filesystem::path folder_ = temporary_.path();
    std::unique_ptr<Generation> old_;
    std::unique_ptr<Generation> new_;
};

}  // namespace carrel::proxy
