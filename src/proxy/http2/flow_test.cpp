/// Backpressure over HTTP/2, and what a client can make the proxy do or keep.

#include "proxy/http2/client.hpp"
#include "proxy/http2/guard.hpp"
#include "proxy/http2/session.hpp"
#include "proxy/message/head.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::StartsWith;

Options with_http2() {
    auto options = TestProxy::options();
    options.cleartext_http2 = true;
    return options;
}

TEST(Http2Flow, AStreamIsReadFromOnlyAsItsUpstreamReads) {
    std::promise<void> go;
    std::promise<void> asked;
    constexpr size_t size = 64UL << 20U;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        asked.set_value();
        go.get_future().wait();
        EXPECT_EQ(peer.read_exactly(size).size(), size);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/up", upstream.url());
    Http2Client client(proxy.connect());
    auto const stream = client.open({{":method", "POST"},
                                     {":scheme", "http"},
                                     {":authority", "a"},
                                     {":path", "/up"},
                                     {"content-length", std::to_string(size)}});
    client.send(stream, std::string(size, 'x'), true);
    client.flush();
    asked.get_future().wait();
    // Answers of other streams show that what was sent before has been dealt with.
    for (int i = 0; i < 100; ++i) client.wait(client.ask("GET", "/_chp_healthz"));
    // What is on its way is in the sockets' buffers; most of the body has not been sent.
    EXPECT_GT(client.unsent(stream), size / 2);
    go.set_value();
    EXPECT_EQ(client.wait(stream).body, "ok");
}

TEST(Http2Flow, AnAnswerThatIsNotTakenStopsItsUpstreamAndNoOtherStream) {
    std::promise<size_t> taken;
    constexpr size_t size = 64UL << 20U;
    TestProxy proxy(with_http2());
    ScriptedUpstream upstream([&](Peer& peer) {
        if (peer.read_head().starts_with("GET /small")) {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            return;
        }
        peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size));
        std::string const piece(65536, 'x');
        size_t total = 0;
        for (int refused = 0; refused < 200 && total < size;) {
            auto const sent = peer.send_some(std::string_view(piece).substr(0, size - total));
            total += sent;
            refused = sent == 0 ? refused + 1 : 0;
            // The proxy has its turn, however slow the machine is.
            if (sent == 0) EXPECT_THAT(proxy.get("/_chp_healthz"), StartsWith("HTTP/1.1 200"));
        }
        taken.set_value(total);
        while (total < size) {
            auto const rest = std::string_view(piece).substr(0, size - total);
            peer.send(rest);
            total += rest.size();
        }
    });
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect(), Http2Client::Windows::Shut);
    auto const big = client.ask("GET", "/big");
    client.run_until([&] { return client.answer(big).body.size() >= 65535; });
    EXPECT_LT(taken.get_future().get(), size / 2);
    // The connection's window is used up, too; the client opens that alone.
    nghttp2_session_consume_connection(client.session(), 65535);
    EXPECT_EQ(client.wait(client.ask("GET", "/small")).body, "ok");
    EXPECT_EQ(client.answer(big).body.size(), 65535U);
}

struct Flood {
    char const* name;
    std::string (*frames)(uint32_t round);
};

/// The frames of two streams for each round: none of them does anything useful.
std::vector<Flood> floods() {
    return {
        {"ping", [](uint32_t) { return http2_frame(NGHTTP2_PING, 0, 0, "12345678"); }},
        {"settings", [](uint32_t) { return http2_frame(NGHTTP2_SETTINGS, 0, 0); }},
        {"priority",
         [](uint32_t) {
             return http2_frame(NGHTTP2_PRIORITY, 0, 1, std::string("\0\0\0\0\1", 5));
         }},
        {"window update",
         [](uint32_t) {
             return http2_frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4));
         }},
        {"unknown", [](uint32_t) { return http2_frame(0xbb, 0, 0, "x"); }},
        {"empty data", [](uint32_t) { return http2_frame(NGHTTP2_DATA, 0, 1); }},
        {"padded empty data",
         [](uint32_t) {
             return http2_frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, std::string("\3xyz", 4));
         }},
        {"rapid reset",
         [](uint32_t round) {
             return http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                                2 * round + 3, http2_get()) +
                    http2_frame(NGHTTP2_RST_STREAM, 0, 2 * round + 3, std::string("\0\0\0\x8", 4));
         }},
        {"resets by us",
         [](uint32_t round) {
             return http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 2 * round + 3,
                                http2_get()) +
                    http2_frame(NGHTTP2_WINDOW_UPDATE, 0, 2 * round + 3, "\x7f\xff\xff\xff");
         }},
        {"malformed requests",
         [](uint32_t round) {
             return http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                                2 * round + 3, http2_block({{"x", "y"}}));
         }},
        {"empty headers",
         [](uint32_t round) {
             return http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 2 * round + 3);
         }},
    };
}

