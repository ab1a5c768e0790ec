#include "hub/server_lifecycle.hpp"

#include "hub/hub_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {

using ServerLifecycleTest = HubFixture;
using StartQueueTest = SlowHubFixture;
using testing::HasSubstr;

TEST_F(ServerLifecycleTest, StartedServerIsStoredAndRouted) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });

    EXPECT_TRUE(server->progress.latest().ready);
    EXPECT_EQ(record_of(ada_).state, ServerState::Running);
    ASSERT_TRUE(proxy_.known.contains("/c/bio/user/ada"));
    EXPECT_EQ(proxy_.known["/c/bio/user/ada"].secret, spawner_.started[0].secret);
    EXPECT_EQ(spawner_.started[0].base_url, "/c/bio/user/ada/");
}

TEST_F(ServerLifecycleTest, RunningServerHasNoMoreRoomThanTheCourseGives) {
    course_.request.resources.storage_gib = 2;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.courses().update(course_); }));
    ServerLifecycle servers(dependencies(), settings_);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    EXPECT_EQ(homes_.limits[ada_.name], 2LL << 30);
}

TEST_F(ServerLifecycleTest, SecondStartOfARunningServerStartsNothing) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const first = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return first->progress.latest().over(); });
    EXPECT_EQ(await(servers.start(server_of(ada_), "ada")).value(), first);
    EXPECT_EQ(spawner_.started.size(), 1U);
}

TEST_F(ServerLifecycleTest, RefusesToStartInACourseThatIsNotDeployed) {
    ServerLifecycle servers(dependencies(), settings_);
    for (auto const state :
         {CourseState::Accepted, CourseState::Degrading, CourseState::Degraded}) {
        set_state(state);
        EXPECT_EQ(await(servers.start(server_of(ada_), "ada")).error().code, Code::Conflict);
    }
    EXPECT_TRUE(spawner_.started.empty());
}

TEST_F(ServerLifecycleTest, AsksTheStoreAndNotTheRequestWhetherItMayStart) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const asked_before = server_of(ada_);
    set_state(CourseState::Degrading);
    EXPECT_EQ(await(servers.start(asked_before, "ada")).error().code, Code::Conflict);
    set_state(CourseState::Deployed);
    admit(ada_, ApplicationState::Rejected);
    EXPECT_EQ(await(servers.start(asked_before, "ada")).error().code, Code::PermissionDenied);
    EXPECT_TRUE(spawner_.started.empty());
    EXPECT_FALSE(servers.find(asked_before.key()));
}

TEST_F(ServerLifecycleTest, EnvironmentThatIsGoneFailsAHalfStartedServer) {
    ServerRecord const half{.course = course_.id, .user = ada_.id, .state = ServerState::Starting};
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.servers().put(half); }));
    settings_.environments.clear();
    ServerLifecycle servers(dependencies(), settings_);
    ASSERT_TRUE(await(servers.recover()));
    run_until([&] { return record_of(ada_).state == ServerState::Failed; });
    EXPECT_THAT(record_of(ada_).message, HasSubstr("no longer configured"));
    ASSERT_TRUE(await(servers.close()));
}

TEST_F(ServerLifecycleTest, FinishesAStopThatWasInterrupted) {
    {
        ServerLifecycle former(dependencies(), settings_);
        auto const server = await(former.start(server_of(ada_), "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
    }
    auto record = record_of(ada_);
    record.state = ServerState::Stopping;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.servers().put(record); }));
    ServerLifecycle servers(dependencies(), settings_);
    ASSERT_TRUE(await(servers.recover()));
    run_until([&] { return record_of(ada_).state == ServerState::Stopped; });
    EXPECT_EQ(spawner_.running(), 0U);
    ASSERT_TRUE(await(servers.close()));
}

TEST_F(ServerLifecycleTest, WatchersOfOneStartDoNotWakeEachOther) {
    ProgressFeed feed(context_.get_executor());
    int woken = 0;
    auto const watch = [&]() -> Task<> {
        while (feed.version() == 0) {
            CO_TRY_VOID(co_await feed.wait_for_change(0, Milliseconds(20'000)));
            ++woken;
        }
        co_return Result<>();
    };
    TaskGroup watchers(context_.get_executor());
    for (int i = 0; i < 3; ++i) watchers.start("watch", watch());
    for (int i = 0; i < 100; ++i) context_.poll();
    EXPECT_EQ(woken, 0);
    feed.publish({.percent = 5});
    run_until([&] { return watchers.size() == 0; });
    EXPECT_EQ(woken, 3);
}

TEST_F(ServerLifecycleTest, FailedStartIsExplainedWithTheLog) {
    ServerLifecycle servers(dependencies(), settings_);
    spawner_.fail_next(
        {.exit_code = 1, .explanation = "jupyter-lab is missing", .log_tail = "line"});
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });

    EXPECT_TRUE(server->progress.latest().failed);
    EXPECT_THAT(record_of(ada_).message, HasSubstr("jupyter-lab is missing"));
    EXPECT_EQ(record_of(ada_).log_tail, "line");
    EXPECT_TRUE(proxy_.known.empty());
    // And the next try works.
    auto const again = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return again->progress.latest().ready; });
}

TEST_F(ServerLifecycleTest, FullDiskFailsTheStartWithOneSentence) {
    ServerLifecycle servers(dependencies(), settings_);
    homes_.disk_full = true;
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    EXPECT_THAT(record_of(ada_).message, HasSubstr("the disk is full"));
}

