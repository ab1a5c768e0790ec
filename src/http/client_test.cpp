#include "http/client.hpp"

#include "http/test_server.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace carrel::http {

namespace {

Deadline soon() { return Deadline::after(Seconds(20)); }

asio::awaitable<Response> echo(Request& request) {
    nlohmann::json headers;
    for (auto const& [name, value] : request.headers) headers[name] = value;
    auto response = Response::json(
        {{"method", request.method}, {"body", request.body}, {"headers", headers}}, 418);
    response.headers.add("X-Twice", "1");
    response.headers.add("X-Twice", "2");
    if (request.path == "/redirect") response = Response::redirect("/elsewhere");
    if (request.path == "/large") response = Response::text(std::string(100'000, 'x'));
    co_return response;
}

TEST(Client, SendsMethodHeadersAndBodyAndTakesAnyStatus) {
    TestServer server(echo);
    auto const response = server.fetch({.method = "PATCH",
                                        .url = "/",
                                        .headers = {{"Authorization", "token x"}, {"Empty", ""}},
                                        .body = std::string("a\0b", 3)});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 418U);
    EXPECT_EQ(response->headers.get("x-twice"), "1");
    auto const json = nlohmann::json::parse(response->body);
    EXPECT_EQ(json["method"], "PATCH");
    EXPECT_EQ(json["body"], std::string("a\0b", 3));
    EXPECT_EQ(json["headers"]["Authorization"], "token x");
    EXPECT_EQ(json["headers"]["Empty"], "");
}

TEST(Client, SendsADeleteWithoutABody) {
    TestServer server(echo);
    auto const response = server.fetch({.method = "DELETE", .url = "/"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(nlohmann::json::parse(response->body)["method"], "DELETE");
}

TEST(Client, DoesNotFollowRedirects) {
    TestServer server(echo);
    auto const response = server.get("/redirect");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 302U);
    EXPECT_EQ(response->headers.get("location"), "/elsewhere");
}

TEST(Client, RefusesAnAnswerLargerThanAsked) {
    TestServer server(echo);
    auto const refused = server.fetch({.url = "/large", .largest_body = 99'999});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::LimitReached);
    EXPECT_TRUE(server.fetch({.url = "/large", .largest_body = 100'000}));
}

TEST(Client, RefusesAHeadWithoutEnd) {
    TestServer server([](Request&) -> asio::awaitable<Response> {
        auto response = Response::text("short");
        for (int i = 0; i < 300; ++i) response.headers.add("X-More", std::string(1'000, 'x'));
        co_return response;
    });
    auto const refused = server.get("/");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::LimitReached);
}

TEST(Client, WritesTheBodyIntoAFile) {
    TestServer server(echo);
    auto const path = server.folder.path() / "body";
    auto const response = server.fetch({.url = "/large", .to_file = path});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(std::filesystem::file_size(path), 100'000U);
    EXPECT_FALSE(server.fetch({.url = "/large", .largest_body = 10, .to_file = path}));
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Client, TimesOutWhenNobodyAnswers) {
    TestServer server([](Request&) -> asio::awaitable<Response> {
        (void)co_await sleep_for(Seconds(1000));
        co_return Response();
    });
    auto const response =
        server.client.fetch({.url = server.url("/")}, Deadline::after(Milliseconds(50)));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::Timeout);
}

TEST(Client, SaysUnavailableWhereNobodyListens) {
    Client client;
    auto const unix = client.fetch({.url = "http+unix://%2Ftmp%2Fno-such.sock/x"}, soon());
    ASSERT_FALSE(unix);
    EXPECT_EQ(unix.error().code, Code::Unavailable);
    auto const tcp = client.fetch({.url = "http://127.0.0.1:1/"}, soon());
    ASSERT_FALSE(tcp);
    EXPECT_EQ(tcp.error().code, Code::Unavailable);
}

TEST(Client, RefusesOtherSchemesAndForgedHeaders) {
    Client client;
    for (auto const* url :
         {"file:///etc/passwd", "gopher://x/", "", "http+unix:///x", "http://a b/"}) {
        auto const response = client.fetch({.url = url}, soon());
        ASSERT_FALSE(response) << url;
        EXPECT_EQ(response.error().code, Code::InvalidArgument) << url;
    }
    EXPECT_FALSE(
        client.fetch({.url = "http://127.0.0.1:1/", .headers = {{"A", "b\r\nC: d"}}}, soon()));
}

TEST(Client, IgnoresTheProxyOfTheEnvironmentOnThisMachine) {
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    TestServer server(TcpAddress{}, echo);
    auto const response = server.get("/");
    ::unsetenv("http_proxy");
    ASSERT_TRUE(response) << response.error().message;
}

TEST(Client, ServesManyThreadsAtOnce) {
    TestServer server(echo);
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int j = 0; j < 20; ++j)
                if (server.get("/")) ++good;
        });
    threads.clear();
    EXPECT_EQ(good, 160);
}

}  // namespace

}  // namespace carrel::http
