#include "proxy/http2/client.hpp"
#include "proxy/message/head.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace carrel::proxy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::StartsWith;

Options with_http2() {
    auto options = TestProxy::options();
    options.cleartext_http2 = true;
    return options;
}

TEST(Http2, ForwardsARequestAndItsAnswer) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const& answer = client.wait(
        client.ask("GET", "/a/b?c", {{"x-y", "z"}, {"cookie", "a=b"}, {"cookie", "c=d"}}));
    EXPECT_EQ(answer.status, "200");
    EXPECT_TRUE(answer.ended);
    EXPECT_EQ(answer.error, 0U);
    EXPECT_THAT(answer.body, StartsWith("GET /a/b?c HTTP/1.1\r\nHost: a\r\nx-y: z\r\n"));
    EXPECT_THAT(answer.body, HasSubstr("X-Forwarded-For: 127.0.0.1\r\n"));
    EXPECT_THAT(answer.body, HasSubstr("cookie: a=b; c=d\r\n"));
    EXPECT_THAT(answer.body, Not(HasSubstr("onnection:")));
    EXPECT_EQ(answer.fields.at("content-length"), std::to_string(answer.body.size()));
    EXPECT_THAT(answer.fields, Not(Contains(Key("connection"))));
}

TEST(Http2, AnswersManyStreamsOfOneConnectionAndReusesTheUpstreams) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    for (int round = 0; round < 10; ++round) {
        std::vector<int32_t> streams;
        for (int i = 0; i < 100; ++i)
            streams.push_back(client.ask("GET", fmt::format("/{}/{}", round, i)));
        for (int i = 0; i < 100; ++i)
            EXPECT_THAT(client.wait(streams[static_cast<size_t>(i)]).body,
                        StartsWith(fmt::format("GET /{}/{} HTTP", round, i)));
    }
    EXPECT_LE(upstream.connections(), 100);
    EXPECT_FALSE(client.goaway());
}

TEST(Http2, CarriesBodiesOfKnownAndUnknownLength) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    std::string body;
    for (int i = 0; i < 300000; ++i) body += fmt::format("{:x}", i);
    auto const known =
        client.ask("POST", "/", {{"content-length", std::to_string(body.size())}}, body);
    EXPECT_THAT(client.wait(known).body, EndsWith("\r\n\r\n" + body));
    auto const small = client.ask("PUT", "/", {}, "few bytes");
    EXPECT_THAT(client.wait(small).body, EndsWith("\r\n\r\n9\r\nfew bytes\r\n0\r\n\r\n"));
    auto const none = client.ask("POST", "/", {{"content-length", "0"}}, "");
    EXPECT_THAT(client.wait(none).body, HasSubstr("Content-Length: 0\r\n"));
}

TEST(Http2, PassesOnAnswersInPiecesAndWithoutABody) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n");
        peer.send("Transfer-Encoding: chunked\r\nX-Upper: Case\r\n\r\n");
        for (int i = 0; i < 1000; ++i) peer.send("3\r\nabc\r\n");
        peer.send("0\r\n\r\n");
        peer.read_head();
        peer.send("HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n");
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
        peer.read_head();
        peer.send("HTTP/1.0 200 OK\r\n\r\nuntil I close");
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const& chunked = client.wait(client.ask("GET", "/"));
    EXPECT_THAT(chunked.interim, ElementsAre("103"));
    EXPECT_EQ(chunked.status, "200");
    EXPECT_EQ(chunked.fields.at("x-upper"), "Case");
    EXPECT_THAT(chunked.fields, Not(Contains(Key("transfer-encoding"))));
    EXPECT_EQ(chunked.body.size(), 3000U);
    EXPECT_EQ(client.wait(client.ask("GET", "/")).status, "304");
    auto const& head = client.wait(client.ask("HEAD", "/"));
    EXPECT_EQ(head.fields.at("content-length"), "77");
    EXPECT_TRUE(head.ended && head.body.empty());
    EXPECT_EQ(client.wait(client.ask("GET", "/")).body, "until I close");
}

