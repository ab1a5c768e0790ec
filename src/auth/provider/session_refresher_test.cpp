#include "auth/provider/session_refresher.hpp"

#include "auth/provider/login_failure.hpp"
#include "auth/test_store.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <utility>

namespace carrel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Says of whoever is asked about what the test wants it to, and gives a new token each time.
class AskedProvider final : public LoginProvider {
public:
    std::function<Result<ProviderPerson>(ProviderPerson)> says = [](ProviderPerson person) {
        return person;
    };
    std::vector<std::string> asked;  ///< the tokens that came
    bool gives_tokens = true;

    ProviderSettings settings_{.name = "campus",
                               .title = "Campus",
                               .leader_groups = {"staff"},
                               .allowed_groups = {"members"},
                               .refresh_every = Seconds(300)};
    ProviderSettings const& settings() const override { return settings_; }
    Result<std::string> authorization_url(ProviderQuestion const&) override { return ""; }
    Result<ProviderPerson> identify(ProviderAnswer const&, ProviderQuestion const&) override {
        return fail(Code::Internal, "nobody is sent there");
    }
    Result<ProviderPerson> refresh(std::string& token, std::string const& subject) override {
        asked.push_back(token);
        if (gives_tokens) token = fmt::format("token {}", asked.size());
        return says({.subject = subject,
                     .username = "ada",
                     .display_name = "Ada",
                     .email = {},
                     .groups = {"members"},
                     .id_token = "newer",
                     .log_out_at = {}});
    }
};

class SessionRefresherTest : public ::testing::Test {
protected:
    SessionRefresherTest() { log_in("s-1", "token 0"); }

    void log_in(std::string const& id, std::string const& token) {
        auto const now = clock_.now();
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.sessions().insert({SessionId(id), "hash-" + id, "csrf", ada_.id,
                                                    now, now + Seconds(90'000), now, "192.0.2.1",
                                                    "Firefox"}));
            return transaction.provider_sessions().insert(
                {.session = SessionId(id),
                 .login = "campus",
                 .log_out_at = "",
                 .id_token = "",
                 .subject = "s-of-ada",
                 .refresh_token = sealer_.seal(token, refresh_token_owner("campus", "s-of-ada")),
                 .refreshed_at = now});
        });
    }
    /// Time goes on, and Ada's sessions are used.
    void work(Seconds how_long) {
        clock_.advance(how_long);
        auto const now = clock_.now();
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY(auto const sessions, transaction.sessions().of_user(ada_.id));
            for (auto const& session : sessions)
                TRY_VOID(transaction.sessions().touch(session.id, now, now + Seconds(90'000)));
            return {};
        });
    }
    size_t pass() {
        auto const passed = refresher_.pass(provider_);
        EXPECT_TRUE(passed) << passed.error().message;
        away_ = passed && passed->away;
        return passed ? passed->ended : 99;
    }
    bool logged_in(std::string const& id = "s-1") {
        return store_
            ->read([&](Transaction& transaction) {
                return transaction.sessions().find_by_secret_hash("hash-" + id);
            })
            .has_value();
    }
    User stored() {
        return store_.write(
            [&](Transaction& transaction) { return transaction.users().find(ada_.id); });
    }
    /// What the provider says from now on.
    void problem(std::string_view word, Code code) {
        provider_.says = [word = std::string(word), code](ProviderPerson const&) {
            return Result<ProviderPerson>(login_failure(word, code, "because"));
        };
    }

    TestStore store_;
    ManualClock clock_{Time(Seconds(1'000'000))};
    SystemRandom random_;
    Sealer sealer_{std::string(32, 'k'), random_};
    AskedProvider provider_;
    SessionRefresher refresher_{*store_, clock_, sealer_, nullptr};
    bool away_ = false;
    User ada_ = [this] {
        auto user = store_.add_user("ada");
        store_.write([&](Transaction& transaction) {
            return transaction.login_identities().insert({.login = "campus",
                                                          .subject = "s-of-ada",
                                                          .user = user.id,
                                                          .shown = "ada",
                                                          .created_at = clock_.now(),
                                                          .used_at = {},
                                                          .groups = "members\nchoir"});
        });
        return user;
    }();
};

TEST_F(SessionRefresherTest, AProviderIsAskedOnceInAWhileAndWithItsNewestToken) {
    EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, IsEmpty());
    work(Seconds(300));
    EXPECT_EQ(pass(), 0U);
    EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, ElementsAre("token 0"));
    work(Seconds(299));
    EXPECT_EQ(pass(), 0U);
    work(Seconds(1));
    EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, ElementsAre("token 0", "token 1"));
    EXPECT_TRUE(logged_in());
    auto const kept = store_.write([](Transaction& transaction) {
        return transaction.provider_sessions().find(SessionId("s-1"));
    });
    EXPECT_EQ(kept.id_token, "") << "it is needed to log out there, and for nothing else";
}

TEST_F(SessionRefresherTest, NobodyAsksAboutASessionThatIsNotUsed) {
    work(Seconds(300));
    EXPECT_EQ(pass(), 0U);
    clock_.advance(Seconds(3000));
    EXPECT_EQ(pass(), 0U);
    EXPECT_EQ(provider_.asked.size(), 1U);
    work(Seconds(0));
    EXPECT_EQ(pass(), 0U);
    EXPECT_EQ(provider_.asked.size(), 2U);
}

