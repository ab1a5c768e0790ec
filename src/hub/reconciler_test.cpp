#include "hub/reconciler.hpp"

#include "auth/logins.hpp"
#include "hub/hub_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {

using testing::ElementsAre;
using testing::HasSubstr;

class ReconcilerTest : public HubFixture {
protected:
    void TearDown() override { ASSERT_TRUE(await(servers_.close())); }

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
    run_until([&] { return record_of(ada_).state == ServerState::Stopped; });
    EXPECT_EQ(spawner_.running(), 0U);
}

TEST_F(ReconcilerTest, StopsServersOfWhoIsKeptOutOrRemovedWhoeverStartsThem) {
    for (bool const removed : {false, true}) {
        auto const change = [&](bool out) {
            ASSERT_TRUE(store_->write([&](Transaction& transaction) -> Result<> {
                TRY(auto ada, transaction.users().find(ada_.id));
                ada.admission = out && !removed ? Admission::Denied : Admission::Allowed;
                ada.removed_at = out && removed ? std::optional(clock_.now()) : std::nullopt;
                return transaction.users().update(ada);
            }));
        };
        for (int again = 0; again < 2; ++again) {
            change(false);
            start_ada();
            ASSERT_TRUE(await(reconciler_.pass()));
            ASSERT_EQ(record_of(ada_).state, ServerState::Running);
            change(true);
            ASSERT_TRUE(await(reconciler_.pass()));
            run_until([&] { return record_of(ada_).state == ServerState::Stopped; });
            EXPECT_TRUE(proxy_.known.empty());
            EXPECT_THAT(record_of(ada_).message, HasSubstr("may not use this hub"));
        }
    }
}

TEST_F(ReconcilerTest, ServerThatDoesNotStopKeepsNoOtherFromStopping) {
    auto const bob = add_user("bob");
    admit(bob);
    auto const stubborn = start_ada();
    auto const other = await(servers_.start(server_of(bob), "bob")).value();
    run_until([&] { return other->progress.latest().over(); });
    spawner_.never_stops = stubborn->record.spawner_state;
    set_state(CourseState::Degrading);
    ASSERT_TRUE(await(reconciler_.pass()));
    run_until([&] { return record_of(bob).state == ServerState::Stopped; });
    run_until([&] { return record_of(ada_).state == ServerState::Running; });
}

