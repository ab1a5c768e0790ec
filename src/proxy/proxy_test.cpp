#include "proxy/proxy.hpp"

#include "base/temporary_folder.hpp"
#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string request(std::string const& target, std::string const& fields = {}) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", target, fields);
}

TEST(Proxy, ForwardsARequestAndItsAnswer) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy;
    proxy.add_route("/a", upstream.url());
    auto const answer = proxy.get("/a/b?c", "X-Y: z\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("GET /a/b?c HTTP/1.1\r\nHost: a\r\nX-Y: z\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Port: 80\r\n"
                                  "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Request-Id: "));
    EXPECT_THAT(proxy.get("/other"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(proxy.get("/_chp_healthz"), EndsWith(R"({"status":"OK"})"));
}

TEST(Proxy, KnowsWhenARouteWasLastUsedToChangeSomething) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy;
    proxy.add_route("/a", upstream.url(), R"(,"idle_changes":["/layout"])");
    auto client = proxy.connect();
    // Use is noted after the answer; the answer to a second request comes after that.
    auto const use = [&](std::string const& method, std::string const& path = "/a") {
        for (auto const& each : {method, std::string("HEAD")}) {
            client.send(each + " " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
            EXPECT_THAT(each == "HEAD" ? client.read_head() : client.read_message(),
                        StartsWith("HTTP/1.1 200"));
        }
    };
    for (auto const* method : {"GET", "HEAD", "OPTIONS"}) use(method);
    // What an untouched page changes by itself is no change either.
    for (auto const* path : {"/a/layout", "/a/layout/default?1", "/a/l%61yout/default"})
        use("PUT", path);
    EXPECT_THAT(proxy.api("GET", "/api/routes/a"), Not(HasSubstr("last_change")));
    use("PUT", "/a/file");
    EXPECT_THAT(proxy.api("GET", "/api/routes/a"), HasSubstr("\"last_change\":\"20"));
}

TEST(Proxy, AppendsToForwardedFieldsAndStripsWhatIsForOneHopOrOurs) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy;
    proxy.add_route("/a", upstream.url());
    auto const answer =
        proxy.get("/a",
                  "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: b\r\nX_Forwarded_For: 6.6.6.6\r\n"
                  "X-Carrel-User: root\r\nx_carrel_user: root\r\nConnection: keep-alive, "
                  "X-Hop\r\nX-Hop: 1\r\n"
                  "Proxy-Authorization: Basic eA==\r\n"
                  "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
                  "Proxy-Connection: x\r\nX-Request-Id: mine\r\nCookie: a=b; carrel_session=s\r\n");
    EXPECT_THAT(answer, HasSubstr("X-Forwarded-For: 1.2.3.4,127.0.0.1\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Forwarded-Host: b\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Request-Id: mine\r\n"));
    EXPECT_THAT(answer, HasSubstr("Cookie: a=b\r\n"));
    for (auto const* gone : {"root", "6.6.6.6", "X-Hop", "Proxy-Auth", "Keep-Alive",
                             "TE:", "Upgrade", "HTTP2", "Proxy-Connection", "carrel_session"})
        EXPECT_THAT(answer, Not(HasSubstr(gone)));
}

