#include "proxy/http2/request.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

using List = std::vector<std::pair<std::string, std::string>>;

std::expected<Http2Request::Head, HeadProblem> write(List const& fields, bool has_body = false) {
    Http2Request request;
    for (auto const& [name, value] : fields) request.add(name, value);
    return request.finish(has_body);
}

List get(List const& more = {}) {
    List fields = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", "a:1"}, {":path", "/x?y"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

List websocket(List const& more = {}) {
    List fields = {{":method", "CONNECT"},
                   {":protocol", "websocket"},
                   {":scheme", "https"},
                   {":authority", "a"},
                   {":path", "/ws"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

TEST(Http2Request, BecomesAHeadOfHttp11) {
    EXPECT_EQ(write(get({{"accept", "*/*"}, {"x-y", "z"}}))->text,
              "GET /x?y HTTP/1.1\r\nhost: a:1\r\nconnection: close\r\naccept: */*\r\n"
              "x-y: z\r\n\r\n");
    EXPECT_EQ(
        write({{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {"host", "b"}})->text,
        "OPTIONS * HTTP/1.1\r\nconnection: close\r\nhost: b\r\n\r\n");
    EXPECT_TRUE(write({{":method", "HEAD"}, {":scheme", "http"}, {":path", "/"}})->is_head);
}

TEST(Http2Request, FramesABodyByItsLengthOrInChunks) {
    auto const sized = write(get({{"content-length", "5"}}), true);
    EXPECT_FALSE(sized->chunked);
    EXPECT_THAT(sized->text, HasSubstr("content-length: 5\r\n"));
    auto const open = write(get(), true);
    EXPECT_TRUE(open->chunked);
    EXPECT_THAT(open->text, HasSubstr("transfer-encoding: chunked\r\n"));
    EXPECT_FALSE(write(get(), false)->chunked);
}

TEST(Http2Request, JoinsCookiesAndLeavesOutWhatIsForOneHop) {
    auto const text = write(get({{"cookie", "a=1"},
                                 {"te", "trailers"},
                                 {"http2-settings", "x"},
                                 {"cookie", "b=2"}}))
                          ->text;
    EXPECT_THAT(text, HasSubstr("\r\ncookie: a=1; b=2\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("te:")));
    EXPECT_THAT(text, Not(HasSubstr("http2")));
}

TEST(Http2Request, AsksForAnUpgradeWithAKeyOfItsOwn) {
    auto const head =
        write(websocket({{"sec-websocket-key", "mine"}, {"sec-websocket-version", "13"}}), true);
    ASSERT_TRUE(head);
    EXPECT_TRUE(head->websocket);
    EXPECT_FALSE(head->chunked);
    EXPECT_THAT(head->text,
                MatchesRegex("GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\n"
                             "upgrade: websocket\r\nsec-websocket-key: [A-Za-z0-9+/]{22}==\r\n"
                             "sec-websocket-version: 13\r\n\r\n"));
    EXPECT_NE(write(websocket())->text, write(websocket())->text);
}

TEST(Http2Request, LeavesOtherConnectsToTheParserWhichRefusesThem) {
    EXPECT_THAT(write({{":method", "CONNECT"}, {":authority", "b:443"}})->text,
                HasSubstr("CONNECT b:443 HTTP/1.1\r\n"));
    EXPECT_THAT(write({{":method", "CONNECT"},
                       {":protocol", "connect-udp"},
                       {":scheme", "https"},
                       {":authority", "b"},
                       {":path", "/x"}})
                    ->text,
                HasSubstr("CONNECT /x HTTP/1.1\r\n"));
}

TEST(Http2Request, RefusesWhatHasNoOneMeaning) {
    std::vector<List> const malformed = {
        {},
        {{":method", "GET"}},
        {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}},
        {{":method", "GET"}, {":path", "/"}, {":authority", "a"}},
        {{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", ""}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "x"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "http://b/"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/ HTTP/1.1\r\nx: y"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/a b"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/a#b"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/\xc3\xa4"}},
        {{":method", "GET /"}, {":scheme", "http"}, {":path", "/"}},
        {{":method", "GET"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":protocol", "websocket"}},
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":status", "200"}},
        {{":method", "GET"}, {":scheme", "http"}, {"x", "y"}, {":path", "/"}},
        {{":method", "CONNECT"}, {":authority", "b"}, {":path", "/"}},
        {{":method", "CONNECT"}},
        {{":method", "CONNECT"}, {":authority", "b c"}},
        get({{"host", "b"}}),
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}, {"host", "b"}},
        get({{"connection", "close"}}),
        get({{"keep-alive", "1"}}),
        get({{"proxy-connection", "x"}}),
        get({{"transfer-encoding", "chunked"}}),
        get({{"upgrade", "websocket"}}),
        get({{"te", "gzip"}}),
        get({{"X", "y"}}),
        get({{"", "y"}}),
        get({{"x y", "z"}}),
        get({{"x:", "z"}}),
        get({{"x", "a\r\nb: c"}}),
        get({{"x", "a\nb"}}),
        get({{"x", std::string("a\0b", 3)}}),
        get({{"x\r\ny", "z"}}),
        get({{"cookie", "a\r\nb: c"}}),
        get({{"x", " y"}}),
        get({{"x", "y\t"}}),
        {{":method", "GET"}, {":scheme", "http"}, {":authority", "a "}, {":path", "/"}},
        websocket({{"content-length", "1"}}),
    };
    for (auto const& fields : malformed) {
        auto const head = write(fields, true);
        ASSERT_FALSE(head) << head->text;
        EXPECT_EQ(head.error().status, 400U);
    }
}

TEST(Http2Request, IsRefusedWithAnAnswerWhenItIsTooLarge) {
    auto const head = write(get({{"x", std::string(largest_head, 'y')}, {"z", "1"}}));
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().status, 431U);
    Http2Request request;
    for (int i = 0; i < 3000; ++i) request.add("a", "");
    EXPECT_EQ(request.size(), 3000U * 33);
    EXPECT_EQ(request.finish(false).error().status, 431U);
    request.add(":method", "GET");
    EXPECT_LT(request.size(), 100U);
}

/// Whatever comes in, what goes out is one head that the parser reads with the same fields.
TEST(Http2Request, NeverBecomesMoreThanOneHead) {
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same in every run
    std::vector<std::string> const names = {
        ":method", ":path",  ":scheme",        ":authority", ":protocol", "host", "cookie", "x-a",
        "te",      "expect", "content-length", "upgrade",    "X",         "a b",  ""};
    std::vector<std::string> const values = {"GET",
                                             "CONNECT",
                                             "POST",
                                             "/",
                                             "/x",
                                             "http",
                                             "https",
                                             "a",
                                             "b:1",
                                             "websocket",
                                             "x\r\ny: z",
                                             "a b",
                                             "",
                                             "\t",
                                             "5",
                                             "100-continue",
                                             std::string(1, '\0'),
                                             "*"};
    auto const any_of = [&](auto const& list) { return list[random() % list.size()]; };
    int accepted = 0;
    for (int i = 0; i < 200000; ++i) {
        List fields = i % 2 == 0 ? get() : List();
        for (auto count = random() % 7; count > 0; --count)
            fields.emplace_back(any_of(names), any_of(values));
        auto const written = write(fields, random() % 2 == 0);
        if (!written) continue;
        ++accepted;
        HeadScanner scanner;
        auto const size = scanner.scan(written->text);
        ASSERT_TRUE(size) << written->text;
        ASSERT_EQ(*size, written->text.size()) << written->text;
        RequestHead head;
        if (parse(written->text, head)) continue;
        size_t regular = 0;
        for (auto const& [name, value] : fields)
            regular += !name.starts_with(':') && name != "cookie" ? 1 : 0;
        auto const made = static_cast<size_t>(head.fields.end() - head.fields.begin());
        // host, connection, upgrade and key, cookie and framing may have been added.
        ASSERT_LE(made, regular + 6) << written->text;
        EXPECT_EQ(head.websocket, written->websocket) << written->text;
        EXPECT_EQ(head.framing.chunked, written->chunked) << written->text;
    }
    EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace carrel::proxy
