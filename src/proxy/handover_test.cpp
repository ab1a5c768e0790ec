#include "http/edge_token.hpp"
#include "proxy/handover_taker.hpp"
#include "proxy/test_peers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <future>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: x\r\n\r\n";

std::string upgrade(std::string const& target, std::string const& fields = {}) {
    return fmt::format(
        "GET {} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n{}\r\n",
        target, fields);
}

std::string get(std::string const& target) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target);
}

/// Accepts every upgrade and sends back what it gets.
ScriptedUpstream::Script echo_tunnel() {
    return [](Peer& peer) {
        peer.read_head();
        peer.send(switching);
        for (;;) {
            auto const byte = peer.read_exactly(1);
            if (byte.empty()) return;
            peer.send(byte);
        }
    };
}

/// A proxy that can be taken over, and tells when it has been.
class Generation {
public:
    Generation(std::filesystem::path const& folder, bool take_over, unsigned threads = 1) {
        auto options = TestProxy::options();
        options.handover_socket = folder / "handover";
        options.take_over = take_over;
        options.threads = threads;
        auto created = Proxy::create(std::move(options));
        if (!created) throw std::runtime_error(created.error().message);
        proxy_ = *std::move(created);
    }
    void take_over() {
        auto const taken = proxy_->take_over();
        if (!taken) throw std::runtime_error(taken.error().message);
    }
    Generation& start() {
        proxy_->on_departure([this] {
            std::scoped_lock const lock(mutex_);
            changed_.notify_all();
        });
        proxy_->start();
        auto const waiting = proxy_->await_successors();
        EXPECT_TRUE(waiting) << waiting.error().message;
        return *this;
    }
    bool wait_for(Proxy::Departure departure) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, Seconds(10),
                                 [&] { return proxy_->departure() >= departure; });
    }
    Peer connect() const { return Peer::connect(proxy_->port()); }
    std::string api(std::string const& method, std::string const& path,
                    std::string const& body = {}) const {
        auto client = Peer::connect(proxy_->api_port());
        client.send(
            fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nAuthorization: token secret\r\n"
                        "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                        method, path, body.size(), body));
        return client.read_to_end();
    }
    void add_route(std::string const& path, std::string const& target,
                   std::string const& more = {}) const {
        EXPECT_THAT(
            api("POST", "/api/routes" + path, fmt::format(R"({{"target":"{}"{}}})", target, more)),
            StartsWith("HTTP/1.1 201"));
    }
    Proxy& operator*() { return *proxy_; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<Proxy> proxy_;
};

class Handover : public testing::Test {
protected:
    Handover() {
        std::string name = (std::filesystem::temp_directory_path() / "carrel-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        old_ = std::make_unique<Generation>(folder_, false);
        old_->start();
    }
    ~Handover() override {
        new_.reset();
        old_.reset();
        std::filesystem::remove_all(folder_);
    }
    /// The new one serves afterwards.
    void hand_over() {
        new_ = std::make_unique<Generation>(folder_, true);
        new_->take_over();
        new_->start();
        ASSERT_TRUE(old_->wait_for(Proxy::Departure::HandedOver));
    }

    std::filesystem::path folder_;
    std::unique_ptr<Generation> old_;
    std::unique_ptr<Generation> new_;
};

TEST_F(Handover, CarriesTunnelsIdleConnectionsAndRoutesOver) {
    ScriptedUpstream tunnels(echo_tunnel());
    ScriptedUpstream answers(echo());
    old_->add_route("/ws", tunnels.url());
    old_->add_route("/a", answers.url());
    auto const port = (**old_).port();
    auto tunnel = old_->connect();
    tunnel.send(upgrade("/ws"));
    tunnel.read_head();
    auto idle = old_->connect();
    idle.send(get("/a/1"));
    EXPECT_THAT(idle.read_message(), HasSubstr("GET /a/1 "));
    auto silent = old_->connect();
    auto half = old_->connect();
    half.send("GET /a/half HTTP/1.1\r\nHo");

    hand_over();
    EXPECT_EQ((**new_).port(), port);
    ASSERT_TRUE(old_->wait_for(Proxy::Departure::Drained));
    old_.reset();

    for (int i = 0; i < 100; ++i) {
        tunnel.send("ping");
        ASSERT_EQ(tunnel.read_exactly(4), "ping");
    }
    idle.send(get("/a/2"));
    EXPECT_THAT(idle.read_message(), HasSubstr("GET /a/2 "));
    silent.send(get("/a/3"));
    EXPECT_THAT(silent.read_message(), HasSubstr("GET /a/3 "));
    half.send("st: a\r\n\r\n");
    EXPECT_THAT(half.read_message(), HasSubstr("GET /a/half "));
    auto fresh = new_->connect();
    fresh.send(get("/a/4"));
    EXPECT_THAT(fresh.read_message(), HasSubstr("GET /a/4 "));
    EXPECT_THAT(new_->api("GET", "/api/routes/a"), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(tunnels.connections(), 1);
    tunnel.half_close();
    EXPECT_TRUE(tunnel.is_closed());
    new_.reset();
}

TEST_F(Handover, LosesNoByteThatWasUnderWay) {
    std::promise<void> go;
    constexpr size_t size = 4'000'000;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send(switching);
        std::string data;
        for (size_t i = 0; data.size() < size; ++i) data += fmt::format("{} ", i);
        // Nobody reads at first, so that every buffer on the way is full.
        std::thread writer([&] { peer.send(data); });
        go.get_future().wait();
        EXPECT_EQ(peer.read_exactly(data.size()), data);
        writer.join();
    });
    old_->add_route("/", upstream.url());
    auto client = old_->connect();
    client.send(upgrade("/ws"));
    client.read_head();
    std::string data;
    for (size_t i = 0; data.size() < size; ++i) data += fmt::format("{} ", i);
    size_t sent = 0;
    for (size_t some = 1; some > 0;)
        sent += some = client.send_some(std::string_view(data).substr(sent));
    ASSERT_GT(sent, 0U);

    hand_over();
    std::thread writer([&] { client.send(std::string_view(data).substr(sent)); });
    go.set_value();
    EXPECT_EQ(client.read_exactly(data.size()), data);
    writer.join();
}

TEST_F(Handover, KeepsWhatIsHalfClosedHalfClosed) {
    std::promise<void> ended;
    std::promise<void> go;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        peer.send(switching);
        EXPECT_EQ(peer.read_to_end(), "all");
        ended.set_value();
        go.get_future().wait();
        peer.send("answer");
    });
    old_->add_route("/", upstream.url());
    auto client = old_->connect();
    client.send(upgrade("/ws"));
    client.read_head();
    client.send("all");
    client.half_close();
    ended.get_future().wait();
    hand_over();
    go.set_value();
    EXPECT_EQ(client.read_to_end(), "answer");
}

