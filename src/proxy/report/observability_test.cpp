#include "base/temporary_folder.hpp"
#include "proxy/testing/peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

namespace carrel::proxy {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class Observability : public testing::Test {
protected:
    Options logging() const {
        auto options = TestProxy::options();
        options.access_log = folder_ / "access.log";
        return options;
    }
    Options followed(bool take_over) const {
        auto options = TestProxy::options();
        options.handover_socket = folder_ / "handover";
        options.metrics_socket = folder_ / "metrics";
        options.take_over = take_over;
        return options;
    }
    /// Whole once the proxy has ended.
    std::string access_log() const {
        std::ifstream file(folder_ / "access.log");
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string metrics() const {
        auto client = Peer::connect((folder_ / "metrics").string());
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    }

    TemporaryFolder temporary_;
    std::filesystem::path folder_ = temporary_.path();
};

ScriptedUpstream::Script answer_once(std::string answer) {
    return [answer = std::move(answer)](Peer& peer) {
        peer.read_head();
        peer.send(answer);
    };
}

TEST_F(Observability, AnAnswerThatBreaksOffIsTheTargetsFaultAndOneThatNobodyReadsTheClients) {
    ScriptedUpstream short_one(answer_once("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
    ScriptedUpstream broken(
        answer_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxyz"));
    std::promise<void> asked;
    std::promise<void> left;
    ScriptedUpstream silent([&](Peer& peer) {
        peer.read_head();
        asked.set_value();
        EXPECT_TRUE(peer.is_closed());
        left.set_value();
    });
    {
        TestProxy proxy(logging());
        proxy.add_route("/short", short_one.url());
        proxy.add_route("/broken", broken.url());
        proxy.add_route("/silent", silent.url());
        EXPECT_THAT(proxy.get("/short"), EndsWith("half"));
        EXPECT_THAT(proxy.get("/broken"), Not(EndsWith("0\r\n\r\n")));
        auto client = proxy.connect();
        client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
        asked.get_future().wait();
        client.reset();
        left.get_future().wait();
    }
    auto const log = access_log();
    EXPECT_THAT(log, HasSubstr(R"("bytes_out":4,"route":"/short")"));
    EXPECT_THAT(log, HasSubstr("The target ended its answer too soon."));
    EXPECT_THAT(log, HasSubstr("The target's answer is malformed."));
    auto const at = log.find(R"("path":"/silent")");
    ASSERT_NE(at, std::string::npos) << log;
    EXPECT_THAT(log.substr(at), HasSubstr(R"("error":"client")"));
}

TEST_F(Observability, ASuccessorServesTheMetricsAndCountsTheTunnelsThatItTook) {
    ScriptedUpstream tunnels([](Peer& peer) {
        peer.read_head();
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Accept: x\r\n\r\n");
        peer.send(peer.read_exactly(1));
        EXPECT_TRUE(peer.is_closed());
    });
    TestProxy old(followed(false));
    ASSERT_TRUE((*old).await_successors());
    old.add_route("/ws", tunnels.url());
    auto tunnel = old.connect();
    tunnel.send(
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_THAT(tunnel.read_head(), HasSubstr("101"));
    EXPECT_THAT(metrics(),
                AllOf(HasSubstr("\ncarrel_proxy_tunnels 1\n"), HasSubstr("\nrequests_ws 1\n")));

    auto successor = Proxy::create(followed(true));
    ASSERT_TRUE(successor) << successor.error().message;
    ASSERT_TRUE((*successor)->take_over());
    (*successor)->start();
    tunnel.send("x");
    EXPECT_EQ(tunnel.read_exactly(1), "x");
    EXPECT_THAT(metrics(),
                AllOf(HasSubstr("\ncarrel_proxy_tunnels 1\n"), HasSubstr("\nrequests_ws 0\n")));
    tunnel.close();
    (*successor)->stop();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "metrics"));
}

}  // namespace
}  // namespace carrel::proxy
