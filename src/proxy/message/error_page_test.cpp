#include "proxy/message/error_page.hpp"

#include "base/temporary_folder.hpp"
#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ErrorPage, ComesFromTheErrorTargetWithOurStatus) {
    ScriptedUpstream pages([](Peer& peer) {
        for (;;) {
            auto const head = peer.read_head();
            if (head.empty()) return;
            auto const page = head.substr(0, head.find("\r\n"));
            peer.send(
                fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nSet-Cookie: a=b\r\n"
                            "Content-Length: {}\r\n\r\n{}",
                            page.size(), page));
        }
    });
    auto options = TestProxy::options();
    options.error_target = *Target::parse(pages.url() + "/errors");
    TestProxy proxy(options);
    auto client = proxy.connect();
    for (int i = 0; i < 2; ++i) {
        client.send("GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n");
        auto const answer = client.read_message();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 Not Found\r\nContent-Type: text/x\r\n"));
        EXPECT_THAT(answer, EndsWith("GET /errors/404?url=%2Fa%3Fb HTTP/1.1"));
        EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
    }
    proxy.add_route("/dead", "http://127.0.0.1:1");
    EXPECT_THAT(proxy.get("/dead"), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST(ErrorPage, IsBuiltInWhenTheErrorTargetIsGoneToo) {
    auto options = TestProxy::options();
    options.error_target = *Target::parse("http://127.0.0.1:1");
    TestProxy proxy(options);
    EXPECT_THAT(proxy.get("/"), StartsWith("HTTP/1.1 404 Not Found\r\nContent-Type: application/"));
    EXPECT_THAT(proxy.get("/", "Accept: text/html\r\n"), HasSubstr("404: Not Found"));
}

TEST(ErrorPage, ComesFromTheErrorPath) {
    TemporaryFolder const folder;
    std::ofstream(folder.path() / "404.html") << "our 404";
    std::ofstream(folder.path() / "error.html") << "our error";
    auto options = TestProxy::options();
    options.error_path = folder.path();
    TestProxy proxy(options);
    proxy.add_route("/dead", "http://127.0.0.1:1");
    EXPECT_THAT(proxy.get("/"), EndsWith("our 404"));
    EXPECT_THAT(proxy.get("/dead"), EndsWith("our error"));
}

TEST(ErrorPage, RedirectsToTheTargetLeadBackToUsWhenAsked) {
    ScriptedUpstream upstream([](Peer& peer) {
        auto const port = peer.read_head();
        auto const at = port.find("X-Port: ") + 8;
        peer.send(
            fmt::format("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/x?y\r\n"
                        "Content-Length: 0\r\n\r\n",
                        port.substr(at, port.find("\r\n", at) - at)));
    });
    auto const fields = fmt::format("X-Port: {}\r\n", upstream.port());
    auto options = TestProxy::options();
    {
        TestProxy proxy(options);
        proxy.add_route("/", upstream.url());
        EXPECT_THAT(proxy.get("/", fields),
                    HasSubstr(fmt::format("Location: {}/x?y\r\n", upstream.url())));
    }
    options.auto_rewrite = true;
    options.protocol_rewrite = "https";
    TestProxy proxy(options);
    proxy.add_route("/", upstream.url());
    EXPECT_THAT(proxy.get("/", fields), HasSubstr("Location: https://a/x?y\r\n"));
    EXPECT_THAT(proxy.get("/", "X-Port: 1\r\n"), HasSubstr("Location: http://127.0.0.1:1/x?y\r\n"));
}

}  // namespace
}  // namespace carrel::proxy
