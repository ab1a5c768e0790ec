#include "proxy/http2/response.hpp"

#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

using Kind = Http2Response::Kind;
using Part = Http2Response::Part;

constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

TEST(Http2Response, BecomesATunnelOnlyWhenOneWasAskedFor) {
    ResponseHead head;
    EXPECT_FALSE(Http2Response(Kind::Ordinary).next(switching, head));
    EXPECT_FALSE(Http2Response(Kind::ToHead).next(switching, head));
    Http2Response tunnel(Kind::Tunnel);
    ASSERT_EQ(tunnel.next(switching, head)->part, Part::Head);
    EXPECT_TRUE(tunnel.tunnel());
    EXPECT_EQ(tunnel.next("bytes", head)->data, "bytes");
    EXPECT_FALSE(tunnel.done());
}

TEST(Http2Response, PassesNoFieldOfOneHop) {
    for (std::string_view const name : {"connection", "Keep-Alive", "Proxy-Connection", "Upgrade",
                                        "transfer-encoding", "Sec-WebSocket-Accept"})
        EXPECT_FALSE(Http2Response::passes({name, "x", known_field(name)}, false)) << name;
    for (std::string_view const name : {"Set-Cookie", "content-type", "X-Upgrade"})
        EXPECT_TRUE(Http2Response::passes({name, "x", known_field(name)}, true)) << name;
    EXPECT_TRUE(Http2Response::passes({"Content-Length", "1", Known::ContentLength}, false));
    EXPECT_FALSE(Http2Response::passes({"Content-Length", "1", Known::ContentLength}, true));
}

TEST(Http2Response, ABodyThatEndsWithTheConnectionIsNoneOfTheirs) {
    ResponseHead head;
    Http2Response response(Kind::Ordinary);
    std::string_view const text = "HTTP/1.1 200 OK\r\n\r\nbody";
    auto const step = response.next(text, head);
    ASSERT_EQ(step->part, Part::Head);
    EXPECT_FALSE(response.next(text.substr(step->consumed), head));
}

}  // namespace
}  // namespace carrel::proxy