TEST_F(Handover, FinishesAnAnswerAndThenHandsTheConnectionOn) {
    std::promise<void> begun;
    std::promise<void> go;
    ScriptedUpstream upstream([&](Peer& peer) {
        if (!peer.read_head().starts_with("GET /slow")) {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain");
            return;
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
        begun.set_value();
        go.get_future().wait();
        peer.send("half");
    });
    old_->add_route("/", upstream.url());
    auto client = old_->connect();
    client.send(get("/slow"));
    auto const head = client.read_head();
    EXPECT_THAT(head, Not(HasSubstr("close")));
    begun.get_future().wait();
    hand_over();
    EXPECT_EQ((**old_).departure(), Proxy::Departure::HandedOver);
    go.set_value();
    EXPECT_EQ(client.read_exactly(8), "halfhalf");
    ASSERT_TRUE(old_->wait_for(Proxy::Departure::Drained));
    old_.reset();
    client.send(get("/next"));
    EXPECT_THAT(client.read_message(), testing::EndsWith("again"));
}

TEST_F(Handover, AnUpgradeThatIsUnderWayBecomesATunnelOfTheSuccessor) {
    std::promise<void> asked;
    std::promise<void> go;
    ScriptedUpstream upstream([&](Peer& peer) {
        peer.read_head();
        asked.set_value();
        go.get_future().wait();
        peer.send(switching);
        peer.send(peer.read_exactly(4));
    });
    old_->add_route("/", upstream.url());
    auto client = old_->connect();
    client.send(upgrade("/ws"));
    asked.get_future().wait();
    hand_over();
    go.set_value();
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 101"));
    ASSERT_TRUE(old_->wait_for(Proxy::Departure::Drained));
    old_.reset();
    client.send("ping");
    EXPECT_EQ(client.read_exactly(4), "ping");
}

TEST_F(Handover, ATunnelStillObeysRevocations) {
    ScriptedUpstream upstream(echo_tunnel());
    old_->add_route("/g", upstream.url(), R"(,"auth":{"login":"/login"})");
    auto const now = SystemClock().now();
    auto const token = http::sign_edge_token({"/g", "ada", "session-1", now, now + Seconds(600)},
                                             std::string(32, 'k'));
    auto client = old_->connect();
    client.send(upgrade("/g/ws", fmt::format("Cookie: carrel_edge={}\r\n", token)));
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 101"));
    hand_over();
    client.send("a");
    EXPECT_EQ(client.read_exactly(1), "a");
    auto const until = std::chrono::duration_cast<Seconds>(now.time_since_epoch()).count() + 900;
    EXPECT_THAT(new_->api("POST", "/api/revocations",
                          fmt::format(R"({{"session":"session-1","until":{}}})", until)),
                StartsWith("HTTP/1.1 201"));
    EXPECT_TRUE(client.is_closed());
}

TEST_F(Handover, RevocationsAndActivityGoAlong) {
    old_->add_route("/a", "http://127.0.0.1:1");
    auto const until =
        std::chrono::duration_cast<Seconds>(SystemClock().now().time_since_epoch()).count() + 900;
    old_->api("POST", "/api/revocations", fmt::format(R"({{"session":"s","until":{}}})", until));
    auto const revocations = old_->api("GET", "/api/revocations");
    auto const route = old_->api("GET", "/api/routes/a");
    hand_over();
    auto const body = [](std::string const& answer) {
        return answer.substr(answer.find("\r\n\r\n"));
    };
    EXPECT_EQ(body(new_->api("GET", "/api/revocations")), body(revocations));
    EXPECT_EQ(body(new_->api("GET", "/api/routes/a")), body(route));
}

TEST_F(Handover, AKeptConnectionToTheApiGetsOneMoreAnswerAndItIsTheSuccessors) {
    auto client = Peer::connect((**old_).api_port());
    auto const ask = [&](std::string const& method, std::string const& path,
                         std::string const& body) {
        client.send(
            fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nAuthorization: token secret\r\n"
                        "Content-Length: {}\r\n\r\n{}",
                        method, path, body.size(), body));
    };
    ask("GET", "/api/routes", "");
    EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 200"));
    hand_over();
    ask("POST", "/api/routes/late", R"({"target":"http://127.0.0.1:1"})");
    auto const answer = client.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
    EXPECT_THAT(new_->api("GET", "/api/routes/late"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Handover, ManyGenerationsFollowEachOther) {
    ScriptedUpstream upstream(echo_tunnel());
    old_->add_route("/", upstream.url());
    std::vector<Peer> tunnels;
    for (int i = 0; i < 20; ++i) {
        tunnels.push_back(old_->connect());
        tunnels.back().send(upgrade("/ws"));
        tunnels.back().read_head();
    }
    std::vector<std::unique_ptr<Generation>> earlier;
    for (int round = 0; round < 5; ++round) {
        for (auto& tunnel : tunnels) tunnel.send("x");
        hand_over();
        for (auto& tunnel : tunnels) ASSERT_EQ(tunnel.read_exactly(1), "x");
        earlier.push_back(std::move(old_));
        old_ = std::move(new_);
    }
    EXPECT_EQ(upstream.connections(), 20);
}

/// Behaves as a successor up to a point, and then as none.
class Impostor {
public:
    explicit Impostor(std::filesystem::path const& folder)
        : channel(*HandoverChannel::connect(folder / "handover")) {}
    void greet(uint32_t version = handover_version) const {
        ASSERT_TRUE(channel->send(MessageKind::Hello, encode(HelloMessage{version})));
    }
    void read_state() const {
        while (channel->receive(Seconds(10))->kind != MessageKind::Settled) {
        }
    }
    std::unique_ptr<HandoverChannel> channel;
};

TEST_F(Handover, ASuccessorThatFailsChangesNothing) {
    ScriptedUpstream tunnels(echo_tunnel());
    ScriptedUpstream answers(echo());
    old_->add_route("/ws", tunnels.url());
    old_->add_route("/a", answers.url());
    auto tunnel = old_->connect();
    tunnel.send(upgrade("/ws"));
    tunnel.read_head();
    auto idle = old_->connect();
    auto const all_is_well = [&] {
        tunnel.send("ping");
        EXPECT_EQ(tunnel.read_exactly(4), "ping");
        idle.send(get("/a/1"));
        EXPECT_THAT(idle.read_message(), HasSubstr("GET /a/1 "));
        auto fresh = old_->connect();
        fresh.send(get("/a/2"));
        EXPECT_THAT(fresh.read_message(), HasSubstr("GET /a/2 "));
        EXPECT_THAT(old_->api("GET", "/api/routes/a"), StartsWith("HTTP/1.1 200"));
        EXPECT_EQ((**old_).departure(), Proxy::Departure::None);
    };
    all_is_well();
    {
        Impostor const speaks_another_version(folder_);
        speaks_another_version.greet(handover_version + 1);
        auto const answer = speaks_another_version.channel->receive(Seconds(10));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->kind, MessageKind::Refusal);
    }
    all_is_well();
    {
        Impostor const talks_rubbish(folder_);
        ASSERT_TRUE(talks_rubbish.channel->send(MessageKind::Taken, "rubbish"));
        EXPECT_EQ(talks_rubbish.channel->receive(Seconds(10))->kind, MessageKind::Refusal);
    }
    all_is_well();
    {
        Impostor const dies_early(folder_);
        dies_early.greet();
        dies_early.read_state();
    }
    all_is_well();
    {
        Impostor const dies_late(folder_);
        dies_late.greet();
        dies_late.read_state();
        ASSERT_TRUE(dies_late.channel->send(MessageKind::Prepared, {}));
        while (dies_late.channel->receive(Seconds(10))->kind != MessageKind::Complete) {
        }
        tunnel.send("while nobody serves");
    }
    EXPECT_EQ(tunnel.read_exactly(19), "while nobody serves");
    all_is_well();
    // And then one that works.
    hand_over();
    tunnel.send("ping");
    EXPECT_EQ(tunnel.read_exactly(4), "ping");
}

TEST_F(Handover, StoppingInTheMiddleOfAHandoverEnds) {
    Impostor const hangs(folder_);
    hangs.greet();
    hangs.read_state();
    old_.reset();
}

TEST_F(Handover, NobodyThereIsAnError) {
    auto options = TestProxy::options();
    options.handover_socket = folder_ / "nobody";
    options.take_over = true;
    auto const proxy = Proxy::create(std::move(options));
    ASSERT_FALSE(proxy);
    EXPECT_THAT(proxy.error().message, StartsWith("reach the running proxy at "));
}

TEST_F(Handover, MoreThreadsShareTheSameListener) {
    ScriptedUpstream upstream(echo());
    old_->add_route("/", upstream.url());
    new_ = std::make_unique<Generation>(folder_, true, 3);
    new_->take_over();
    new_->start();
    for (int i = 0; i < 30; ++i) {
        auto client = new_->connect();
        client.send(get("/"));
        EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 200"));
    }
    new_.reset();
}

}  // namespace
}  // namespace carrel::proxy
