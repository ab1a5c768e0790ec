// Every deadline of the data plane, by a clock that is moved by hand.

#include "base/temporary_folder.hpp"
#include "proxy/data_plane/socket.hpp"
#include "proxy/testing/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <future>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::StartsWith;

class Timeouts : public testing::Test {
protected:
    static Options options(TimeSource const& time) {
        auto options = TestProxy::options();
        options.time = &time;
        return options;
    }
    /// Once this is answered, what was sent before on other connections has been seen.
    void settle() const { ASSERT_THAT(proxy.get("/_chp_healthz"), StartsWith("HTTP/1.1 200")); }
    /// Sends until the proxy takes nothing for a while, then lets two minutes pass until it closes.
    /// Sockets may take a little more at any time, by which the two minutes begin anew; but not
    /// for ever. Whether the proxy closed.
    bool send_until_cut_off(Peer& peer) {
        std::string const piece(1UL << 20U, 'x');
        for (int refused = 0; refused < 50;) {
            refused = peer.send_some(piece) == 0 ? refused + 1 : 0;
            settle();
        }
        for (int round = 0; round < 100 && !peer.has_closed(); ++round) {
            time.advance(Milliseconds(121000));
            settle();
            while (!peer.has_closed() && peer.send_some(piece) > 0) settle();
        }
        return peer.has_closed();
    }
    ManualTime time;
    TestProxy proxy{options(time)};
};

std::string const whole = "GET /_chp_healthz HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(Timeouts, GiveAHeadTenSecondsHoweverItTrickles) {
    auto slow = proxy.connect();
    auto quick = proxy.connect();
    slow.send(whole.substr(0, 5));
    quick.send(whole.substr(0, 5));
    settle();
    for (size_t i = 0; i < 9; ++i) {
        time.advance(Milliseconds(1050));
        slow.send(whole.substr(5 + i, 1));
        settle();
    }
    quick.send(whole.substr(5));
    EXPECT_THAT(quick.read_message(), StartsWith("HTTP/1.1 200"));
    time.advance(Milliseconds(700));
    EXPECT_THAT(slow.read_message(), StartsWith("HTTP/1.1 408"));
    slow.half_close();
    EXPECT_TRUE(slow.is_closed());
}

TEST_F(Timeouts, CountALaterHeadFromItsFirstByte) {
    auto client = proxy.connect();
    client.send(whole);
    client.read_message();
    time.advance(Milliseconds(4000));
    client.send(whole.substr(0, 5));
    settle();
    time.advance(Milliseconds(9000));
    settle();
    client.send(whole.substr(5));
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 200"));
}

TEST_F(Timeouts, CloseConnectionsThatAskNothing) {
    auto fresh = proxy.connect();
    auto kept = proxy.connect();
    kept.send(whole);
    kept.read_message();
    settle();
    time.advance(Milliseconds(5200));
    EXPECT_TRUE(kept.is_closed());
    time.advance(Milliseconds(55000));
    EXPECT_TRUE(fresh.is_closed());
}

TEST_F(Timeouts, GiveABodyAMinuteBetweenTwoPieces) {
    ScriptedUpstream upstream([](Peer& peer) { peer.read_to_end(); });
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12");
    settle();
    time.advance(Milliseconds(50000));
    client.send("34");
    settle();
    time.advance(Milliseconds(50000));
    client.send("56");
    settle();
    time.advance(Milliseconds(60200));
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 408"));
}

TEST_F(Timeouts, GiveUpConnectingAfterTenSeconds) {
    // Nobody accepts here, and the queue has room for one.
    TemporaryFolder const folder;
    auto const path = (folder.path() / "listener.sock").string();
    auto const address = *unix_address(path);
    Socket const full(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(full.descriptor(), address.get(), address.length), 0);
    ASSERT_EQ(listen(full.descriptor(), 0), 0);
    auto const first = Peer::connect(path);
    std::string encoded;
    for (char const c : path) encoded += c == '/' ? "%2F" : std::string(1, c);
    proxy.add_route("/", "http+unix://" + encoded);
    auto client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    settle();
    time.advance(Milliseconds(10100));
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 503"));
}

TEST_F(Timeouts, CutOffAReaderThatTakesNothingForTwoMinutes) {
    std::promise<bool> cut_off;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(1UL << 40U) + "\r\n\r\n");
        cut_off.set_value(send_until_cut_off(peer));
    });
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(cut_off.get_future().get());
}

TEST(SlowTargets, HaveTheTimeThatTheyAreGivenAndNoMore) {
    ManualTime time;
    auto options = TestProxy::options();
    options.time = &time;
    options.upstream_timeout = Seconds(30);
    std::promise<void> asked;
    ScriptedUpstream upstream([&](Peer& peer) {
        if (peer.read_head().starts_with("GET /half"))
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        else
            asked.set_value();
        peer.read_to_end();
    });
    TestProxy proxy(options);
    proxy.add_route("/", upstream.url());
    auto silent = proxy.connect();
    auto half = proxy.connect();
    silent.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
    asked.get_future().wait();
    half.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
    half.read_until("\r\n\r\nhalf");
    time.advance(Milliseconds(29000));
    EXPECT_THAT(proxy.get("/_chp_healthz"), StartsWith("HTTP/1.1 200"));
    EXPECT_FALSE(silent.has_closed() || half.has_closed());
    time.advance(Milliseconds(2000));
    EXPECT_THAT(silent.read_message(), StartsWith("HTTP/1.1 503"));
    // Half an answer must not pass for a whole one.
    EXPECT_TRUE(half.is_closed());
}

TEST_F(Timeouts, CloseIdleUpstreamConnectionsAfterFourSeconds) {
    std::promise<bool> closed;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        closed.set_value(peer.is_closed());
    });
    proxy.add_route("/", upstream.url());
    EXPECT_THAT(proxy.get("/"), EndsWith("ok"));
    settle();  // the connection is kept since
    time.advance(Milliseconds(4200));
    EXPECT_TRUE(closed.get_future().get());
}

}  // namespace
}  // namespace carrel::proxy