TEST_F(ServerLifecycleTest, StopRemovesRouteAndServer) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    ASSERT_TRUE(await(servers.stop(server->owner.key(), "ada", "server_stopped", "")));
    EXPECT_TRUE(proxy_.known.empty());
    EXPECT_EQ(spawner_.running(), 0U);
    EXPECT_EQ(record_of(ada_).state, ServerState::Stopped);
    EXPECT_EQ(record_of(ada_).secret, "");
}

TEST_F(ServerLifecycleTest, NewControlProcessFindsRunningServers) {
    {
        ServerLifecycle former(dependencies(), settings_);
        auto const server = await(former.start(server_of(ada_), "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
    }
    ServerLifecycle servers(dependencies(), settings_);
    ASSERT_TRUE(await(servers.recover()));
    auto const found = servers.find({course_.id, ada_.id, ""});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record.state, ServerState::Running);
    EXPECT_TRUE(found->progress.latest().ready);
    EXPECT_EQ(spawner_.started.size(), 1U);
}

TEST_F(StartQueueTest, HalfStartedServerIsStartedAnewByTheNextControlProcess) {
    auto former = std::make_unique<ServerLifecycle>(dependencies(), settings_);
    ASSERT_TRUE(await(former->start(server_of(ada_), "ada")));
    run_until([&] { return spawner_.waiting() == 1; });
    ASSERT_EQ(record_of(ada_).state, ServerState::Starting);
    ASSERT_TRUE(await(former->close()));
    former.reset();

    ServerLifecycle servers(dependencies(), settings_);
    ASSERT_TRUE(await(servers.recover()));
    run_until([&] { return spawner_.waiting() == 1; });
    spawner_.let_go();
    auto const server = servers.find({course_.id, ada_.id, ""});
    run_until([&] { return server->progress.latest().ready; });
    EXPECT_EQ(record_of(ada_).state, ServerState::Running);
}

TEST_F(StartQueueTest, OthersWaitInLineAndSeeTheirPlace) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const bob = add_user("bob");
    admit(bob);
    auto const cyd = add_user("cyd");
    admit(cyd);
    auto const first = await(servers.start(server_of(ada_), "ada")).value();
    EXPECT_EQ(record_of(ada_).state, ServerState::Starting) << "nobody is before her";
    run_until([&] { return spawner_.waiting() == 1; });
    auto const second = await(servers.start(server_of(bob), "bob")).value();
    EXPECT_EQ(record_of(bob).state, ServerState::Queued);
    auto const third = await(servers.start(server_of(cyd), "cyd")).value();
    run_until([&] { return third->progress.latest().queue_place == 2U; });
    EXPECT_EQ(second->progress.latest().queue_place, 1U);
    EXPECT_EQ(spawner_.started.size(), 1U);

    spawner_.let_go();
    run_until(
        [&] { return spawner_.started.size() == 2 && third->progress.latest().queue_place == 1U; });
    EXPECT_TRUE(first->progress.latest().ready);
    spawner_.let_go();
    run_until([&] { return spawner_.waiting() == 1 && spawner_.started.size() == 3; });
    spawner_.let_go();
    run_until([&] { return third->progress.latest().ready; });
}

TEST_F(StartQueueTest, StopWhileInLineKeepsItFromStarting) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const bob = add_user("bob");
    admit(bob);
    ASSERT_TRUE(await(servers.start(server_of(ada_), "ada")));
    run_until([&] { return spawner_.waiting() == 1; });
    auto const waiting = await(servers.start(server_of(bob), "bob")).value();
    ASSERT_TRUE(await(servers.stop(waiting->owner.key(), "bob", "server_stopped", "")));
    EXPECT_TRUE(waiting->progress.latest().over());
    EXPECT_EQ(record_of(bob).state, ServerState::Stopped);
    // Nobody stands in the line for it: the next who comes is first.
    auto const next = await(servers.start({course_, ada_, "two"}, "ada")).value();
    run_until([&] { return next->progress.latest().queue_place.has_value(); });
    EXPECT_EQ(next->progress.latest().queue_place, 1U);
    EXPECT_EQ(spawner_.started.size(), 1U);
    spawner_.let_go();
    run_until([&] { return spawner_.waiting() == 1 && spawner_.started.size() == 2; });
    spawner_.let_go();
    run_until([&] { return next->progress.latest().ready; });
}

TEST_F(StartQueueTest, RefusedStartHoldsUpNobody) {
    ServerLifecycle servers(dependencies(), settings_);
    set_state(CourseState::Degrading);
    EXPECT_FALSE(await(servers.start(server_of(ada_), "ada")));
    set_state(CourseState::Deployed);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return spawner_.waiting() == 1; });
    EXPECT_FALSE(server->progress.latest().queue_place);
    spawner_.let_go();
    run_until([&] { return server->progress.latest().ready; });
}

TEST_F(StartQueueTest, StopGivesUpAStartThatIsUnderWay) {
    ServerLifecycle servers(dependencies(), settings_);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return spawner_.waiting() == 1; });
    // It would go on starting until its time is over: nobody lets it go.
    ASSERT_TRUE(await(servers.stop(server->owner.key(), "gov", "server_stopped", "")));
    EXPECT_TRUE(server->progress.latest().failed);
    EXPECT_EQ(record_of(ada_).state, ServerState::Stopped);
    EXPECT_EQ(spawner_.running(), 0U);
    EXPECT_TRUE(proxy_.known.empty());
    auto const events =
        store_->read([](Transaction& t) { return t.events().newest(0, 1); }).value();
    EXPECT_EQ(events.at(0).kind, "server_stopped");
    EXPECT_EQ(events.at(0).actor, "gov");
    // Its place in the line is free, and so is its name.
    auto const again = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return spawner_.waiting() == 1; });
    spawner_.let_go();
    run_until([&] { return again->progress.latest().ready; });
}

}  // namespace carrel
