// Bodies that are moved by splice(2): whole, broken off and abandoned.

#include "base/temporary_folder.hpp"
#include "proxy/data_plane/splice_pipe.hpp"
#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <future>

namespace carrel::proxy {
namespace {

using testing::StartsWith;

constexpr size_t mebibyte = 1UL << 20U;

/// `size` bytes in which every eight tell their place, so that none can be lost, doubled or
/// swapped unnoticed.
std::string pattern(size_t size, uint64_t seed) {
    std::string bytes(size, '\0');
    for (size_t at = 0; at + sizeof(seed) <= size; at += sizeof(seed), ++seed)
        std::memcpy(bytes.data() + at, &seed, sizeof(seed));
    return bytes;
}

std::string head_of(size_t size) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size);
}

std::array<Socket, 2> socket_pair() {
    std::array<int, 2> ends = {};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    return {Socket(ends[0]), Socket(ends[1])};
}

size_t send_to(Socket const& socket, std::string_view bytes) {
    return static_cast<size_t>(send(socket.descriptor(), bytes.data(), bytes.size(), 0));
}

std::string receive_from(Socket const& socket) {
    std::array<char, 4096> bytes = {};
    auto const size = recv(socket.descriptor(), bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

TEST(SplicePipe, MovesBytesFromOneSocketToAnother) {
    PipePool pool(1);
    auto from = socket_pair();
    auto to = socket_pair();
    SplicePipe pipe;
    ASSERT_TRUE(pipe.prepare(pool));
    send_to(from[0], "hello");
    EXPECT_EQ(pipe.fill(from[1], 4), Io::Progress);
    EXPECT_EQ(pipe.size(), 4U);
    EXPECT_EQ(pool.in_use(), 1U);
    size_t moved = 0;
    EXPECT_EQ(pipe.drain(to[0], moved), Io::Progress);
    EXPECT_EQ(moved, 4U);
    EXPECT_EQ(receive_from(to[1]), "hell");
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST(SplicePipe, HoldsNoPipeWhileThereIsNothingToMove) {
    PipePool pool(1);
    auto from = socket_pair();
    SplicePipe pipe;
    ASSERT_TRUE(pipe.prepare(pool));
    EXPECT_EQ(pipe.fill(from[1], 10), Io::Blocked);
    EXPECT_EQ(pool.in_use(), 0U);
    from[0].close();
    ASSERT_TRUE(pipe.prepare(pool));
    EXPECT_EQ(pipe.fill(from[1], 10), Io::Ended);
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST(SplicePipe, IsNotMadeBeyondTheLimit) {
    PipePool pool(1);
    SplicePipe first;
    SplicePipe second;
    EXPECT_TRUE(first.prepare(pool));
    EXPECT_FALSE(second.prepare(pool));
    first.clear();
    EXPECT_TRUE(second.prepare(pool));
}

TEST(SplicePipe, NeverShowsTheNextOneWhatAnotherLeftBehind) {
    PipePool pool(1);
    auto from = socket_pair();
    auto to = socket_pair();
    {
        SplicePipe abandoned;
        ASSERT_TRUE(abandoned.prepare(pool));
        send_to(from[0], "secret");
        EXPECT_EQ(abandoned.fill(from[1], 6), Io::Progress);
    }
    SplicePipe next;
    ASSERT_TRUE(next.prepare(pool));
    send_to(from[0], "public");
    EXPECT_EQ(next.fill(from[1], 6), Io::Progress);
    size_t moved = 0;
    EXPECT_EQ(next.drain(to[0], moved), Io::Progress);
    EXPECT_EQ(receive_from(to[1]), "public");
}

TEST(Splice, BringsEveryByteToAReaderThatIsSlow) {
    auto const body = pattern(24 * mebibyte, 1);
    TemporaryFolder const folder;
    auto const path = (folder.path() / "listener.sock").string();
    for (auto const& socket : {std::string(), path}) {
        std::filesystem::remove(path);
        ScriptedUpstream upstream(
            [&](Peer& peer) {
                while (!peer.read_head().empty()) peer.send(head_of(body.size()) + body);
            },
            socket);
        TestProxy proxy;
        proxy.add_route("/", upstream.url());
        auto client = proxy.connect();
        for (int round = 0; round < 2; ++round) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 200"));
            std::string received;
            while (received.size() < body.size()) {
                auto const wanted = std::min<size_t>(99'999, body.size() - received.size());
                auto const piece = client.read_exactly(wanted);
                ASSERT_EQ(piece.size(), wanted);
                received += piece;
            }
            EXPECT_TRUE(received == body);
        }
        EXPECT_EQ(upstream.connections(), 1);
    }
}

/// Uploads a body of 24 MiB twice, with its length or chunked, to a reader of small pieces.
void upload(std::string const& socket, bool chunked) {
    auto const body = pattern(24 * mebibyte, 7);
    ScriptedUpstream upstream(
        [&](Peer& peer) {
            while (!peer.read_head().empty()) {
                std::string received;
                while (received.size() < body.size()) {
                    auto left = body.size() - received.size();
                    if (chunked) left = std::stoul(peer.read_until("\r\n"), nullptr, 16);
                    if (left == 0) return;
                    while (left > 0) {
                        auto const piece = peer.read_exactly(std::min<size_t>(77'777, left));
                        if (piece.empty()) return;
                        received += piece;
                        left -= piece.size();
                    }
                    if (chunked) peer.read_exactly(2);
                }
                if (chunked) peer.read_until("0\r\n\r\n");
                peer.send(received == body
                              ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                              : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            }
        },
        socket);
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    for (int round = 0; round < 2; ++round) {
        client.send(chunked ? "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            : fmt::format("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
                                          body.size()));
        if (chunked) client.send(fmt::format("{:x}\r\n", body.size()));
        client.send(body);
        if (chunked) client.send("\r\n0\r\n\r\n");
        EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 200"));
    }
    EXPECT_EQ(upstream.connections(), 1);
}

TEST(Splice, BringsEveryByteOfAnUpload) { upload({}, false); }

TEST(Splice, WaitsForAUnixSocketThatIsFull) {
    TemporaryFolder const folder;
    auto const path = (folder.path() / "listener.sock").string();
    for (bool const chunked : {false, true}) {
        std::filesystem::remove(path);
        upload(path, chunked);
    }
}

TEST(Splice, EndsABodyWithTheConnectionForAnOldClient) {
    auto const body = pattern(8 * mebibyte, 3);
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.0 200 OK\r\n\r\n" + body);
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("GET / HTTP/1.0\r\n\r\n");
    client.read_head();
    EXPECT_TRUE(client.read_to_end() == body);
}

TEST(Splice, CutsTheClientOffWhenABigBodyBreaksOff) {
    auto const half = pattern(4 * mebibyte, 5);
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send(head_of(8 * mebibyte) + half);
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    auto client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_head();
    // What had not left yet may be lost with it; nothing may be made up.
    auto const received = client.read_to_end();
    EXPECT_LE(received.size(), half.size());
    EXPECT_TRUE(half.starts_with(received));
    EXPECT_TRUE(client.is_closed());
}

TEST(Splice, SurvivesClientsThatGoInTheMiddle) {
    constexpr size_t size = 16 * mebibyte;
    ScriptedUpstream upstream([&](Peer& peer) {
        auto const head = peer.read_head();
        if (head.empty()) return;  // the client went before its request could be passed on
        if (head.starts_with("PUT")) {
            // Reads a part only, so that something waits in the proxy when the client goes.
            peer.read_exactly(mebibyte);
            peer.read_to_end();
            return;
        }
        auto const start = head.find("/") + 1;
        peer.send(head_of(size) + pattern(size, std::stoul(head.substr(start))));
    });
    TestProxy proxy;
    proxy.add_route("/", upstream.url());
    for (unsigned i = 0; i < 8; ++i) {
        auto reader = proxy.connect();
        reader.send(fmt::format("GET /{}000000 HTTP/1.1\r\nHost: a\r\n\r\n", i));
        reader.read_head();
        reader.read_exactly(mebibyte);
        i % 2 == 0 ? reader.close() : reader.reset();
        auto writer = proxy.connect();
        writer.send(fmt::format("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", size));
        writer.send(pattern(4 * mebibyte, i));
        i % 2 == 0 ? writer.close() : writer.reset();
    }
    auto client = proxy.connect();
    client.send("GET /99 HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_head();
    EXPECT_TRUE(client.read_exactly(size) == pattern(size, 99));
}

}  // namespace
}  // namespace carrel::proxy
