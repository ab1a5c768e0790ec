// Big bodies, slow peers and attempts to smuggle, through a whole proxy.

#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>

namespace carrel::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t mebibyte = 1UL << 20U;
#if __has_feature(address_sanitizer)
constexpr bool under_address_sanitizer = true;
#else
constexpr bool under_address_sanitizer = false;
#endif

size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    size_t total = 0;
    size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

TEST(Bulk, CarriesAHundredMebibytesEachWayInBoundedMemory) {
    constexpr size_t size = 100 * mebibyte;
    std::string const piece(mebibyte, 'x');
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        size_t received = 0;
        while (received < size) received += peer.read_exactly(mebibyte).size();
        peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size));
        for (size_t sent = 0; sent < size; sent += piece.size()) peer.send(piece);
        peer.read_head();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    auto const before = resident_bytes();
    client.send(fmt::format("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", size));
    for (size_t sent = 0; sent < size; sent += piece.size()) client.send(piece);
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 200"));
    size_t received = 0;
    while (received < size) received += client.read_exactly(mebibyte).size();
    EXPECT_EQ(received, size);
    // The peers' own megabyte pieces are in there, too. AddressSanitizer keeps what was freed.
    if (!under_address_sanitizer) EXPECT_LT(resident_bytes() - before, 64 * mebibyte);
}

TEST(Bulk, WaitsForAClientThatDoesNotRead) {
    std::promise<size_t> accepted;
    std::promise<void> finish;
    auto const finished = finish.get_future().share();
    TestProxy proxy;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        std::string const chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
        size_t total = 0;
        int refused = 0;
        std::string pending;
        while (refused < 200 && total < 256 * mebibyte) {
            if (pending.empty()) pending = chunk;
            auto const sent = peer.send_some(pending);
            pending.erase(0, sent);
            total += sent;
            refused = sent == 0 ? refused + 1 : 0;
            // The proxy has its turn, however slow the machine is.
            if (sent == 0) EXPECT_THAT(proxy.get("/_chp_healthz"), StartsWith("HTTP/1.1 200"));
        }
        accepted.set_value(total);
        peer.send(pending + "0\r\n\r\n");
        finished.wait();
    });
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_LT(accepted.get_future().get(), 64 * mebibyte);
    EXPECT_THAT(client.read_message(), EndsWith("0\r\n\r\n"));
    finish.set_value();
}

TEST(Bulk, AnAnswerBeforeTheEndOfTheRequestIsTheLastOnThatConnection) {
    ScriptedUpstream upstream([](Peer& peer) {
        bool const early = peer.read_head().starts_with("POST");
        peer.send(early ? "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"
                        : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.read_to_end();
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" +
                std::string(1000, 'x'));
    auto const answer = client.read_message();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(client.is_closed());
    // Nor is the upstream's connection used again: it still waits for the rest of that body.
    EXPECT_THAT(proxy.get("/next"), EndsWith("ok"));
    EXPECT_EQ(upstream.connections(), 2);
}

TEST(Bulk, ManyRequestsOfTwoPeopleGetTheirOwnAnswers) {
    ScriptedUpstream upstream([](Peer& peer) {
        for (;;) {
            auto const message = peer.read_message();
            if (message.empty()) return;
            auto const start = message.find(' ') + 1;
            auto const tag = message.substr(start, message.find(' ', start) - start);
            bool const head = message.starts_with("HEAD");
            if (tag.ends_with("3")) {
                peer.send(
                    fmt::format("HTTP/1.1 200 OK\r\nX-Tag: {}\r\nTransfer-Encoding: "
                                "chunked\r\n\r\n{}",
                                tag, head ? "" : "3\r\nabc\r\n0\r\n\r\n"));
            } else if (tag.ends_with("4")) {
                peer.send(fmt::format("HTTP/1.1 204 No Content\r\nX-Tag: {}\r\n\r\n", tag));
            } else if (tag.ends_with("5")) {
                peer.send(
                    fmt::format("HTTP/1.1 200 OK\r\nX-Tag: {}\r\nConnection: close\r\n"
                                "Content-Length: 0\r\n\r\n",
                                tag));
                return;
            } else {
                peer.send(
                    fmt::format("HTTP/1.1 200 OK\r\nX-Tag: {}\r\nContent-Length: {}\r\n\r\n{}", tag,
                                tag.size(), head ? "" : tag));
            }
        }
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto const person = [&](char const* name) {
        auto client = proxy.connect();
        for (int i = 0; i < 2000; ++i) {
            auto const tag = fmt::format("/{}/{}", name, i);
            bool const head = i % 7 == 0;
            client.send(
                i % 11 == 0
                    ? fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                                  tag)
                    : fmt::format("{} {} HTTP/1.1\r\nHost: a\r\n\r\n", head ? "HEAD" : "GET", tag));
            bool const bodiless = head && i % 11 != 0;
            auto const answer = bodiless ? client.read_head() : client.read_message();
            ASSERT_THAT(answer, HasSubstr(fmt::format("X-Tag: {}\r\n", tag))) << i;
        }
    };
    std::thread ada(person, "ada");
    person("bob");
    ada.join();
}

TEST(Bulk, SmugglingAttemptsReachTheUpstreamAsOneRequestOrNotAtAll) {
    std::mutex mutex;
    std::vector<std::string> seen;
    ScriptedUpstream upstream([&](Peer& peer) {
        for (;;) {
            auto const message = peer.read_message();
            if (message.empty()) return;
            {
                std::scoped_lock const lock(mutex);
                seen.push_back(message);
            }
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    std::string const inner = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
    std::vector<std::string> const attempts = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        "Content-Length: 0\r\nContent-Length: 35\r\n\r\n" + inner,
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
        "Transfer-Encoding: chunked\r\n\r\n0\n\r\n" + inner,
        "Transfer-Encoding: chunked\r\n\r\n5;\n\r\nhello\r\n0\r\n\r\n" + inner,
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + inner,
        "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n" + inner,
        "Transfer-Encoding:\x0b chunked\r\n\r\n0\r\n\r\n" + inner,
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n" + inner,
        "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        "X: y\r\n\tContent-Length: 35\r\n\r\n" + inner,
        "Content-Length : 35\r\n\r\n" + inner,
        "Content-Length: +35\r\n\r\n" + inner,
    };
    for (auto const& attempt : attempts) {
        auto client = proxy.connect();
        client.send("POST /front HTTP/1.1\r\nHost: a\r\n" + attempt);
        EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 4")) << attempt;
    }
    std::scoped_lock const lock(mutex);
    for (auto const& message : seen) EXPECT_EQ(message.find("/evil"), std::string::npos) << message;
}

}  // namespace
}  // namespace carrel::proxy