TEST(Http2, ResetsTheStreamOfAnAnswerThatBreaksOff) {
    std::promise<void> seen;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst half");
        seen.get_future().wait();
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const stream = client.ask("GET", "/");
    client.wait_for_body(stream, "first half");
    seen.set_value();
    auto const& answer = client.wait(stream);
    EXPECT_EQ(answer.status, "200");
    EXPECT_FALSE(answer.ended);
    EXPECT_EQ(answer.error, NGHTTP2_INTERNAL_ERROR);
    EXPECT_FALSE(client.goaway());
}

TEST(Http2, MalformedRequestsReachNobody) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    std::vector<Http2Client::Fields> const malformed = {
        {{":method", "GET"},
         {":scheme", "http"},
         {":authority", "a"},
         {":path", "/ HTTP/1.1\r\nx: y"}},
        {{":method", "GET"},
         {":scheme", "http"},
         {":authority", "a"},
         {":path", "/"},
         {"x", "a\r\nb: c"}},
        {{":method", "GET"},
         {":scheme", "http"},
         {":authority", "a"},
         {":path", "/"},
         {"host", "b"}},
        {{":method", "GET"},
         {":scheme", "http"},
         {":authority", "a"},
         {":path", "/"},
         {"connection", "x"}},
        {{":method", "GET"},
         {":scheme", "http"},
         {":authority", "a"},
         {":path", "/"},
         {"transfer-encoding", "chunked"}},
        {{":method", "GET"},
         {":scheme", "http"},
         {":authority", "a"},
         {":path", "/"},
         {"Upper", "x"}},
        {{":method", "GET"}, {":scheme", "gopher"}, {":authority", "a"}, {":path", "/"}},
        {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}},
    };
    auto client = proxy.connect();
    client.send(http2_preface());
    uint32_t stream = 1;
    for (auto const& fields : malformed) {
        client.send(http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                                stream, http2_block(fields)));
        auto const reset = http2_frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\1", 4));
        EXPECT_THAT(client.read_until(reset), EndsWith(reset)) << stream;
        stream += 2;
    }
    EXPECT_EQ(upstream.connections(), 0);
    // The one parser has its say, too.
    Http2Client other(proxy.connect());
    for (auto const* authority : {"a b", "user@a", "a/b", "[::1"})
        EXPECT_EQ(other.wait(other.open({{":method", "GET"},
                                         {":scheme", "http"},
                                         {":authority", authority},
                                         {":path", "/"}}))
                          .status.substr(0, 1) == "2",
                  false)
            << authority;
    EXPECT_EQ(other.wait(other.open({{":method", "CONNECT"}, {":authority", "b:443"}})).status,
              "405");
    EXPECT_EQ(upstream.connections(), 0);
}

TEST(Http2, ABodyThatIsNotAsLongAsItSaysNeverLooksComplete) {
    std::promise<void> begun;
    std::promise<std::string> received;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        begun.set_value();
        received.set_value(peer.read_to_end());
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(http2_preface() +
                http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
                            http2_block({{":method", "POST"},
                                         {":scheme", "http"},
                                         {":authority", "a"},
                                         {":path", "/"},
                                         {"content-length", "10"}})) +
                http2_frame(NGHTTP2_DATA, 0, 1, "12345"));
    begun.get_future().wait();
    client.send(http2_frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "67"));
    auto const reset = http2_frame(NGHTTP2_RST_STREAM, 0, 1, std::string("\0\0\0\1", 4));
    EXPECT_THAT(client.read_until(reset), EndsWith(reset));
    EXPECT_LT(received.get_future().get().size(), 10U);
}

TEST(Http2, AHeadThatIsTooLargeIsAnsweredAndTheConnectionKept) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    Http2Client::Fields fields;
    for (int i = 0; i < 101; ++i) fields.emplace_back(fmt::format("x-{}", i), "y");
    EXPECT_EQ(client.wait(client.ask("GET", "/", fields)).status, "431");
    EXPECT_EQ(client.wait(client.ask("GET", "/" + std::string(17000, 'x'))).status, "414");
    EXPECT_EQ(client.wait(client.ask("GET", "/")).status, "200");
    EXPECT_EQ(upstream.connections(), 1);
}

