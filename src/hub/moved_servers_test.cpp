#include "hub/moved_servers.hpp"

#include "hub/hub_fixture.hpp"
#include "hub/reconciler.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>

namespace carrel {

using testing::ElementsAre;
using testing::Key;

class MovedServersTest : public HubFixture {
protected:
    MovedServersTest() { start(); }

    void start() {
        ServerLifecycle first(dependencies(), settings_);
        auto const server = await(first.start(server_of(ada_), "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
        EXPECT_TRUE(await(first.close()));
    }
    std::optional<std::string> remembered() {
        return store_->read([](Transaction& t) { return t.settings().get("hub.root_course"); })
            .value();
    }
    /// The next control process, with this course at "/".
    void restart(std::string const& root) {
        paths_ = HubPaths(root);
        next_ = std::make_unique<ServerLifecycle>(dependencies(), settings_);
        ASSERT_TRUE(await(next_->recover()));
    }
    void TearDown() override {
        if (next_) ASSERT_TRUE(await(next_->close()));
    }

    std::unique_ptr<ServerLifecycle> next_;
};

TEST_F(MovedServersTest, AreStoppedOnceWhenTheirHubComesToTheRootAndWhenItLeaves) {
    for (auto const* const root : {"bio", ""}) {
        restart(root);
        ASSERT_TRUE(await(stop_moved_servers(dependencies(), *next_)));
        EXPECT_EQ(record_of(ada_).state, ServerState::Stopped);
        EXPECT_EQ(record_of(ada_).message,
                  "Stopped because its address has changed; start it again");
        EXPECT_EQ(remembered(), root);
        start();
        EXPECT_EQ(spawner_.started.back().base_url,
                  *root == '\0' ? "/c/bio/user/ada/" : "/user/ada/");
        ASSERT_TRUE(await(next_->close()));
        restart(root);
        ASSERT_TRUE(await(stop_moved_servers(dependencies(), *next_)));
        EXPECT_EQ(record_of(ada_).state, ServerState::Running);
    }
}

TEST_F(MovedServersTest, OfOtherHubsRunOn) {
    restart("chem");
    ASSERT_TRUE(await(stop_moved_servers(dependencies(), *next_)));
    EXPECT_EQ(record_of(ada_).state, ServerState::Running);
    EXPECT_EQ(remembered(), "chem");
}

TEST_F(MovedServersTest, AreNotForgottenBeforeTheLastHasEnded) {
    restart("bio");
    spawner_.never_stops = record_of(ada_).spawner_state;
    std::optional<Result<>> done;
    asio::co_spawn(context_, stop_moved_servers(dependencies(), *next_),
                   [&](std::exception_ptr, Result<> result) { done = std::move(result); });
    run_until([&] { return record_of(ada_).state == ServerState::Stopping; });
    run_until([&] { return record_of(ada_).state == ServerState::Running; });
    EXPECT_EQ(remembered(), std::nullopt);
    spawner_.never_stops.clear();
    run_until([&] { return done.has_value(); });
    EXPECT_EQ(record_of(ada_).state, ServerState::Stopped);
    EXPECT_EQ(remembered(), "bio");
}

TEST_F(MovedServersTest, HaveNoRouteLeftAtTheFormerAddress) {
    EXPECT_THAT(proxy_.known, ElementsAre(Key("/c/bio/user/ada")));
    restart("bio");
    Reconciler reconciler(dependencies(), *next_);
    ASSERT_TRUE(await(stop_moved_servers(dependencies(), *next_)));
    ASSERT_TRUE(await(reconciler.pass()));
    EXPECT_TRUE(proxy_.known.empty());
    start();
    EXPECT_THAT(proxy_.known, ElementsAre(Key("/user/ada")));
}

}  // namespace carrel
