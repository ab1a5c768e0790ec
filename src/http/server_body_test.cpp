#include "http/server.hpp"
#include "http/sse.hpp"
#include "http/test_server.hpp"

#include <fstream>
#include <latch>

namespace carrel::http {

namespace {

class FileServer : public testing::Test {
protected:
    FileServer() { std::ofstream(server.folder.path() / "file") << "0123456789"; }

    ClientResponse get(Headers headers, std::string method = "GET") {
        auto response =
            server.fetch({.method = std::move(method), .url = "/", .headers = std::move(headers)});
        EXPECT_TRUE(response) << response.error().message;
        return response.value_or(ClientResponse{});
    }

    TestServer server{[this](Request&) -> asio::awaitable<Response> {
        Response response;
        response.file = server.folder.path() / "file";
        co_return response;
    }};
};

TEST_F(FileServer, SendsTheWholeFile) {
    auto const whole = get({});
    EXPECT_EQ(whole.status, 200U);
    EXPECT_EQ(whole.body, "0123456789");
    EXPECT_EQ(whole.headers.get("content-length"), "10");
    EXPECT_EQ(whole.headers.get("accept-ranges"), "bytes");
}

TEST_F(FileServer, SendsTheRangeThatIsAskedFor) {
    using Case = std::tuple<std::string, std::string, std::string>;
    for (auto const& [range, body, content_range] :
         {Case{"bytes=0-3", "0123", "bytes 0-3/10"}, Case{"bytes=7-", "789", "bytes 7-9/10"},
          Case{"bytes=-2", "89", "bytes 8-9/10"}, Case{"bytes=8-1000", "89", "bytes 8-9/10"},
          Case{"bytes=-1000", "0123456789", "bytes 0-9/10"}}) {
        auto const part = get({{"Range", range}});
        EXPECT_EQ(part.status, 206U) << range;
        EXPECT_EQ(part.body, body) << range;
        EXPECT_EQ(part.headers.get("content-range"), content_range);
    }
}

TEST_F(FileServer, IgnoresARangeThatItDoesNotUnderstand) {
    for (auto const* range : {"bytes=0-1,3-4", "lines=0-3", "bytes=5-2", "bytes=a-b", "bytes=-",
                              "bytes", "bytes=99999999999999999999-"}) {
        EXPECT_EQ(get({{"Range", range}}).status, 200U) << range;
    }
    EXPECT_EQ(get({{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}}).body, "0123456789");
}

TEST_F(FileServer, RefusesARangeBeyondTheEnd) {
    auto const none = get({{"Range", "bytes=10-"}});
    EXPECT_EQ(none.status, 416U);
    EXPECT_EQ(none.headers.get("content-range"), "bytes */10");
    EXPECT_EQ(get({{"Range", "bytes=-0"}}).status, 416U);
}

TEST_F(FileServer, SaysNotModifiedForTheSameTag) {
    auto const tag = std::string(get({}).headers.get("etag"));
    auto const same = get({{"If-None-Match", "\"x\", " + tag}});
    EXPECT_EQ(same.status, 304U);
    EXPECT_EQ(same.body, "");
    std::ofstream(server.folder.path() / "file") << "changed";
    EXPECT_EQ(get({{"If-None-Match", tag}}).body, "changed");
}

TEST_F(FileServer, HeadSaysTheLengthAlone) {
    auto const head = get({}, "HEAD");
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.headers.get("content-length"), "10");
    EXPECT_EQ(head.body, "");
}

TEST_F(FileServer, SendsAFileOfManyPieces) {
    std::ofstream(server.folder.path() / "file") << std::string(3'000'000, 'x');
    EXPECT_EQ(get({}).body.size(), 3'000'000U);
}

TEST_F(FileServer, HasNoAnswerForAMissingFileOrAFolder) {
    std::filesystem::remove(server.folder.path() / "file");
    EXPECT_EQ(get({}).status, 404U);
    std::filesystem::create_directory(server.folder.path() / "file");
    EXPECT_EQ(get({}).status, 404U);
}

asio::awaitable<Response> count_to_three(Request&) {
    co_return event_stream([](Stream& stream) -> Task<> {
        for (int i = 1; i <= 3; ++i) {
            CO_TRY_VOID(co_await stream.write(format_event({.data = std::to_string(i)})));
            CO_TRY_VOID(co_await sleep_for(Milliseconds(1)));
        }
        co_return Result<>();
    });
}

TEST(Stream, ArrivesWholeAndKeepsTheConnection) {
    TestServer server(count_to_three);
    for (int i = 0; i < 2; ++i) {
        auto const response = server.get("/");
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->headers.get("content-type"), "text/event-stream");
        EXPECT_EQ(response->body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    }
    auto const connection = server.connect();
    for (int i = 0; i < 2; ++i) {
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_NE(connection.read_until("\r\n0\r\n\r\n").find("chunked"), std::string::npos);
    }
}

TEST(Stream, EndsWithTheConnectionForOldClients) {
    TestServer server(count_to_three);
    auto const connection = server.connect();
    connection.send("GET / HTTP/1.0\r\n\r\n");
    auto const all = connection.read_all();
    EXPECT_EQ(all.find("chunked"), std::string::npos);
    EXPECT_TRUE(all.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n")) << all;
}

TEST(Stream, IsNotRunForHead) {
    TestServer server(count_to_three);
    auto const response = server.fetch({.method = "HEAD", .url = "/"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->headers.get("content-type"), "text/event-stream");
}

TEST(Stream, IsCancelledWhenTheClientHangsUp) {
    std::promise<Code> ended;
    TestServer server([&](Request&) -> asio::awaitable<Response> {
        co_return event_stream([&](Stream& stream) -> Task<> {
            CO_TRY_VOID(co_await stream.write("data: hello\n\n"));
            auto const waited = co_await sleep_for(Seconds(1000));
            EXPECT_FALSE(co_await stream.write("data: too late\n\n"));
            ended.set_value(waited ? Code::Internal : waited.error().code);
            co_return waited;
        });
    });
    auto connection = std::make_unique<RawConnection>(server.socket());
    connection->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)connection->read_until("hello");
    connection.reset();
    EXPECT_EQ(ended.get_future().get(), Code::Cancelled);
}

TEST(Stream, IsCancelledEvenWhileItWaitsForTheBlockingPool) {
    BlockingPool pool(1);
    std::latch in_pool(1);
    std::promise<void> go;
    auto released = go.get_future();
    std::promise<Code> ended;
    TestServer server([&](Request&) -> asio::awaitable<Response> {
        co_return event_stream([&](Stream&) -> Task<> {
            CO_TRY_VOID(co_await pool.run([&]() -> Result<> {
                in_pool.count_down();
                released.wait();
                return {};
            }));
            auto const waited = co_await sleep_for(Seconds(1000));
            ended.set_value(waited ? Code::Internal : waited.error().code);
            co_return waited;
        });
    });
    {
        auto const connection = server.connect();
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        in_pool.wait();
    }
    go.set_value();
    EXPECT_EQ(ended.get_future().get(), Code::Cancelled);
}

TEST(Stream, ThatFailsIsCutSoThatTheClientNotices) {
    TestServer server([](Request&) -> asio::awaitable<Response> {
        co_return event_stream([](Stream& stream) -> Task<> {
            CO_TRY_VOID(co_await stream.write("data: half\n\n"));
            throw std::runtime_error("boom");
        });
    });
    auto const connection = server.connect();
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const all = connection.read_all();
    EXPECT_NE(all.find("half"), std::string::npos);
    EXPECT_FALSE(all.ends_with("0\r\n\r\n"));
    EXPECT_FALSE(server.get("/"));
}

TEST(Stream, HoldsItsWriterBackWhileTheClientDoesNotRead) {
    std::atomic<size_t> written = 0;
    TestServer server([&](Request&) -> asio::awaitable<Response> {
        co_return event_stream([&](Stream& stream) -> Task<> {
            for (int i = 0; i < 1000; ++i) {
                CO_TRY_VOID(co_await stream.write(std::string(100'000, 'x')));
                written += 100'000;
            }
            co_return Result<>();
        });
    });
    {
        auto const connection = server.connect();
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)connection.read_until("xxx");
        server.stop(Milliseconds(0));
    }
    EXPECT_LT(written, 50'000'000U);
}

}  // namespace

}  // namespace carrel::http
