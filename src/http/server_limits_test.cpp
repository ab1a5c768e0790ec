#include "base/temporary_folder.hpp"
#include "http/server.hpp"
#include "http/test_server.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fstream>
#include <latch>

namespace carrel::http {

namespace {

asio::awaitable<Response> length_of_body(Request& request) {
    co_return Response::text(std::to_string(request.body.size()));
}

std::string answer_to(TestServer& server, std::string_view bytes) {
    auto const connection = server.connect();
    connection.send(bytes);
    return connection.read_all();
}

TEST(Server, RefusesABodyThatIsTooLarge) {
    TestServer server(length_of_body, {.largest_body = 1000});
    auto const fits = server.fetch({.method = "POST", .url = "/", .body = std::string(1000, 'x')});
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits->body, "1000");
    auto const refused =
        server.fetch({.method = "POST", .url = "/", .body = std::string(500'000, 'x')});
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_EQ(refused->status, 413U);
    EXPECT_EQ(nlohmann::json::parse(refused->body)["status"], 413);
    auto const chunked =
        answer_to(server,
                  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "400\r\n" +
                      std::string(0x400, 'x') + "\r\n0\r\n\r\n");
    EXPECT_TRUE(chunked.starts_with("HTTP/1.1 413")) << chunked;
}

TEST(Server, GivesAUserOfAUnixSocketSoManyConnectionsAndNoMore) {
    TestServer server(length_of_body, {.connections_of_a_user = 3});
    constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    std::vector<std::unique_ptr<RawConnection>> held;
    for (int i = 0; i < 3; ++i) held.push_back(std::make_unique<RawConnection>(server.socket()));
    RawConnection const one_more(server.socket());
    one_more.send(question);
    EXPECT_EQ(one_more.read_all(), "");
    // A place is free again once the answer is there and the connection gone.
    held[0]->send(question);
    EXPECT_TRUE(held[0]->read_all().starts_with("HTTP/1.1 200"));
    std::string later;
    for (int tries = 0; later.empty() && tries < 1000; ++tries) later = answer_to(server, question);
    EXPECT_TRUE(later.starts_with("HTTP/1.1 200")) << later;
}

TEST(Server, TakesAChunkedBody) {
    TestServer server(length_of_body);
    auto const answer =
        answer_to(server,
                  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                  "Connection: close\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("\r\n\r\n5")) << answer;
}

TEST(Server, RefusesAHeadThatIsTooLarge) {
    TestServer server(length_of_body);
    auto const answer = answer_to(
        server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431")) << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
}

TEST(Server, RefusesMalformedHeads) {
    TestServer server(length_of_body);
    for (std::string const head : {
             "nonsense\r\n\r\n",
             "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
             "GET x HTTP/1.1\r\nHost: x\r\n\r\n",
             "GET / HTTP/1.1\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
             "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
             "0\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
         }) {
        auto const answer = answer_to(server, head);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << head << "->" << answer;
    }
    EXPECT_TRUE(server.get("/")) << "it still answers";
}

TEST(Server, SurvivesAConnectionThatEndsAnywhere) {
    TestServer server(length_of_body);
    std::string const whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    for (size_t length = 0; length < whole.size(); ++length)
        server.connect().send(whole.substr(0, length));
    EXPECT_TRUE(server.get("/"));
}

TEST(Server, TakesTheAbsoluteFormOfATarget) {
    TestServer server([](Request& request) -> asio::awaitable<Response> {
        co_return Response::text(request.path);
    });
    auto const answer =
        answer_to(server, "GET http://x/a/b?c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("\r\n\r\n/a/b")) << answer;
}

TEST(Server, AsksForABodyThatIsHeldBack) {
    TestServer server(length_of_body);
    auto const connection = server.connect();
    connection.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(connection.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("abc");
    EXPECT_TRUE(connection.read_until("\r\n\r\n3").starts_with("HTTP/1.1 200"));
}

TEST(Server, HeadHasTheLengthButNotTheBody) {
    TestServer server(
        [](Request&) -> asio::awaitable<Response> { co_return Response::text("hello"); });
    auto const answer =
        answer_to(server, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(Server, DropsAHeaderThatWouldSplitTheResponse) {
    TestServer server([](Request&) -> asio::awaitable<Response> {
        auto response = Response::redirect("/x\r\nSet-Cookie: forged=1");
        response.headers.add("Content-Length", "7");
        co_return response;
    });
    auto const response = server.get("/");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_FALSE(response->headers.find("location"));
    EXPECT_FALSE(response->headers.find("set-cookie"));
    EXPECT_EQ(response->headers.get("content-length"), "0");
}

TEST(Server, TurnsAnExceptionIntoAProblemWithTheRequestsId) {
    TestServer server([](Request&) -> asio::awaitable<Response> {
        throw std::runtime_error("secret cause");
        co_return Response();
    });
    auto const response = server.fetch({.url = "/", .headers = {{"X-Request-Id", "abcd-1234"}}});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500U);
    EXPECT_EQ(response->headers.get("x-request-id"), "abcd-1234");
    EXPECT_EQ(nlohmann::json::parse(response->body)["request"], "abcd-1234");
    EXPECT_EQ(response->body.find("secret cause"), std::string::npos);
    auto const odd = server.fetch({.url = "/", .headers = {{"X-Request-Id", "<script>  "}}});
    EXPECT_EQ(odd->headers.get("x-request-id").find('<'), std::string_view::npos);
}

TEST(Server, SendsThePagePolicyWithHtmlAlone) {
    TestServer server([](Request& request) -> asio::awaitable<Response> {
        co_return request.path == "/page" ? Response::html("<p>") : Response::text("x");
    });
    EXPECT_TRUE(server.get("/page")->headers.find("content-security-policy"));
    EXPECT_FALSE(server.get("/text")->headers.find("content-security-policy"));
}

/// A server whose one handler waits until the test lets it go on.
struct SlowServer {
    std::promise<void> entered;
    TestServer server{[this](Request&) -> asio::awaitable<Response> {
        go_on.emplace(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        entered.set_value();
        (void)co_await go_on->async_wait(asio::as_tuple(asio::use_awaitable));
        co_return Response::text("done");
    }};
    std::optional<asio::steady_timer> go_on;
};

TEST(Server, StopLetsAnAnswerUnderWayFinish) {
    SlowServer slow;
    auto& server = slow.server;
    auto const connection = server.connect();
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    slow.entered.get_future().wait();
    auto stopping = asio::co_spawn(server.io, server.server->stop(Seconds(20)), asio::use_future);
    asio::post(server.io, [&] { slow.go_on->cancel(); });
    auto const answer = connection.read_all();
    EXPECT_TRUE(answer.ends_with("done")) << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_TRUE(stopping.get());
    EXPECT_FALSE(std::filesystem::exists(server.socket()));
}

TEST(Server, StopStillAnswersWhoHadConnectedBefore) {
    SlowServer slow;
    auto& server = slow.server;
    auto const busy = server.connect();
    auto const late = server.connect();
    // Answered after `late` was accepted, for they are accepted in order.
    auto const last = server.connect();
    busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    slow.entered.get_future().wait();
    auto stopping = asio::co_spawn(server.io, server.server->stop(Seconds(20)), asio::use_future);
    ASSERT_TRUE(server.wait_for([]() -> Task<> { co_return Result<>(); }()));
    late.send("GET /none HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(late.read_all().starts_with("HTTP/1.1 400"));
    last.send("GET /none HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(last.read_all().starts_with("HTTP/1.1 400"));
    asio::post(server.io, [&] { slow.go_on->cancel(); });
    EXPECT_TRUE(busy.read_all().ends_with("done"));
    EXPECT_TRUE(stopping.get());
}

TEST(Server, WindingDownGivesEachKeptConnectionOneMoreAnswer) {
    TestServer server(
        [](Request&) -> asio::awaitable<Response> { co_return Response::text("ok"); });
    auto const kept = server.connect();
    std::string const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    kept.send(request);
    EXPECT_EQ(kept.read_until("ok").find("Connection: close"), std::string::npos);
    auto winding =
        asio::co_spawn(server.io, server.server->wind_down(Seconds(20)), asio::use_future);
    ASSERT_TRUE(server.wait_for([]() -> Task<> { co_return Result<>(); }()));
    auto const later = server.connect();  // is accepted as before
    later.send(request);
    EXPECT_NE(later.read_all().find("Connection: close"), std::string::npos);
    EXPECT_EQ(winding.wait_for(Seconds(0)), std::future_status::timeout);
    kept.send(request);
    EXPECT_NE(kept.read_all().find("Connection: close"), std::string::npos);
    EXPECT_TRUE(winding.get());
}

TEST(Server, StopCutsAHandlerThatTakesLongerThanTheGrace) {
    SlowServer slow;
    auto const connection = slow.server.connect();
    auto const idle = slow.server.connect();
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    slow.entered.get_future().wait();
    slow.server.stop(Milliseconds(1));
    EXPECT_EQ(connection.read_all(), "");
    EXPECT_EQ(idle.read_all(), "");
}

TEST(Server, ReplacesAStaleSocketButNotALiveOne) {
    TemporaryFolder folder;
    auto const path = folder.path() / "s.sock";
    asio::io_context io;
    auto const create = [&] {
        return Server::create(io.get_executor(), UnixSocket{path}, length_of_body);
    };
    {
        // What a killed process leaves: the file of a socket that nobody listens on.
        asio::local::stream_protocol::acceptor dead(io, path.string());
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    auto const first = create();
    ASSERT_TRUE(first) << first.error().message;
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    auto const second = create();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::Conflict);
    EXPECT_TRUE(std::filesystem::exists(path));
    std::ofstream(folder.path() / "file") << "precious";
    EXPECT_FALSE(
        Server::create(io.get_executor(), UnixSocket{folder.path() / "file"}, length_of_body));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "file"));
}

TEST(Server, SaysThatAPortIsTaken) {
    TestServer server(TcpAddress{}, length_of_body);
    asio::io_context io;
    auto const second = Server::create(io.get_executor(), TcpAddress{.port = server.server->port()},
                                       length_of_body);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::Conflict);
}

TEST(Server, ServesManyConnectionsAtOnce) {
    TestServer server(length_of_body);
    std::vector<std::unique_ptr<RawConnection>> connections;
    for (int i = 0; i < 100; ++i)
        connections.push_back(std::make_unique<RawConnection>(server.socket()));
    for (auto const& connection : connections)
        connection->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    for (auto const& connection : connections)
        EXPECT_TRUE(connection->read_until("\r\n\r\n0").starts_with("HTTP/1.1 200"));
}

}  // namespace

}  // namespace carrel::http
