// What a client of HTTP/2 may not do, or not for ever: order of frames, sizes, and every deadline
// by a clock that is moved by hand.

#include "proxy/http2/client.hpp"
#include "proxy/http2/session.hpp"
#include "proxy/message/head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace carrel::proxy {
namespace {

using testing::StartsWith;

class Http2Defence : public testing::Test {
protected:
    static Options options(TimeSource const& time) {
        auto options = TestProxy::options();
        options.cleartext_http2 = true;
        options.time = &time;
        return options;
    }
    /// Once this is answered, what was sent before on other connections has been seen.
    void settle() const {
        for (int i = 0; i < 3; ++i)
            ASSERT_THAT(proxy.get("/_chp_healthz"), StartsWith("HTTP/1.1 200"));
    }
    /// The error that ends a connection on which `frames` come.
    std::optional<uint32_t> error_after(std::string const& frames) const {
        auto client = proxy.connect();
        client.send(http2_preface() + frames);
        return find_goaway(client.read_to_end());
    }

    ManualTime time;
    TestProxy proxy{options(time)};
};

constexpr uint8_t whole = NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM;

std::string post() {
    return http2_block(
        {{":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hold"}});
}

TEST_F(Http2Defence, AStreamThatTheClientHasEndedTakesNoMore) {
    auto const request = http2_frame(NGHTTP2_HEADERS, whole, 1, http2_get());
    auto const data = http2_frame(NGHTTP2_DATA, 0, 1, "x");
    EXPECT_EQ(error_after(request + data), NGHTTP2_STREAM_CLOSED);
    EXPECT_EQ(error_after(request + request), NGHTTP2_STREAM_CLOSED);
    auto const reset = http2_frame(NGHTTP2_RST_STREAM, 0, 1, std::string("\0\0\0\x8", 4));
    EXPECT_EQ(error_after(request + reset + request), NGHTTP2_STREAM_CLOSED);
    EXPECT_EQ(error_after(request + reset + data), NGHTTP2_STREAM_CLOSED);
}

TEST_F(Http2Defence, StreamsAreOpenedInOrder) {
    EXPECT_EQ(error_after(http2_frame(NGHTTP2_HEADERS, whole, 5, http2_get()) +
                          http2_frame(NGHTTP2_HEADERS, whole, 3, http2_get())),
              NGHTTP2_PROTOCOL_ERROR);
    EXPECT_EQ(error_after(http2_frame(NGHTTP2_HEADERS, whole, 2, http2_get())),
              NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(Http2Defence, NothingDependsOnItself) {
    EXPECT_EQ(error_after(http2_frame(NGHTTP2_PRIORITY, 0, 1, std::string("\0\0\0\1\1", 5))),
              NGHTTP2_PROTOCOL_ERROR);
    EXPECT_EQ(error_after(http2_frame(NGHTTP2_PRIORITY, 0, 0, std::string("\0\0\0\1\1", 5))),
              NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(Http2Defence, SettingsAreFew) {
    std::string settings;
    for (int i = 0; i < 100; ++i) settings.append("\0\x4\0\1\0\0", 6);
    EXPECT_TRUE(error_after(http2_frame(NGHTTP2_SETTINGS, 0, 0, settings)));
}

TEST_F(Http2Defence, AHeaderBlockIsNotWaitedForLongerThanAMinute) {
    auto client = proxy.connect();
    client.send(http2_preface() + http2_frame(NGHTTP2_HEADERS, 0, 1, http2_get()));
    settle();
    time.advance(Milliseconds(61000));
    EXPECT_EQ(find_goaway(client.read_to_end()), NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2Defence, ATrailerIsNotWaitedForEither) {
    ScriptedUpstream upstream([](Peer& peer) { peer.read_to_end(); });
    proxy.add_route("/hold", upstream.url());
    auto client = proxy.connect();
    client.send(http2_preface() +
                http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, post()) +
                http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1));
    settle();
    time.advance(Milliseconds(61000));
    EXPECT_EQ(find_goaway(client.read_to_end()), NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(Http2Defence, WhoNeverAsksIsSentAway) {
    auto client = proxy.connect();
    client.send(http2_preface());
    settle();
    time.advance(Milliseconds(61000));
    EXPECT_EQ(find_goaway(client.read_to_end()), NGHTTP2_NO_ERROR);
}

TEST_F(Http2Defence, WhoTakesNothingForTwoMinutesIsCutOff) {
    std::promise<bool> cut_off;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(1UL << 40U) + "\r\n\r\n");
        std::string const piece(1UL << 20U, 'x');
        for (int refused = 0; refused < 50;) {
            refused = peer.send_some(piece) == 0 ? refused + 1 : 0;
            settle();
        }
        // Sockets may take a little more at any time, by which the two minutes begin anew.
        for (int round = 0; round < 100 && !peer.has_closed(); ++round) {
            time.advance(Milliseconds(121000));
            settle();
            while (!peer.has_closed() && peer.send_some(piece) > 0) settle();
        }
        cut_off.set_value(peer.has_closed());
    });
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    // The windows are wide open, but nobody reads from the socket.
    std::string const open("\x7f\0\0\0", 4);
    client.send(http2_preface() + http2_frame(NGHTTP2_WINDOW_UPDATE, 0, 0, open) +
                http2_frame(NGHTTP2_HEADERS, whole, 1, http2_get()) +
                http2_frame(NGHTTP2_WINDOW_UPDATE, 0, 1, open));
    EXPECT_TRUE(cut_off.get_future().get());
    // Not the stream alone: the connection has ended.
    client.read_to_end();
}

TEST_F(Http2Defence, AWindowThatStaysShutEndsItsStreamAlone) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    });
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    nghttp2_settings_entry const shut{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
    nghttp2_submit_settings(client.session(), NGHTTP2_FLAG_NONE, &shut, 1);
    auto const stalled = client.ask("GET", "/a");
    client.wait_for_head(stalled);
    // The upstream's part is over; what it has said is kept for the client, and looked at now and
    // then.
    for (int i = 0; i < 4; ++i) {
        settle();
        time.advance(Milliseconds(31000));
        settle();
    }
    EXPECT_EQ(client.wait(stalled).error, Http2Session::cancel);
    EXPECT_FALSE(client.answer(stalled).ended);
    nghttp2_settings_entry const open{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535};
    nghttp2_submit_settings(client.session(), NGHTTP2_FLAG_NONE, &open, 1);
    EXPECT_EQ(client.wait(client.ask("GET", "/b")).body, "hello");
    EXPECT_FALSE(client.goaway());
}

TEST_F(Http2Defence, AClientsTableForCompressionIsUsedOnlyInPart) {
    ScriptedUpstream upstream([](Peer& peer) {
        std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
        for (int i = 0; i < 40; ++i)
            head += "X-" + std::to_string(i) + ": " + std::string(200, 'a') + "\r\n";
        peer.read_head();
        peer.send(head + "\r\n");
    });
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    nghttp2_settings_entry const large{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 1U << 20U};
    nghttp2_submit_settings(client.session(), NGHTTP2_FLAG_NONE, &large, 1);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(client.wait(client.ask("GET", "/")).status, "200");
    EXPECT_LE(nghttp2_session_get_hd_inflate_dynamic_table_size(client.session()), 4096U);
}

}  // namespace
}  // namespace carrel::proxy