/// Sends a flood on a connection that has an upload under way, and returns the error that ends it.
std::optional<uint32_t> flood(TestProxy const& proxy, Flood const& flood) {
    auto client = proxy.connect();
    std::string all = http2_preface() + http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
                                                    http2_block({{":method", "POST"},
                                                                 {":scheme", "http"},
                                                                 {":authority", "a"},
                                                                 {":path", "/hold"}}));
    for (uint32_t round = 0; round < 1000; ++round) all += flood.frames(round);
    client.send(all);
    return find_goaway(client.read_to_end());
}

TEST(Http2Flood, EndsTheConnectionWithinAThousandFrames) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.read_to_end();
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/hold", upstream.url());
    for (auto const& each : floods())
        EXPECT_EQ(flood(proxy, each), NGHTTP2_ENHANCE_YOUR_CALM) << each.name;
}

TEST(Http2Flood, EndsAHeaderBlockInTooManyPieces) {
    TestProxy proxy(with_http2());
    auto client = proxy.connect();
    std::string all = http2_preface() + http2_frame(NGHTTP2_HEADERS, 0, 1, http2_get());
    for (int i = 0; i < 1000; ++i) all += http2_frame(NGHTTP2_CONTINUATION, 0, 1);
    client.send(all);
    EXPECT_TRUE(find_goaway(client.read_to_end()));
}

TEST(Http2Flood, LeavesABusyClientAlone) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    // Each DATA frame that comes allows for the window updates that answer it.
    std::string const body(200000, 'x');
    for (int i = 0; i < 100; ++i)
        EXPECT_GT(client.wait(client.ask("POST", "/", {}, body)).body.size(), body.size());
    // Someone who gives up on a page now and then.
    for (int i = 0; i < 100; ++i) client.reset(client.ask("GET", "/"));
    EXPECT_EQ(client.wait(client.ask("GET", "/")).status, "200");
    EXPECT_FALSE(client.goaway());
}

TEST(Http2Flood, MoreStreamsThanAllowedAreRefusedAndMayBeTriedAgain) {
    std::promise<void> go;
    auto const gone = go.get_future().share();
    ScriptedUpstream upstream([gone](Peer& peer) {
        peer.read_head();
        gone.wait();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    std::string all = http2_preface();
    for (uint32_t i = 0; i <= Http2Session::most_streams; ++i)
        all += http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                           2 * i + 1, http2_get());
    client.send(all);
    auto const refusal = http2_frame(NGHTTP2_RST_STREAM, 0, 2 * Http2Session::most_streams + 1,
                                     std::string("\0\0\0\7", 4));
    EXPECT_THAT(client.read_until(refusal), EndsWith(refusal));
    go.set_value();
}

TEST(Http2Guard, ForgivesABurstAndThenARate) {
    Http2Guard guard(1000);
    for (int i = 0; i < Http2Guard::burst; ++i) EXPECT_TRUE(guard.spend(1000));
    EXPECT_FALSE(guard.spend(1999));
    for (int i = 0; i < Http2Guard::each_second; ++i) EXPECT_TRUE(guard.spend(2000));
    EXPECT_FALSE(guard.spend(2000));
    guard.earn(2);
    EXPECT_TRUE(guard.spend(2000) && guard.spend(2000));
    EXPECT_FALSE(guard.spend(2000));
    guard.earn(1 << 30);
    for (int i = 0; i < Http2Guard::burst; ++i) EXPECT_TRUE(guard.spend(2000));
    EXPECT_FALSE(guard.spend(2000));
}

}  // namespace
}  // namespace carrel::proxy