TEST_F(SessionRefresherTest, WhomTheProviderKnowsNoMoreIsOut) {
    log_in("s-2", "another");
    work(Seconds(300));
    problem("refused", Code::PermissionDenied);
    EXPECT_EQ(pass(), 2U);
    EXPECT_FALSE(logged_in());
    EXPECT_FALSE(logged_in("s-2"));
    EXPECT_EQ(store_.events().at(0).kind, "session_ended_by_login");
    EXPECT_EQ(store_.events().at(0).subject, "ada");
    EXPECT_EQ(store_.outbox().size(), 2U) << "edge tokens are revoked";
}

TEST_F(SessionRefresherTest, WhoLeavesTheGroupsThatAreLetInIsOut) {
    work(Seconds(300));
    provider_.says = [](ProviderPerson person) {
        person.groups = {"choir"};
        return person;
    };
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(logged_in());
}

TEST_F(SessionRefresherTest, AnAnswerAboutSomebodyElseIsNoAnswer) {
    work(Seconds(300));
    problem("untrusted", Code::Unauthenticated);
    EXPECT_EQ(pass(), 1U);
    EXPECT_FALSE(logged_in());
}

TEST_F(SessionRefresherTest, GroupsGiveAndTakeRolesMeanwhile) {
    work(Seconds(300));
    provider_.says = [](ProviderPerson person) {
        person.groups.emplace_back("staff");
        return person;
    };
    EXPECT_EQ(pass(), 0U);
    EXPECT_TRUE(stored().leader);
    // What is not told is as it was.
    work(Seconds(300));
    provider_.says = [](ProviderPerson person) {
        person.groups.clear();
        person.tells_groups = false;
        return person;
    };
    EXPECT_EQ(pass(), 0U);
    EXPECT_TRUE(stored().leader);
    work(Seconds(300));
    provider_.says = [](ProviderPerson person) { return person; };
    EXPECT_EQ(pass(), 0U);
    EXPECT_FALSE(stored().leader);
    EXPECT_TRUE(logged_in());
}

TEST_F(SessionRefresherTest, AProviderThatIsAwayLogsNobodyOut) {
    log_in("s-2", "another");
    work(Seconds(300));
    problem("unavailable", Code::Unavailable);
    provider_.gives_tokens = false;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(pass(), 0U);
    EXPECT_TRUE(away_);
    EXPECT_TRUE(logged_in());
    EXPECT_TRUE(logged_in("s-2"));
    EXPECT_EQ(provider_.asked.size(), 2U) << "the second waits for the next pass each time";
    // As soon as it is back it is asked, with the same token.
    provider_.says = [](ProviderPerson person) { return person; };
    EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, testing::Contains("token 0"));
    EXPECT_FALSE(away_);
    EXPECT_THAT(provider_.asked, testing::Contains("another"));
}

TEST_F(SessionRefresherTest, ATokenThatCameBeforeTheProviderFailedIsKept) {
    for (auto const* const word : {"unavailable", "misconfigured"}) {
        work(Seconds(300));
        problem(word, Code::Unavailable);
        EXPECT_EQ(pass(), 0U);
    }
    work(Seconds(300));
    provider_.says = [](ProviderPerson person) { return person; };
    EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, ElementsAre("token 0", "token 1", "token 2"));
}

TEST_F(SessionRefresherTest, WhatIsNotUnderstoodHoldsNobodyElseUp) {
    log_in("s-2", "another");
    work(Seconds(300));
    problem("misconfigured", Code::Unavailable);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, testing::UnorderedElementsAre("token 0", "another"));
    EXPECT_TRUE(logged_in());
    EXPECT_TRUE(logged_in("s-2"));
    work(Seconds(300));
    EXPECT_EQ(pass(), 0U);
    EXPECT_EQ(provider_.asked.size(), 4U) << "after its time each is asked about again";
}

TEST_F(SessionRefresherTest, OneOfTwoProcessesAsks) {
    log_in("s-2", "another");
    work(Seconds(300));
    SessionRefresher other(*store_, clock_, sealer_, nullptr);
    // The other one comes while the first has its first question under way, and its second one to
    // come.
    bool other_came = false;
    provider_.says = [&](ProviderPerson person) {
        if (!std::exchange(other_came, true)) EXPECT_EQ(other.pass(provider_).value().ended, 0U);
        return person;
    };
    EXPECT_EQ(pass(), 0U);
    EXPECT_THAT(provider_.asked, testing::UnorderedElementsAre("token 0", "another"));
}

TEST_F(SessionRefresherTest, NobodyComesBackByBeingAskedAbout) {
    work(Seconds(300));
    store_.change_user("ada", [&](User& user) { user.removed_at = clock_.now(); });
    EXPECT_EQ(pass(), 1U);
    EXPECT_TRUE(stored().removed_at);
}

TEST_F(SessionRefresherTest, AnAccountThatIsJoinedNoMoreIsNotAskedAbout) {
    work(Seconds(300));
    store_.write([&](Transaction& transaction) {
        return transaction.login_identities().remove("campus", ada_.id);
    });
    EXPECT_EQ(pass(), 0U);
    work(Seconds(300));
    EXPECT_EQ(pass(), 0U);
    EXPECT_EQ(provider_.asked.size(), 1U);
    EXPECT_TRUE(logged_in());
}

TEST_F(SessionRefresherTest, ATokenThatCannotBeOpenedVouchesForNobody) {
    work(Seconds(300));
    Sealer const another(std::string(32, 'x'), random_);
    SessionRefresher elsewhere(*store_, clock_, another, nullptr);
    EXPECT_EQ(elsewhere.pass(provider_).value().ended, 1U);
    EXPECT_THAT(provider_.asked, IsEmpty());
    EXPECT_FALSE(logged_in());
}

}  // namespace
}  // namespace carrel
