#include "proxy/data_plane/listener.hpp"
#include "proxy/handover/giver.hpp"
#include "proxy/testing/generations.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace carrel::proxy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

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

/// Gives its connections away but keeps them open, as a predecessor does for a moment.
class Clinging final : public HandoverSource {
public:
    Clinging() {
        Options options;
        options.ip = "127.0.0.1";
        options.port = 0;
        for (auto& listener : listeners_) listener = std::move(listen(options)->sockets.front());
    }
    Settled settle() override {
        Settled settled;
        settled.listeners = {{"public", listeners_[0].descriptor()},
                             {"api", listeners_[1].descriptor()}};
        return settled;
    }
    void unsettle() override {}
    std::vector<Parcel> freeze() override {
        std::vector<Parcel> parcels(1);
        parcels[0].client = Socket(dup(kept.descriptor()));
        return parcels;
    }
    void thaw() override {}
    void leave(std::function<void(Parcel)>) override {}
    void revoke(Revocation const&) override {}
    void report_activity(std::function<void(ActivityMessage const&)>) override {}

    Socket kept;

private:
    std::array<Socket, 2> listeners_;
};

TEST_F(Handover, AConnectionThatIsClosedWhileThePredecessorStillHoldsItIsGone) {
    std::filesystem::create_directory(folder_ / "other");
    std::array<int, 2> ends = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    Clinging source;
    source.kept = Socket(ends[0]);
    auto const giver = HandoverGiver::create(folder_ / "other" / "handover", source);
    ASSERT_TRUE(giver);
    new_ = std::make_unique<Generation>(folder_ / "other", true);
    new_->take_over();
    new_->start();
    {
        Peer client(ends[1]);
        client.send("GET /_chp_healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        EXPECT_THAT(client.read_message(), StartsWith("HTTP/1.1 200"));
        // What still comes must not be told to a connection that exists no more.
        for (int i = 0; i < 50; ++i) {
            client.send("x");
            EXPECT_THAT(new_->api("GET", "/api/routes"), StartsWith("HTTP/1.1 200"));
        }
    }
    auto fresh = new_->connect();
    fresh.send("GET /_chp_healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(fresh.read_message(), StartsWith("HTTP/1.1 200"));
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
