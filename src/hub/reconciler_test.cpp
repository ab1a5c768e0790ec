#include "hub/reconciler.hpp"

#include "hub/hub_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {

using testing::ElementsAre;
using testing::HasSubstr;

class ReconcilerTest : public HubFixture {
protected:
    std::shared_ptr<LiveServer> start_ada() {
        auto const server = await(servers_.start(server_of(ada_), "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
        return server;
    }

    ServerLifecycle servers_{dependencies(), settings_};
    Reconciler reconciler_{dependencies(), servers_};
};

TEST_F(ReconcilerTest, NoticesAServerThatEndedByItself) {
    auto const server = start_ada();
    spawner_.end(server->record.spawner_state,
                 {.exit_code = 137,
                  .out_of_memory = true,
                  .explanation = "the server used more than its memory",
                  .log_tail = "Killed"});
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(record_of(ada_).state, ServerState::Failed);
    EXPECT_THAT(record_of(ada_).message, HasSubstr("memory"));
    EXPECT_TRUE(proxy_.known.empty());
}

TEST_F(ReconcilerTest, StopsServersOfACourseThatIsNoLongerDeployed) {
    start_ada();
    set_state(CourseState::Degrading);
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(spawner_.running(), 0U);
    EXPECT_EQ(record_of(ada_).state, ServerState::Stopped);
}

TEST_F(ReconcilerTest, GivesARestartedProxyItsRoutesAndRevocationsAgain) {
    start_ada();
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "revoke_login",
                               .payload = R"({"login":"session-1"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_THAT(proxy_.revoked_logins, ElementsAre("session-1"));
    proxy_.restart();
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_TRUE(proxy_.known.contains("/c/bio/user/ada"));
    EXPECT_THAT(proxy_.revoked_logins, ElementsAre("session-1"));
    EXPECT_TRUE(proxy_.marked);
}

TEST_F(ReconcilerTest, RemovesRoutesThatAFormerControlProcessLeft) {
    proxy_.known["/c/bio/user/gone"] = {};
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_TRUE(proxy_.known.empty());
}

TEST_F(ReconcilerTest, KeepsAnOutboxItemUntilTheProxyIsBack) {
    ASSERT_TRUE(await(reconciler_.pass()));
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "revoke_login",
                               .payload = R"({"login":"session-1"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    proxy_.down = true;
    ASSERT_TRUE(await(reconciler_.pass()));
    proxy_.down = false;
    clock_.advance(Milliseconds(10'000));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_THAT(proxy_.revoked_logins, ElementsAre("session-1"));
    auto const left =
        store_->read([&](Transaction& t) { return t.outbox().due(clock_.now(), 10); });
    EXPECT_TRUE(left->empty());
}

TEST_F(ReconcilerTest, RemovedParticipantLosesServerAndRights) {
    start_ada();
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "remove_participant",
                               .payload = R"({"course":"id-bio","user":"id-ada"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(spawner_.running(), 0U);
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada ada"));
}

TEST(Revocations, AreForgottenOnceNoTokenCanBeValid) {
    Time const now(Milliseconds(1'000'000));
    auto const text = format_revocations(
        {{.login = "old", .until = now}, {.login = "new", .until = now + Milliseconds(1)}});
    auto const kept = read_revocations(text, now);
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].login, "new");
    EXPECT_TRUE(read_revocations("not json", now).empty());
}

}  // namespace carrel
