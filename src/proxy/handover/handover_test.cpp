#include "http/edge_token.hpp"
#include "proxy/testing/generations.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <future>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

}  // namespace
}  // namespace carrel::proxy