TEST(Proxy, KeepsBothConnectionsAndAnswersPipelinedRequestsInOrder) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    std::string all;
    for (int i = 0; i < 50; ++i) all += request(fmt::format("/{}", i));
    client.send(all);
    for (int i = 0; i < 50; ++i)
        EXPECT_THAT(client.read_message(), HasSubstr(fmt::format("GET /{} HTTP", i)));
    EXPECT_EQ(upstream.connections(), 1);
    client.send(request("/last", "Connection: close\r\n"));
    EXPECT_THAT(client.read_message(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(client.is_closed());
}

TEST(Proxy, ServesHttp10WithItsOwnRules) {
    ScriptedUpstream upstream([](Peer& peer) {
        while (!peer.read_message().empty())
            peer.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    auto const answer = client.read_to_end();
    EXPECT_THAT(answer, EndsWith("\r\n\r\nabcde"));
    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
}

TEST(Proxy, ReframesChunkedBodiesBothWays) {
    ScriptedUpstream upstream([](Peer& peer) {
        auto const head = peer.read_head();
        EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
        EXPECT_THAT(head, Not(HasSubstr("Trailer")));
        EXPECT_EQ(peer.read_until("0\r\n\r\n"), "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
        peer.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
            "0004;ext=1\r\nabcd\r\n");
        peer.send("1\r\ne\r\n00\r\nX: y\r\n\r\n");
        EXPECT_THAT(peer.read_head(), StartsWith("GET /next "));
        peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
        "5;x\r\nhello\r\n06\r\n world\r\n0\r\nX: y\r\n\r\n" +
        request("/next"));
    EXPECT_THAT(client.read_head(), HasSubstr("Transfer-Encoding: chunked\r\n"));
    std::string body;
    while (!body.ends_with("0\r\n\r\n")) {
        auto const size = std::stoul(client.read_until("\r\n"), nullptr, 16);
        auto const piece = client.read_exactly(size + 2);
        body += size == 0 ? "0\r\n\r\n" : piece.substr(0, size);
    }
    EXPECT_EQ(body, "abcde0\r\n\r\n");
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 204"));
}

TEST(Proxy, GivesABodyThatEndsWithTheConnectionAnEndOfItsOwn) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(request("/1") + request("/2"));
    for (int i = 0; i < 2; ++i)
        EXPECT_THAT(client.read_message(), EndsWith("d\r\nuntil the end\r\n0\r\n\r\n"));
}

TEST(Proxy, AnswersWithoutBodiesLeaveNothingBehind) {
    ScriptedUpstream upstream([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        peer.read_head();
        peer.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n");
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.read_head();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_head(), HasSubstr("Content-Length: 100\r\n"));
    client.send(request("/"));
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 304"));
    client.send(request("/"));
    EXPECT_THAT(client.read_message(), EndsWith("ok"));
    EXPECT_EQ(upstream.connections(), 1);
}

TEST(Proxy, PassesInterimAnswersOn) {
    ScriptedUpstream upstream([](Peer& peer) {
        EXPECT_THAT(peer.read_head(), HasSubstr("Expect: 100-continue\r\n"));
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
        EXPECT_EQ(peer.read_exactly(5), "hello");
        peer.send(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        peer.read_head();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    EXPECT_EQ(client.read_head(), "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 200"));
}

TEST(Proxy, ReachesUnixSocketsAndPrependsTheTargetsPath) {
    TemporaryFolder const folder;
    auto const path = (folder.path() / "listener.sock").string();
    {
        ScriptedUpstream upstream(echo(), path);
        TestProxy proxy;
        proxy.add_route("/a", upstream.url() + "/base/");
        EXPECT_THAT(proxy.get("/a/b"), HasSubstr("GET /base/a/b HTTP/1.1\r\n"));
    }
}

TEST(Proxy, SaysThatAnUpstreamIsNotThere) {
    unsigned short port = 0;
    {
        ScriptedUpstream gone(echo());
        port = gone.port();
    }
    TestProxy proxy;
    proxy.add_route("/", fmt::format("http://127.0.0.1:{}", port));
    proxy.add_route("/a", fmt::format("http://127.0.0.1:{}", port));
    auto const root = proxy.get("/", "Accept: text/html\r\n");
    EXPECT_THAT(root, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(root, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_THAT(root, HasSubstr("http-equiv=\"refresh\""));
    auto const server = proxy.get("/a");
    EXPECT_THAT(server, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(server, HasSubstr("application/problem+json"));
    EXPECT_THAT(server, Not(HasSubstr("Retry-After")));
}

TEST(Proxy, RetriesOnceWhenAKeptConnectionTurnsOutToBeClosed) {
    std::atomic<int> served = 0;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        if (++served > 1) return;
        peer.read_head();  // the second request on this connection is never answered
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(request("/1"));
    EXPECT_THAT(client.read_message(), EndsWith("ok"));
    client.send(request("/2"));
    EXPECT_THAT(client.read_message(), EndsWith("ok"));
    EXPECT_EQ(upstream.connections(), 2);
}

TEST(Proxy, DoesNotRepeatWhatMayHaveHappened) {
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_message();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.read_message();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    auto const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    client.send(post);
    EXPECT_THAT(client.read_message(), EndsWith("ok"));
    client.send(post);
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 503"));
    EXPECT_EQ(upstream.connections(), 1);
}

TEST(Proxy, CutsTheClientOffWhenAnAnswerBreaksOff) {
    ScriptedUpstream upstream([](Peer& peer) {
        auto const head = peer.read_head();
        if (head.starts_with("GET /length"))
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        else if (head.starts_with("GET /chunked"))
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        else
            peer.send("HTTP/1.1 200 OK\r\nContent-Len");
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    for (auto const* target : {"/length", "/chunked"}) {
        auto client = proxy.connect();
        client.send(request(target));
        client.read_head();
        EXPECT_THAT(client.read_to_end(), Not(EndsWith("0\r\n\r\n")));
    }
    EXPECT_THAT(proxy.get("/head"), StartsWith("HTTP/1.1 503"));
}

TEST(Proxy, RefusesMalformedAnswers) {
    for (std::string const answer :
         {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
          "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nX\r\n\r\n"}) {
        ScriptedUpstream upstream([&](Peer& peer) {
            peer.read_head();
            peer.send(answer);
            peer.read_to_end();
        });
        TestProxy proxy;
        proxy.add_route("/", upstream.url());
        EXPECT_THAT(proxy.get("/"), StartsWith("HTTP/1.1 503")) << answer;
    }
}

TEST(Proxy, AbortsTheUpstreamWhenTheClientGoes) {
    std::promise<void> closed;
    std::promise<void> asked;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        asked.set_value();
        EXPECT_TRUE(peer.is_closed());
        closed.set_value();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(request("/"));
    asked.get_future().wait();
    client.close();
    EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Proxy, StillAnswersAClientThatHasOnlyFinishedSending) {
    ScriptedUpstream upstream(echo());
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send(request("/x"));
    client.half_close();
    EXPECT_THAT(client.read_message(), HasSubstr("GET /x"));
    EXPECT_TRUE(client.is_closed());
}

TEST(Proxy, StopsGracefully) {
    std::promise<void> go;
    std::promise<void> asked;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        asked.set_value();
        go.get_future().wait();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.read_to_end();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto idle = proxy.connect();
    idle.send(request("/_chp_healthz"));
    idle.read_message();
    auto busy = proxy.connect();
    busy.send(request("/"));
    asked.get_future().wait();
    std::thread stopper([&] { (*proxy).stop(); });
    EXPECT_TRUE(idle.is_closed());
    go.set_value();
    auto const answer = busy.read_message();
    EXPECT_THAT(answer, EndsWith("ok"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    stopper.join();
}

TEST(Proxy, ServesRoutesFromSeveralThreads) {
    ScriptedUpstream upstream(always_answer("ok"));
    auto options = TestProxy::options();
    options.threads = 4;
    TestProxy proxy(options);
    for (int i = 0; i < 20; ++i) {
        proxy.add_route(fmt::format("/{}", i), upstream.url());
        // The kernel chooses the worker; each must know the route by now.
        for (int j = 0; j < 8; ++j) EXPECT_THAT(proxy.get(fmt::format("/{}", i)), EndsWith("ok"));
    }
}

TEST(Proxy, RefusesAPortThatIsTaken) {
    TestProxy first;
    auto options = TestProxy::options();
    options.port = (*first).port();
    for (unsigned const threads : {1U, 2U}) {
        options.threads = threads;
        auto const second = Proxy::create(options);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, Code::Conflict);
    }
}

}  // namespace
}  // namespace carrel::proxy