TEST_F(ReconcilerTest, ForgetsServersThatHaveEndedAndStartsThemAgainAllTheSame) {
    auto const key = start_ada()->owner.key();
    ASSERT_TRUE(await(servers_.stop(key, "ada", "server_stopped", "")));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_NE(servers_.find(key), nullptr) << "somebody may still be watching";
    clock_.advance(Milliseconds(300'000));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(servers_.find(key), nullptr);
    EXPECT_EQ(record_of(ada_).state, ServerState::Stopped);
    EXPECT_EQ(start_ada()->record.state, ServerState::Running);
    clock_.advance(Milliseconds(900'000));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_NE(servers_.find(key), nullptr) << "this one runs";
}

TEST_F(ReconcilerTest, RestoresTheRouteOfAServerThatCouldNotBeStopped) {
    auto const server = start_ada();
    ASSERT_TRUE(await(reconciler_.pass()));
    spawner_.never_stops = server->record.spawner_state;
    EXPECT_FALSE(await(servers_.stop(server->owner.key(), "ada", "server_stopped", "")));
    EXPECT_TRUE(proxy_.known.empty());
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_TRUE(proxy_.known.contains("/c/bio/user/ada"));
}

TEST_F(ReconcilerTest, AddsTheRouteThatAKilledControlProcessDidNot) {
    start_ada();
    ASSERT_TRUE(await(reconciler_.pass()));
    proxy_.known.clear();  // written as running, killed before it spoke to the proxy
    ServerLifecycle next(dependencies(), settings_);
    ASSERT_TRUE(await(next.recover()));
    Reconciler reconciler(dependencies(), next);
    ASSERT_TRUE(await(reconciler.pass()));
    EXPECT_TRUE(proxy_.known.contains("/c/bio/user/ada"));
}

TEST_F(ReconcilerTest, AddsTheRouteThatTheProxyDidNotTake) {
    ASSERT_TRUE(await(reconciler_.pass()));
    proxy_.down = true;
    start_ada();
    proxy_.down = false;
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_TRUE(proxy_.known.contains("/c/bio/user/ada"));
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

TEST_F(ReconcilerTest, RevokesOfAKeptTokenOnlyWhatWasIssuedSoFar) {
    ASSERT_TRUE(store_->write([&](Transaction& t) -> Result<> {
        for (auto const* id : {"kept", "deleted"})
            TRY_VOID(t.tokens().insert({.id = TokenId(id),
                                        .secret_hash = id,
                                        .user = ada_.id,
                                        .created_at = clock_.now()}));
        TRY_VOID(revoke_tokens(t, ada_.id, clock_.now()));
        TRY(auto const deleted, t.tokens().find(TokenId("deleted")));
        TRY_VOID(end_token(t, deleted, clock_.now()));
        return {};
    }));
    auto const revoked_at = clock_.now();
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(proxy_.login_issues["token:kept"], revoked_at);
    EXPECT_EQ(proxy_.login_issues["token:deleted"], std::nullopt);
    clock_.advance(Milliseconds(3'600'000));
    proxy_.restart();
    proxy_.login_issues.clear();
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(proxy_.login_issues.at("token:kept"), revoked_at) << "and not when it is told again";
    EXPECT_EQ(proxy_.login_issues.at("token:deleted"), std::nullopt);
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

TEST_F(ReconcilerTest, AProxyThatComesBackIsToldAtOnceWhatItMissed) {
    start_ada();
    ASSERT_TRUE(await(reconciler_.pass()));
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "revoke_login",
                               .payload = R"({"login":"session-1"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    proxy_.down = true;
    ASSERT_TRUE(await(reconciler_.pass()));
    proxy_.restart();
    proxy_.down = false;
    ASSERT_TRUE(await(reconciler_.pass()));  // the outbox would not try yet
    EXPECT_THAT(proxy_.revoked_logins, ElementsAre("session-1"));
    clock_.advance(Milliseconds(10'000));
    ASSERT_TRUE(await(reconciler_.pass()));
    proxy_.restart();
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_THAT(proxy_.revoked_logins, ElementsAre("session-1")) << "and remembered once";
}

TEST_F(ReconcilerTest, ParticipantLetInAgainKeepsTheServer) {
    start_ada();
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "remove_participant",
                               .payload = R"({"course":"id-bio","user":"id-ada"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_EQ(spawner_.running(), 1U);
}

TEST_F(ReconcilerTest, RemovedParticipantLosesServerAndRights) {
    start_ada();
    admit(ada_, ApplicationState::Rejected);
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

TEST_F(ReconcilerTest, WhatOpenedAServerThatStoppedFirstIsRefusedToo) {
    start_ada();
    ASSERT_TRUE(await(servers_.stop({course_.id, ada_.id, ""}, "ada", "server_stopped", "")));
    admit(ada_, ApplicationState::Rejected);
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "remove_participant",
                               .payload = R"({"course":"id-bio","user":"id-ada"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    ASSERT_TRUE(await(reconciler_.pass()));
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada ada"));
}

TEST_F(ReconcilerTest, SomebodyLetInAgainIsNotRefusedAfterTheProxyRestarted) {
    start_ada();
    admit(ada_, ApplicationState::Rejected);
    auto const removed_at = clock_.now();
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "remove_participant",
                               .payload = R"({"course":"id-bio","user":"id-ada"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    ASSERT_TRUE(await(reconciler_.pass()));
    clock_.advance(Milliseconds(3'600'000));
    proxy_.restart();
    proxy_.revoked_until_issue.clear();
    ASSERT_TRUE(await(reconciler_.pass()));
    // Tokens that she got since she was accepted again are younger, and stay good.
    EXPECT_THAT(proxy_.revoked_until_issue, ElementsAre(removed_at));
}

TEST_F(ReconcilerTest, RevokesEntryWhereTheHubIsNow) {
    ASSERT_TRUE(store_->write([&](Transaction& t) {
        return t.outbox().add({.kind = "revoke_entry",
                               .payload = R"({"path":"/c/bio/user/ada/my gpu","user":"bob"})",
                               .created_at = clock_.now(),
                               .due_at = clock_.now()});
    }));
    paths_ = HubPaths("bio");
    Reconciler reconciler(dependencies(), servers_);
    ASSERT_TRUE(await(reconciler.pass()));
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/user/ada/my gpu bob"));
}

TEST(Revocations, LoginsRevokedByAFormerProgramStayRefused) {
    auto const kept = read_revocations(R"([{"login":"s","made":1,"until":9}])", Time());
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_TRUE(kept[0].for_good);
}

TEST(Revocations, AreForgottenOnceNoTokenCanBeValid) {
    Time const now(Milliseconds(1'000'000));
    auto const text = format_revocations(
        {{.login = "old", .until = now}, {.login = "new", .until = now + Milliseconds(1)}});
    auto const kept = read_revocations(text, now);
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].login, "new");
    for (auto const* text_of_nobody : {"not json", "[1]", "{}", "null"})
        EXPECT_TRUE(read_revocations(text_of_nobody, now).empty());
}

}  // namespace carrel
