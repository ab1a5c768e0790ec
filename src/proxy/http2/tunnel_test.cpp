#include "http/edge_token.hpp"
#include "proxy/http2/client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace carrel::proxy {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: v1\r\n\r\n";

Options with_http2() {
    auto options = TestProxy::options();
    options.cleartext_http2 = true;
    return options;
}

ScriptedUpstream::Script echo_tunnel() {
    return [](Peer& peer) {
        auto const head = peer.read_head();
        EXPECT_THAT(head, HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
        EXPECT_THAT(head, HasSubstr("sec-websocket-key: "));
        EXPECT_THAT(head, HasSubstr("sec-websocket-version: 13\r\n"));
        peer.send(switching);
        for (auto bytes = peer.read_some(); !bytes.empty(); bytes = peer.read_some())
            peer.send(bytes);
    };
}

TEST(Http2Tunnel, CarriesAWebSocketBothWays) {
    ScriptedUpstream upstream(echo_tunnel());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const stream = client.open_websocket("/ws");
    auto const& answer = client.wait_for_head(stream);
    EXPECT_EQ(answer.status, "200");
    EXPECT_EQ(answer.fields.at("sec-websocket-protocol"), "v1");
    for (auto const* gone : {"upgrade", "connection", "sec-websocket-accept"})
        EXPECT_THAT(answer.fields, Not(Contains(Key(gone))));
    std::string sent;
    for (int i = 0; i < 100; ++i) {
        auto const piece = fmt::format("ping {} ", i);
        client.send(stream, piece);
        client.wait_for_body(stream, piece);
        sent += piece;
    }
    EXPECT_EQ(answer.body, sent);
    client.send(stream, {}, true);
    EXPECT_TRUE(client.wait(stream).ended);
    EXPECT_EQ(answer.error, 0U);
}

TEST(Http2Tunnel, CarriesMuchBothWaysBesideOtherRequests) {
    ScriptedUpstream upstream(echo_tunnel());
    TestProxy proxy(with_http2());
    proxy.add_route("/ws", upstream.url());
    Http2Client client(proxy.connect());
    auto const stream = client.open_websocket("/ws");
    std::string sent;
    for (int i = 0; i < 500000; ++i) sent += fmt::format("{:x}", i);
    client.send(stream, sent, true);
    EXPECT_EQ(client.wait(client.ask("GET", "/_chp_healthz")).status, "200");
    EXPECT_EQ(client.wait(stream).body, sent);
}

TEST(Http2Tunnel, NothingReachesTheUpstreamBeforeIts101) {
    std::promise<void> sent;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        sent.get_future().wait();
        peer.half_close();
        EXPECT_EQ(peer.read_to_end(), "");
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const stream = client.open_websocket("/ws");
    client.send(stream, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    client.flush();
    sent.set_value();
    EXPECT_EQ(client.wait(stream).status, "503");
}

TEST(Http2Tunnel, ADeclinedUpgradeIsAnAnswerThatCannotBeTakenForATunnel) {
    ScriptedUpstream upstream([](Peer& peer) {
        auto const head = peer.read_head();
        bool const found = head.starts_with("GET /200");
        peer.send(fmt::format("HTTP/1.1 {}\r\nContent-Length: 4\r\n\r\nnope",
                              found ? "200 OK" : "403 Forbidden"));
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const& refused = client.wait(client.open_websocket("/403"));
    EXPECT_EQ(refused.status, "403");
    EXPECT_EQ(refused.body, "nope");
    EXPECT_EQ(client.wait(client.open_websocket("/200")).status, "503");
}

TEST(Http2Tunnel, EndsAsEitherSideEnds) {
    std::promise<void> cut;
    ScriptedUpstream upstream([&](Peer& peer) {
        auto const head = peer.read_head();
        peer.send(switching);
        if (head.starts_with("GET /bye")) {
            peer.send("bye");
            return;
        }
        if (head.starts_with("GET /crash")) {
            EXPECT_EQ(peer.read_exactly(2), "go");
            peer.reset();
            return;
        }
        EXPECT_TRUE(peer.is_closed());
        cut.set_value();
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const bye = client.open_websocket("/bye");
    client.run_until([&] { return client.answer(bye).ended; });
    EXPECT_EQ(client.answer(bye).body, "bye");
    client.send(bye, {}, true);
    EXPECT_EQ(client.wait(bye).error, NGHTTP2_NO_ERROR);
    auto const crash = client.open_websocket("/crash");
    client.send(crash, "go");
    client.wait(crash);
    auto const stream = client.open_websocket("/cut");
    client.wait_for_head(stream);
    client.reset(stream);
    cut.get_future().wait();
    EXPECT_FALSE(client.goaway());
}

TEST(Http2Tunnel, EdgeAuthorizationAndRevocationHoldForEachStream) {
    ScriptedUpstream upstream([](Peer& peer) {
        auto const head = peer.read_head();
        EXPECT_THAT(head, HasSubstr("X-Carrel-User: ada\r\n"));
        EXPECT_THAT(head, Not(HasSubstr("carrel_edge")));
        peer.send(switching);
        peer.read_to_end();
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/u", upstream.url(), R"(,"auth":{"login":"/enter"})");
    auto const cookie = [](std::string const& session) {
        auto const now = SystemClock().now();
        return "carrel_edge=" + http::sign_edge_token({.route = "/u",
                                                       .user = "ada",
                                                       .session = session,
                                                       .issued = now,
                                                       .expires = now + Seconds(60)},
                                                      std::string(32, 'k'));
    };
    Http2Client client(proxy.connect());
    EXPECT_EQ(client.wait(client.open_websocket("/u/ws")).status, "403");
    EXPECT_EQ(client.wait(client.ask("GET", "/u/", {{"accept", "text/html"}})).status, "302");
    auto const first =
        client.open_websocket("/u/ws", {{"x", "y"}, {"cookie", "a=b"}, {"cookie", cookie("s1")}});
    auto const second = client.open_websocket("/u/ws", {{"cookie", cookie("s2")}});
    EXPECT_EQ(client.wait_for_head(first).status, "200");
    EXPECT_EQ(client.wait_for_head(second).status, "200");
    EXPECT_THAT(proxy.api("POST", "/api/revocations", R"({"session":"s1","until":4000000000})"),
                StartsWith("HTTP/1.1 201"));
    client.run_until([&] { return client.answer(first).ended || client.answer(first).closed; });
    EXPECT_FALSE(client.answer(second).closed || client.answer(second).ended);
    EXPECT_EQ(client.wait(client.open_websocket("/u/ws", {{"cookie", cookie("s1")}})).status,
              "403");
}

}  // namespace
}  // namespace carrel::proxy