TEST(Http2, AHeaderListBeyondItsLimitIsAnsweredUnlessItIsFarBeyond) {
    TestProxy proxy(with_http2());
    auto const block = http2_get() + http2_block({{"x", std::string(largest_head, 'y')}});
    auto const headers = [&](uint32_t stream) {
        auto frames =
            http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, stream, block.substr(0, 16384));
        for (size_t at = 16384; at < block.size(); at += 16384)
            frames += http2_frame(NGHTTP2_CONTINUATION,
                                  at + 16384 < block.size() ? 0 : NGHTTP2_FLAG_END_HEADERS, stream,
                                  block.substr(at, 16384));
        return frames;
    };
    auto first = proxy.connect();
    first.send(http2_preface() + headers(1));
    EXPECT_THAT(first.read_until("larger than 64 KiB"), HasSubstr("larger than 64 KiB"));
    auto client = proxy.connect();
    client.send(http2_preface());
    // A field of 4,000 bytes that the client has us remember, then 100 times its index.
    auto const remembered = http2_get() + "\x40\x01x\x7f\xa1\x1e" + std::string(4000, 'y');
    client.send(http2_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                            remembered + std::string(100, '\xbe')));
    EXPECT_EQ(find_goaway(client.read_to_end()), NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST(Http2, AResetStreamAbortsItsUpstreamAlone) {
    std::promise<void> asked;
    std::promise<void> gone;
    ScriptedUpstream upstream([&](Peer& peer) {
        auto const head = peer.read_head();
        if (head.starts_with("GET /slow")) {
            asked.set_value();
            EXPECT_TRUE(peer.is_closed());
            gone.set_value();
            return;
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const slow = client.ask("GET", "/slow");
    client.flush();
    asked.get_future().wait();
    client.reset(slow);
    gone.get_future().wait();
    EXPECT_EQ(client.wait(client.ask("GET", "/")).body, "ok");
}

TEST(Http2, ARefusalBeforeTheBodyIsSentStopsTheClient) {
    TestProxy proxy(with_http2());
    Http2Client client(proxy.connect());
    auto const stream = client.open({{":method", "POST"},
                                     {":scheme", "http"},
                                     {":authority", "a"},
                                     {":path", "/nowhere"},
                                     {"content-length", "1000000"}});
    auto const& answer = client.wait(stream);
    EXPECT_EQ(answer.status, "404");
    EXPECT_TRUE(answer.ended);
    EXPECT_EQ(answer.error, NGHTTP2_NO_ERROR);
}

TEST(Http2, EndsGracefullyWhenTheProxyStops) {
    std::promise<void> asked;
    std::promise<void> finish;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        asked.set_value();
        finish.get_future().wait();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    });
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const stream = client.ask("GET", "/");
    client.flush();
    asked.get_future().wait();
    std::thread stopper([&] { (*proxy).stop(); });
    client.run_until([&] { return client.goaway().has_value(); });
    EXPECT_EQ(client.goaway(), NGHTTP2_NO_ERROR);
    finish.set_value();
    auto const& answer = client.wait(stream);
    EXPECT_EQ(answer.body, "done");
    EXPECT_TRUE(answer.ended);
    EXPECT_TRUE(client.wait_for_end());
    stopper.join();
}

TEST(Http2Listening, IsOffWithoutTlsUnlessAskedFor) {
    TestProxy proxy;
    auto client = proxy.connect();
    client.send(http2_preface());
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 505"));
}

TEST(Http2Listening, OneConnectionSpeaksOneVersion) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    EXPECT_THAT(proxy.get("/"), StartsWith("HTTP/1.1 200"));
    auto client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + http2_preface());
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 505"));
    auto other = proxy.connect();
    auto const preface = http2_preface();
    other.send(preface.substr(0, 20));
    other.send(preface.substr(20));
    EXPECT_EQ(other.read_exactly(9)[3], NGHTTP2_SETTINGS);
    auto third = proxy.connect();
    third.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    EXPECT_THAT(third.read_message(), StartsWith("HTTP/1.1 505"));
}

TEST(Http2Listening, AnIdleConnectionIsEnded) {
    auto options = with_http2();
    options.keep_alive_timeout = Milliseconds(50);
    TestProxy proxy(options);
    Http2Client client(proxy.connect());
    EXPECT_EQ(client.wait(client.ask("GET", "/_chp_healthz")).status, "200");
    EXPECT_TRUE(client.wait_for_end());
    EXPECT_EQ(client.goaway(), NGHTTP2_NO_ERROR);
}

}  // namespace
}  // namespace carrel::proxy
