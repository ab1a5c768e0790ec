// What a client of HTTP/2 may have at once: bytes on their way, and what becomes of those;
// and that those who share a connection take turns.

#include "base/temporary_folder.hpp"
#include "http/edge_token.hpp"
#include "proxy/data_plane/socket.hpp"
#include "proxy/http2/client.hpp"
#include "proxy/http2/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

namespace carrel::proxy {
namespace {

using testing::StartsWith;

Options with_http2() {
    auto options = TestProxy::options();
    options.cleartext_http2 = true;
    return options;
}

/// A target that can be found, and never accepts anybody.
class Deaf {
public:
    Deaf() {
        auto const address = *unix_address(path_);
        EXPECT_EQ(bind(listener_.descriptor(), address.get(), address.length), 0);
        EXPECT_EQ(listen(listener_.descriptor(), 0), 0);
        first_.emplace(Peer::connect(path_));
    }
    [[nodiscard]] std::string url() const {
        std::string encoded;
        for (char const c : path_) encoded += c == '/' ? "%2F" : std::string(1, c);
        return "http+unix://" + encoded;
    }

private:
    TemporaryFolder folder_;
    std::string path_ = (folder_.path() / "listener.sock").string();
    Socket listener_ = Socket(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    std::optional<Peer> first_;  ///< fills the queue
};

TEST(Http2Limits, UploadsOfAConnectionShareItsWindow) {
    ManualTime const time;
    auto options = with_http2();
    options.time = &time;
    Deaf const target;
    TestProxy proxy(options);
    proxy.add_route("/up", target.url());
    Http2Client client(proxy.connect());
    std::string const body(2UL * Http2Session::stream_window, 'x');
    std::vector<int32_t> streams;
    for (int i = 0; i < 16; ++i) streams.push_back(client.ask("POST", "/up", {}, body));
    // Answers of other streams show that what was sent before has been dealt with.
    for (int i = 0; i < 20; ++i) client.wait(client.ask("GET", "/_chp_healthz"));
    size_t sent = 0;
    for (auto const stream : streams) sent += body.size() - client.unsent(stream);
    EXPECT_EQ(sent, size_t{Http2Session::connection_window});
}

/// What was on its way for streams that have ended counts for nobody any more: without that, a few
/// uploads that nobody wanted would stop all that come after them.
TEST(Http2Limits, AnUploadThatIsNotReadGivesItsWindowBack) {
    ManualTime const time;
    auto options = with_http2();
    options.time = &time;
    Deaf const target;
    ScriptedUpstream upstream(echo());
    ScriptedUpstream hasty([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        peer.read_to_end();
    });
    TestProxy proxy(options);
    proxy.add_route("/deaf", target.url());
    proxy.add_route("/hasty", hasty.url());
    proxy.add_route("/echo", upstream.url());
    Http2Client client(proxy.connect());
    std::string const body(size_t{Http2Session::stream_window}, 'x');
    auto const rounds = 2 * Http2Session::connection_window / Http2Session::stream_window;
    for (int i = 0; i < rounds; ++i) {
        auto const given_up = client.ask("POST", "/deaf", {}, body);
        client.run_until([&] { return client.unsent(given_up) == 0; });
        client.reset(given_up);
        EXPECT_EQ(client.wait(client.ask("POST", "/nowhere", {}, body)).status, "404");
        EXPECT_EQ(client.wait(client.ask("POST", "/hasty", {}, body)).status, "413");
    }
    auto const wanted = client.ask("POST", "/echo", {}, body + body);
    EXPECT_GT(client.wait(wanted).body.size(), 2 * body.size());
}

TEST(Http2Limits, AnUploadWhoseRightEndsGivesItsWindowBack) {
    ManualTime const time;
    auto options = with_http2();
    options.time = &time;
    Deaf const target;
    ScriptedUpstream upstream(echo());
    TestProxy proxy(options);
    proxy.add_route("/u", target.url(), R"(,"auth":{"login":"/enter"})");
    proxy.add_route("/echo", upstream.url());
    auto const cookie = [&](std::string const& session) {
        auto const now = Time(Milliseconds(time.wall()));
        return "carrel_edge=" + http::sign_edge_token({.route = "/u",
                                                       .user = "ada",
                                                       .session = session,
                                                       .issued = now,
                                                       .expires = now + Seconds(60)},
                                                      options.edge_key);
    };
    Http2Client client(proxy.connect());
    std::string const body(size_t{Http2Session::stream_window}, 'x');
    auto const rounds = 2 * Http2Session::connection_window / Http2Session::stream_window;
    for (int i = 0; i < rounds; ++i) {
        auto const session = "s" + std::to_string(i);
        auto const upload = client.ask("POST", "/u", {{"cookie", cookie(session)}}, body);
        client.run_until([&] { return client.unsent(upload) == 0; });
        // This answer comes after the proxy has read all of that.
        EXPECT_EQ(client.wait(client.ask("GET", "/_chp_healthz")).status, "200");
        EXPECT_THAT(proxy.api("POST", "/api/revocations",
                              R"({"session":")" + session + R"(","until":4000000000})"),
                    StartsWith("HTTP/1.1 201"));
        EXPECT_TRUE(client.wait(upload).closed);
    }
    auto const wanted = client.ask("POST", "/echo", {}, body + body);
    EXPECT_GT(client.wait(wanted).body.size(), 2 * body.size());
}

TEST(Http2Limits, AnswersTakeTurns) {
    constexpr size_t size = 60000;
    ScriptedUpstream upstream(always_answer(std::string(size, 'x')));
    TestProxy proxy(with_http2());
    proxy.add_route("/", upstream.url());
    Http2Client client(proxy.connect());
    auto const open_windows = [&](uint32_t to) {
        nghttp2_settings_entry const windows{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, to};
        nghttp2_submit_settings(client.session(), NGHTTP2_FLAG_NONE, &windows, 1);
        client.flush();
    };
    open_windows(0);
    auto const first = client.ask("GET", "/a");
    auto const second = client.ask("GET", "/b");
    client.wait_for_head(first);
    client.wait_for_head(second);
    // Both bodies have come as far as the proxy.
    for (int i = 0; i < 20; ++i) ASSERT_THAT(proxy.get("/a"), StartsWith("HTTP/1.1 200"));
    open_windows(1U << 20U);
    client.run_until([&] { return !client.answer(second).body.empty(); });
    EXPECT_LT(client.answer(first).body.size(), size);
    EXPECT_EQ(client.wait(first).body.size(), size);
    EXPECT_EQ(client.wait(second).body.size(), size);
}

}  // namespace
}  // namespace carrel::proxy
