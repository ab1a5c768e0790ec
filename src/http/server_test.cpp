#include "http/server.hpp"

#include "http/test_server.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace carrel::http {

namespace {

/// Answers with what it was asked.
asio::awaitable<Response> echo(Request& request) {
    co_return Response::json({{"method", request.method},
                              {"path", request.path},
                              {"target", request.target},
                              {"body", request.body},
                              {"id", request.id}});
}

TEST(Server, AnswersOverAUnixSocket) {
    TestServer server(echo);
    auto const response = server.fetch({.method = "POST", .url = "/a%2Fb?c=d", .body = "hello"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200U);
    auto const json = nlohmann::json::parse(response->body);
    EXPECT_EQ(json["method"], "POST");
    EXPECT_EQ(json["path"], "/a%2Fb");
    EXPECT_EQ(json["target"], "/a%2Fb?c=d");
    EXPECT_EQ(json["body"], "hello");
}

TEST(Server, AnswersOverTcpOnAFreePort) {
    TestServer server(TcpAddress{}, echo);
    EXPECT_NE(server.server->port(), 0);
    auto const response = server.get("/x");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200U);
}

TEST(Server, KeepsTheConnectionForFurtherRequests) {
    TestServer server(echo);
    auto const connection = server.connect();
    for (int i = 0; i < 3; ++i) {
        connection.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(connection.read_until("/again\"}").starts_with("HTTP/1.1 200"));
    }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    TestServer server(echo);
    auto const connection = server.connect();
    connection.send(
        "GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    auto const all = connection.read_all();
    EXPECT_LT(all.find("/one"), all.find("/two"));
    EXPECT_NE(all.find("/two"), std::string::npos);
}

TEST(Server, SendsABodyOfMoreThanASocketTakesAtOnce) {
    std::string megabytes;
    for (int i = 0; i < 500'000; ++i) megabytes += fmt::format("{} ", i);
    TestServer server(
        [&](Request&) -> asio::awaitable<Response> { co_return Response::text(megabytes); });
    for (int i = 0; i < 3; ++i) {
        auto const response = server.get("/");
        ASSERT_TRUE(response);
        EXPECT_TRUE(response->body == megabytes);
    }
}

TEST(Server, AddsTheDefaultSecurityHeaders) {
    TestServer server(echo);
    auto const response = server.get("/");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->headers.get("x-content-type-options"), "nosniff");
    EXPECT_EQ(response->headers.get("referrer-policy"), "same-origin");
    EXPECT_EQ(response->headers.get("cache-control"), "no-store");
}

}  // namespace

}  // namespace carrel::http
