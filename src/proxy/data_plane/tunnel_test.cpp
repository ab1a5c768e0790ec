#include "http/edge_token.hpp"
#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: x\r\n\r\n";

std::string upgrade(std::string const& target, std::string const& fields = {}) {
    return fmt::format(
        "GET {} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n{}\r\n",
        target, fields);
}

/// Accepts every upgrade and sends back what it gets.
ScriptedUpstream::Script echo_tunnel() {
    return [](Peer& peer) {
        EXPECT_THAT(peer.read_head(), HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
        peer.send(switching);
        for (;;) {
            auto const byte = peer.read_exactly(1);
            if (byte.empty()) return;
            peer.send(byte);
        }
    };
}

TEST(Tunnel, CarriesBytesBothWaysAfterA101) {
    ScriptedUpstream upstream(echo_tunnel());
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(upgrade("/ws") + "early");
    auto const head = client.read_head();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_THAT(head, HasSubstr("Connection: Upgrade\r\n"));
    EXPECT_THAT(head, HasSubstr("Upgrade: websocket\r\n"));
    EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: x\r\n"));
    EXPECT_EQ(client.read_exactly(5), "early");
    for (int i = 0; i < 100; ++i) {
        client.send("ping");
        EXPECT_EQ(client.read_exactly(4), "ping");
    }
    client.half_close();
    EXPECT_TRUE(client.is_closed());
}

TEST(Tunnel, NothingReachesTheUpstreamBeforeIts101) {
    std::promise<void> sent;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        sent.get_future().wait();
        peer.half_close();
        EXPECT_EQ(peer.read_to_end(), "");
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(upgrade("/ws") + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    sent.set_value();
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 503"));
}

TEST(Tunnel, ARefusedUpgradeIsAnOrdinaryAnswerAndWhatFollowsANewRequest) {
    ScriptedUpstream upstream([](Peer& peer) {
        EXPECT_THAT(peer.read_head(), StartsWith("GET /ws "));
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope");
        EXPECT_THAT(peer.read_head(), StartsWith("GET /next HTTP/1.1\r\nHost: a\r\nX-Forwarded"));
        peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        peer.read_head();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(upgrade("/ws") + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_message(), EndsWith("nope"));
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 403"));
}

TEST(Tunnel, A101ForAnotherProtocolIsRefused) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
        EXPECT_EQ(peer.read_to_end(), "");
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(upgrade("/ws") + "data");
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 503"));
}

TEST(Tunnel, EndsWhenEitherSideEnds) {
    std::promise<void> upstream_done;
    ScriptedUpstream upstream([&](Peer& peer) {
        auto const head = peer.read_head();
        peer.send(switching);
        if (head.starts_with("GET /bye")) {
            peer.send("bye");
            return;
        }
        EXPECT_TRUE(peer.is_closed());
        upstream_done.set_value();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    {
        auto client = proxy.connect();
        client.send(upgrade("/bye"));
        client.read_head();
        EXPECT_EQ(client.read_to_end(), "bye");
    }
    auto client = proxy.connect();
    client.send(upgrade("/reset"));
    client.read_head();
    client.reset();
    EXPECT_EQ(upstream_done.get_future().wait_for(std::chrono::seconds(10)),
              std::future_status::ready);
}

TEST(Tunnel, StopsReadingFromWhoSendsMoreThanTheOtherTakes) {
    std::promise<void> finish;
    auto const finished = finish.get_future().share();
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send(switching);
        finished.wait();  // reads nothing
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(upgrade("/ws"));
    client.read_head();
    std::string const piece(65536, 'x');
    size_t total = 0;
    int refused = 0;
    while (refused < 100 && total < (256UL << 20U)) {
        auto const sent = client.send_some(piece);
        total += sent;
        refused = sent == 0 ? refused + 1 : 0;
        // The proxy has its turn, however slow the machine is.
        if (sent == 0) EXPECT_THAT(proxy.get("/_chp_healthz"), StartsWith("HTTP/1.1 200"));
    }
    // Socket buffers are all there is between the two.
    EXPECT_LT(total, 64UL << 20U);
    finish.set_value();
}

class GuardedTunnel : public testing::Test {
protected:
    GuardedTunnel() {
        proxy_.add_route("/c/bio/user/ada", upstream_.url(),
                         R"(,"auth":{"login":"/c/bio/hub/enter"},"secret":"s3cret")");
    }
    static std::string cookie(std::string const& session) {
        auto const now = SystemClock().now();
        auto const token = http::sign_edge_token({.route = "/c/bio/user/ada",
                                                  .user = "ada",
                                                  .session = session,
                                                  .issued = now,
                                                  .expires = now + Seconds(60)},
                                                 std::string(32, 'k'));
        return "Cookie: _xsrf=1; carrel_edge=" + token + "\r\n";
    }
    static std::string revocation(std::string const& session) {
        return fmt::format(R"({{"session":"{}","until":4000000000}})", session);
    }

    ScriptedUpstream upstream_{[](Peer& peer) {
        auto const head = peer.read_head();
        if (head.find("Upgrade: websocket") != std::string::npos) {
            peer.send(switching);
            peer.read_to_end();
            return;
        }
        peer.send(
            fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nSet-Cookie: a=b\r\n"
                        "Set-Cookie: Carrel_Session=evil\r\nSet-Cookie: "
                        "__Host-carrel_edge=evil\r\nClear-Site-Data: *\r\n\r\n{}",
                        head.size(), head));
    }};
    TestProxy proxy_;
};

TEST_F(GuardedTunnel, AdmitsOnlyWhoHasAToken) {
    auto const answer = proxy_.get("/c/bio/user/ada/lab", cookie("s1"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("Authorization: token s3cret\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Carrel-User: ada\r\n"));
    EXPECT_THAT(answer, HasSubstr("Cookie: _xsrf=1\r\n"));
    EXPECT_THAT(answer, HasSubstr("Set-Cookie: a=b\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("evil")));
    EXPECT_THAT(answer, Not(HasSubstr("Clear-Site-Data")));
    EXPECT_THAT(answer, Not(HasSubstr("carrel_edge")));
    auto const page = proxy_.get("/c/bio/user/ada/lab?a=b&c", "Accept: text/html\r\n");
    EXPECT_THAT(page, StartsWith("HTTP/1.1 302"));
    EXPECT_THAT(
        page,
        HasSubstr("Location: /c/bio/hub/enter?next=%2Fc%2Fbio%2Fuser%2Fada%2Flab%3Fa%3Db%26c\r\n"));
    auto const call = proxy_.get("/c/bio/user/ada/api");
    EXPECT_THAT(call, StartsWith("HTTP/1.1 403"));
    EXPECT_THAT(call, HasSubstr("application/problem+json"));
    EXPECT_THAT(proxy_.ask(upgrade("/c/bio/user/ada/ws")), StartsWith("HTTP/1.1 403"));
    EXPECT_THAT(proxy_.get("/c/bio/user/ada/%2e%2e/bob/", cookie("s1")),
                StartsWith("HTTP/1.1 400"));
}

TEST_F(GuardedTunnel, ClosesOpenTunnelsOfARevokedSession) {
    auto client = proxy_.connect();
    client.send(upgrade("/c/bio/user/ada/ws", cookie("s1")));
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 101"));
    auto other = proxy_.connect();
    other.send(upgrade("/c/bio/user/ada/ws", cookie("s2")));
    EXPECT_THAT(other.read_head(), StartsWith("HTTP/1.1 101"));
    EXPECT_THAT(proxy_.api("POST", "/api/revocations", revocation("s1")),
                StartsWith("HTTP/1.1 201"));
    EXPECT_TRUE(client.is_closed());
    EXPECT_THAT(proxy_.get("/c/bio/user/ada/", cookie("s1")), StartsWith("HTTP/1.1 403"));
    EXPECT_THAT(proxy_.get("/c/bio/user/ada/", cookie("s2")), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(proxy_.api("GET", "/api/revocations"), HasSubstr(R"("session":"s1")"));
}

TEST_F(GuardedTunnel, ReplacingTheRouteKeepsTheTunnelAndItsActivity) {
    auto client = proxy_.connect();
    client.send(upgrade("/c/bio/user/ada/ws", cookie("s1")));
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 101"));
    proxy_.add_route("/c/bio/user/ada", upstream_.url());
    EXPECT_THAT(proxy_.api("DELETE", "/api/routes/c/bio/user/ada"), StartsWith("HTTP/1.1 204"));
    client.send("x");
    client.half_close();
    EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace carrel::proxy
