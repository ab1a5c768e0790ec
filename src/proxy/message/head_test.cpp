#include "proxy/message/head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carrel::proxy {
namespace {

using namespace std::string_literals;

/// Scans and parses as a connection does; the status of the refusal, or 0.
unsigned status_of(std::string const& bytes, RequestHead& head) {
    HeadScanner scanner;
    auto const size = scanner.scan(bytes);
    if (!size) return size.error().status;
    if (*size == 0) return 1;  // incomplete
    auto const problem = parse(std::string_view(bytes).substr(0, *size), head);
    return problem ? problem->status : 0;
}
unsigned status_of(std::string const& bytes) {
    RequestHead head;
    return status_of(bytes, head);
}

std::string with(std::string const& fields) {
    return "POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string target(std::string const& text) {
    return "GET " + text + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
std::string host(std::string const& value) {
    return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n";
}

struct Refused {
    std::string bytes;
    unsigned status = 400;
};

std::vector<Refused> const framing = {
    {with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")},
    {with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")},
    {with("Content-Length: 1\r\nContent-Length: 2\r\n")},
    {with("Content-Length: 1\r\nContent-Length: 1\r\n")},
    {with("Content-Length: 1, 1\r\n")},
    {with("Content-Length: +1\r\n")},
    {with("Content-Length: -1\r\n")},
    {with("Content-Length: 0x10\r\n")},
    {with("Content-Length: 1 2\r\n")},
    {with("Content-Length: 1_0\r\n")},
    {with("Content-Length: 1.0\r\n")},
    {with("Content-Length:\r\n")},
    {with("Content-Length: a\r\n")},
    {with("Content-Length: 99999999999999999999\r\n")},
    {with("Content-Length: 18446744073709551617\r\n")},
    {with("Content-Length : 1\r\n")},
    {with("Content-Length\t: 1\r\n")},
    {with(" Content-Length: 1\r\n")},
    {with("Transfer-Encoding: identity\r\n")},
    {with("Transfer-Encoding: gzip, chunked\r\n")},
    {with("Transfer-Encoding: chunked, gzip\r\n")},
    {with("Transfer-Encoding: chunked, chunked\r\n")},
    {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
    {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
    {with("Transfer-Encoding: xchunked\r\n")},
    {with("Transfer-Encoding: chunked;q=1\r\n")},
    {with("Transfer-Encoding: \"chunked\"\r\n")},
    {with("Transfer-Encoding: chunked,\r\n")},
    {with("Transfer-Encoding:\r\n")},
    {with("Transfer-Encoding: \x0b"
          "chunked\r\n")},
    {with("Transfer-Encoding : chunked\r\n")},
    {with("X: y\r\n Transfer-Encoding: chunked\r\n")},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {with("Expect: 200-ok\r\n"), 417},
};

std::vector<Refused> const lines = {
    {"GET / HTTP/1.1\nHost: a\n\n"},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX y: b\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tfolded\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"s},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x7f\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"s},
    {"GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: b\r\n\r\n"},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {"GET /\r\n\r\n"},
    {"GET\r\n\r\n"},
    {"GET / HTTP\r\nHost: a\r\n\r\n"},
    {"GET / http/1.1\r\nHost: a\r\n\r\n"},
    {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n"},
    {"GET / HTTP/ 1.1\r\nHost: a\r\n\r\n"},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\n", 505},
    {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
    {"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
    {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
    {std::string(40, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
};

std::vector<Refused> const targets = {
    {target("/a#b")},
    {target("/a?b#c")},
    {target("/a\x01")},
    {target("/\xc3\xa4")},
    {target("/a\\..\\b")},
    {target("a")},
    {target("*")},
    {target("?a")},
    {target("http://b/")},
    {target("http://a@b/")},
    {target("http://")},
    {target("http:///x")},
    {target("ftp://a/")},
    {target("//a:b@c") + "x", 0},  // a path with an empty first segment is a path
    {target("http://a?x")},
    {target("/" + std::string(largest_target, 'a')), 414},
    {host("")},
    {host("a, b")},
    {host("a b")},
    {host("h@evil")},
    {host("a/b")},
    {host("a\\b")},
    {host("a?b")},
    {host("a#b")},
    {host("a:b")},
    {host("a:1:2")},
    {host("a:123456")},
    {host("[::1")},
    {host("[::1]x")},
    {host("[]")},
    {host("http://a")},
    {host("a%41")},
    {"GET / HTTP/1.1\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
};

std::vector<Refused> const disguises = {
    {"POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\n\r\n"},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n\r\n"},
};

std::vector<Refused> const upgrades = {
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: "
     "3\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Transfer-Encoding: chunked\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: "
     "websocket\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: "
     "h2c\r\n\r\n"},
};

TEST(Head, RefusesWhatTwoServersCouldReadInTwoWays) {
    size_t count = 0;
    for (auto const* table : {&framing, &lines, &targets, &upgrades, &disguises})
        for (auto const& [bytes, status] : *table) {
            EXPECT_EQ(status_of(bytes), status) << testing::PrintToString(bytes);
            ++count;
        }
    EXPECT_GE(count, 100U);
}

TEST(Head, AcceptsTheOddButValid) {
    std::vector<std::string> const valid = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "get / HTTP/1.1\r\nHost: a\r\n\r\n",
        "M-SEARCH / HTTP/1.1\r\nhOsT:a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \t a:8000 \t\r\nX:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
        "GET http://A.example/x?y HTTP/1.1\r\nHost: a.EXAMPLE\r\n\r\n",
        "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /?a|b{c}^\"`\\ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /%2e%2e/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \xff\xfe\tz\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~0: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, , x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    };
    for (auto const& bytes : valid) EXPECT_EQ(status_of(bytes), 0U) << bytes;
}

TEST(Head, ReadsWhatItAccepts) {
    RequestHead head;
    std::string const bytes =
        "GET HTTP://A:80/x/y?z HTTP/1.1\r\nhost:  a:80 \r\nConnection: close, Upgrade, X-Y\r\n"
        "Upgrade: WebSocket\r\nX-Y: 1\r\nExpect: 100-Continue\r\n\r\n";
    ASSERT_EQ(status_of(bytes, head), 0U);
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/x/y?z");
    EXPECT_EQ(head.path, "/x/y");
    EXPECT_EQ(head.host, "a:80");
    EXPECT_TRUE(head.framing.close);
    EXPECT_TRUE(head.framing.names_fields);
    EXPECT_TRUE(head.websocket);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_TRUE(is_named_by_connection(head.fields, "x-y"));
    EXPECT_FALSE(is_named_by_connection(head.fields, "host"));
}

TEST(Head, TakesOnlyAnHttp11GetWithConnectionUpgradeForAWebSocket) {
    for (std::string const bytes : {
             "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
             "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
         }) {
        RequestHead head;
        ASSERT_EQ(status_of(bytes, head), 0U);
        EXPECT_FALSE(head.websocket) << bytes;
    }
}

TEST(Head, LimitsSizeAndNumberOfFields) {
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 99; ++i) many += "X: y\r\n";
    EXPECT_EQ(status_of(many + "\r\n"), 0U);
    EXPECT_EQ(status_of(many + "X: y\r\n\r\n"), 431U);
    auto const big = with("X: " + std::string(largest_head, 'y') + "\r\n");
    EXPECT_EQ(status_of(big), 431U);
    std::string const longest(largest_field_line - 3, 'y');
    EXPECT_EQ(status_of(with("X: " + longest + "\r\n")), 0U);
    EXPECT_EQ(status_of(with("X: " + longest + "y\r\n")), 431U);
    auto const three = "X: " + longest + "\r\nX: " + longest + "\r\nX: " + longest + "\r\n";
    EXPECT_EQ(status_of(with(three)), 0U);
}

TEST(Head, ComesToTheSameResultByteByByte) {
    for (auto const* table : {&framing, &lines, &targets})
        for (auto const& [bytes, status] : *table) {
            HeadScanner scanner;
            unsigned result = 1;
            for (size_t size = 1; size <= bytes.size() && result == 1; ++size) {
                auto const end = scanner.scan(std::string_view(bytes).substr(0, size));
                if (!end) {
                    result = end.error().status;
                } else if (*end > 0) {
                    RequestHead head;
                    auto const problem = parse(std::string_view(bytes).substr(0, *end), head);
                    result = problem ? problem->status : 0;
                }
            }
            EXPECT_EQ(result, status) << testing::PrintToString(bytes);
        }
}

TEST(Head, ParsesResponses) {
    ResponseHead head;
    EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", head));
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.reason, "OK");
    EXPECT_EQ(head.framing.content_length, 3U);
    EXPECT_FALSE(parse("HTTP/1.0 404\r\n\r\n", head));
    EXPECT_EQ(head.minor_version, 0U);
    EXPECT_FALSE(parse("HTTP/1.1 200 \r\nConnection: close\r\n\r\n", head));
    EXPECT_TRUE(head.framing.close);
    for (std::string_view const bytes : {
             "HTTP/2 200 OK\r\n\r\n",
             "HTTP/1.1 20 OK\r\n\r\n",
             "HTTP/1.1 2000 OK\r\n\r\n",
             "HTTP/1.1 099 OK\r\n\r\n",
             "HTTP/1.1  200 OK\r\n\r\n",
             "ICY 200 OK\r\n\r\n",
             "\r\nHTTP/1.1 200 OK\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
             "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
             "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
         })
        EXPECT_TRUE(parse(bytes, head)) << bytes;
}

TEST(Head, FindsAControlCharacterWhereverItStands) {
    for (size_t size = 1; size <= 40; ++size)
        for (size_t at = 0; at < size; ++at)
            for (char const bad : {'\0', '\x01', '\r', '\x1f', '\x7f'}) {
                std::string value(size, '\xe9');
                EXPECT_EQ(status_of(with("X: " + value + "\r\n")), 0U);
                value[at] = bad;
                EXPECT_EQ(status_of(with("X: " + value + "\r\n")), 400U) << size << " " << at;
            }
    std::string const tabs(40, '\t');
    EXPECT_EQ(status_of(with("X: a" + tabs + "b\r\n")), 0U);
}

TEST(Head, ComparesNamesWithoutCaseAndNothingElse) {
    std::string const name = "abcdefghijklmnopqrstuvwxyz-0123456789";
    for (size_t size = 1; size <= name.size(); ++size) {
        auto const lower = name.substr(0, size);
        auto upper = lower;
        for (char& c : upper) c = is_letter(c) ? static_cast<char>(c - 32) : c;
        EXPECT_TRUE(same_name(lower, upper));
        for (size_t at = 0; at < size; ++at) {
            auto other = upper;
            other[at] = static_cast<char>(other[at] ^ 0x40);
            EXPECT_FALSE(same_name(lower, other));
            other[at] = static_cast<char>(upper[at] ^ 0x80);
            EXPECT_FALSE(same_name(lower, other));
        }
    }
    EXPECT_FALSE(same_name("content@length", "content`length"));
    EXPECT_FALSE(same_name("content[length", "content{length"));
}

TEST(Head, RecognisesFieldsThatPretendToBeOurs) {
    EXPECT_EQ(known_field("X-Carrel-User"), Known::XCarrel);
    EXPECT_EQ(known_field("x_carrel_user"), Known::XCarrel);
    EXPECT_EQ(known_field("X_Forwarded-For"), Known::Disguised);
    EXPECT_EQ(known_field("X-Forwarded-For"), Known::XForwardedFor);
    EXPECT_EQ(known_field("Content_Length"), Known::Disguised);
    EXPECT_EQ(known_field("transfer_encoding"), Known::Disguised);
    EXPECT_EQ(known_field("X-Forwarded-Prefix"), Known::Other);
    EXPECT_EQ(known_field("transfer-ENCODING"), Known::TransferEncoding);
    EXPECT_EQ(known_field(std::string(300, 'x')), Known::Other);
}

}  // namespace
}  // namespace carrel::proxy
