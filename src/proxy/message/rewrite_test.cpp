#include "proxy/message/rewrite.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carrel::proxy {
namespace {

/// What the upstream gets of a request with these field lines.
std::string forwarded(std::string const& fields, bool trusted = false) {
    auto const text = "GET /a HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    RequestHead head;
    if (parse(text, head)) return "refused";
    Options const options = [] {
        Options plain;
        plain.x_forward = false;
        return plain;
    }();
    Route route;
    route.path = "/";
    route.trusted = trusted;
    Target const target;
    EdgeAuth::Decision const decision;
    BufferPool pool;
    Buffer buffer;
    Forwarding const forwarding{.options = options,
                                .route = route,
                                .target = target,
                                .decision = decision,
                                .client_address = "192.0.2.1",
                                .new_request_id = "1"};
    if (!write_request_head(buffer, pool, head, forwarding)) return "too large";
    auto const written = std::string(buffer.view());
    auto const begin = written.find("Host: a\r\n") + 9;
    return written.substr(begin, written.find("X-Request-Id") - begin);
}

TEST(Rewrite, PassesFieldsOnInTheirOrder) {
    EXPECT_EQ(forwarded("A: 1\r\nB: 2\r\nC: 3\r\n"), "A: 1\r\nB: 2\r\nC: 3\r\n");
    EXPECT_EQ(forwarded("A: \r\nB: 2\r\n"), "A: \r\nB: 2\r\n");
}

TEST(Rewrite, LeavesOutWhatIsInBetween) {
    EXPECT_EQ(forwarded("A: 1\r\nKeep-Alive: 5\r\nB: 2\r\nx-carrel-user: root\r\nC: 3\r\n"),
              "A: 1\r\nB: 2\r\nC: 3\r\n");
    EXPECT_EQ(forwarded("TE: trailers\r\nA: 1\r\nConnection: close\r\n"), "A: 1\r\n");
}

TEST(Rewrite, PutsBlanksAroundValuesRight) {
    EXPECT_EQ(forwarded("A:1\r\nB:  2\r\nC:\t3\r\nD: 4 \r\nE: 5\t\r\nF:\r\nG: 7\r\n"),
              "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: \r\nG: 7\r\n");
}

TEST(Rewrite, TakesOnlyOurCookiesOut) {
    EXPECT_EQ(forwarded("A: 1\r\nCookie: a=b;c=d\r\nB: 2\r\n"),
              "A: 1\r\nCookie: a=b;c=d\r\nB: 2\r\n");
    EXPECT_EQ(forwarded("A: 1\r\nCookie: a=b; carrel_session=x; c=d\r\nB: 2\r\n"),
              "A: 1\r\nCookie: a=b; c=d\r\nB: 2\r\n");
    EXPECT_EQ(forwarded("A: 1\r\nCookie: Carrel_edge=x\r\nB: 2\r\n"), "A: 1\r\nB: 2\r\n");
    EXPECT_EQ(forwarded("Cookie: carrel_session=x\r\n", true), "Cookie: carrel_session=x\r\n");
}

}  // namespace
}  // namespace carrel::proxy
