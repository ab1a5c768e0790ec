#include "store/store_contract.hpp"

#include <gmock/gmock.h>

namespace carrel {

using testing::ElementsAre;

class LoginTablesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
    }
    LoginIdentity identity(std::string const& login, std::string const& subject,
                           UserId const& user) const {
        return {.login = login,
                .subject = subject,
                .user = user,
                .shown = "Ada at " + login,
                .created_at = at(5)};
    }
    PendingLogin pending(std::string const& hash, long long expires) const {
        return {.hash = hash,
                .login = "campus",
                .browser = "browser",
                .nonce = "nonce",
                .verifier = "verifier",
                .redirect_uri = "https://hub.example.org/login/campus/callback",
                .next = "/join/x?y=\u00fc",
                .user = std::nullopt,
                .expires_at = at(expires)};
    }
    void insert(LoginIdentity const& row) {
        write([&](Transaction& t) { return t.login_identities().insert(row); });
    }

    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
};
INSTANTIATE_TEST_SUITE_P(Engines, LoginTablesContract, testing::ValuesIn(store_engines()),
                         engine_name);

TEST_P(LoginTablesContract, AnIdentityIsOnePersonsAtOneProvider) {
    insert(identity("campus", "s-1", ada));
    insert(identity("github", "s-1", bob));
    insert(identity("github", "s-2", ada));
    EXPECT_EQ(read([&](Transaction& t) { return t.login_identities().find("campus", "s-1"); }).user,
              ada);
    EXPECT_EQ(read([&](Transaction& t) { return t.login_identities().find("github", "s-1"); }).user,
              bob);
    // Subjects are the provider's words: compared byte by byte.
    for (auto const* const subject : {"S-1", "s-1 ", "s-3"})
        EXPECT_EQ(read_error([&](Transaction& t) {
                      return t.login_identities().find("campus", subject);
                  }).code,
                  Code::NotFound);
    for (auto const& taken : {identity("campus", "s-1", bob), identity("github", "s-9", ada)})
        EXPECT_EQ(
            write_error([&](Transaction& t) { return t.login_identities().insert(taken); }).code,
            Code::Conflict);
}

TEST_P(LoginTablesContract, AnIdentityIsChangedListedAndRemoved) {
    insert(identity("github", "s-2", ada));
    insert(identity("campus", "s-1", ada));
    auto changed = identity("campus", "s-1", ada);
    changed.gave_leader = true;
    changed.used_at = at(9);
    changed.shown = "ada@example.org";
    write([&](Transaction& t) { return t.login_identities().update(changed); });
    auto const of_ada = read([&](Transaction& t) { return t.login_identities().of_user(ada); });
    ASSERT_EQ(of_ada.size(), 2U);
    EXPECT_EQ(of_ada[0].login, "campus");
    EXPECT_TRUE(of_ada[0].gave_leader);
    EXPECT_FALSE(of_ada[0].gave_administrator);
    EXPECT_EQ(of_ada[0].used_at, at(9));
    EXPECT_EQ(of_ada[0].shown, "ada@example.org");
    EXPECT_EQ(of_ada[1].login, "github");
    EXPECT_EQ(of_ada[1].used_at, std::nullopt);
    EXPECT_EQ(write_error([&](Transaction& t) {
                  return t.login_identities().update(identity("campus", "s-9", ada));
              }).code,
              Code::NotFound);
    write([&](Transaction& t) { return t.login_identities().remove("campus", ada); });
    write([&](Transaction& t) { return t.login_identities().remove("campus", bob); });
    EXPECT_EQ(read([&](Transaction& t) { return t.login_identities().of_user(ada); }).size(), 1U);
}

TEST_P(LoginTablesContract, APendingLoginIsTakenOnceByWhicheverProcessComesFirst) {
    write([&](Transaction& t) { return t.pending_logins().insert(pending("state", 100)); });
    auto const elsewhere = open();  // as another control process
    auto const taken =
        elsewhere->write([](Transaction& t) { return t.pending_logins().take("state"); });
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(taken->nonce, "nonce");
    EXPECT_EQ(taken->verifier, "verifier");
    EXPECT_EQ(taken->next, "/join/x?y=\u00fc");
    EXPECT_EQ(taken->user, std::nullopt);
    EXPECT_EQ(taken->expires_at, at(100));
    EXPECT_EQ(write_error([](Transaction& t) { return t.pending_logins().take("state"); }).code,
              Code::NotFound);
}

TEST_P(LoginTablesContract, OldPendingLoginsAreForgotten) {
    auto joining = pending("late", 200);
    joining.user = ada;
    write([&](Transaction& t) { return t.pending_logins().insert(pending("early", 100)); });
    write([&](Transaction& t) { return t.pending_logins().insert(joining); });
    EXPECT_EQ(write([](Transaction& t) { return t.pending_logins().remove_expired(at(100)); }), 1);
    EXPECT_EQ(write([](Transaction& t) { return t.pending_logins().take("late"); }).user, ada);
}

TEST_P(LoginTablesContract, WhatAProviderWantsToSeeGoesWithTheSession) {
    Session session;
    session.id = SessionId("s-1");
    session.secret_hash = "hash";
    session.csrf_token = "csrf";
    session.user = ada;
    write([&](Transaction& t) { return t.sessions().insert(session); });
    write([&](Transaction& t) {
        return t.provider_sessions().insert({.session = session.id,
                                             .login = "campus",
                                             .log_out_at = "https://campus.example.org/end",
                                             .id_token = "token"});
    });
    auto const kept = read([&](Transaction& t) { return t.provider_sessions().find(session.id); });
    EXPECT_EQ(kept.login, "campus");
    EXPECT_EQ(kept.log_out_at, "https://campus.example.org/end");
    EXPECT_EQ(kept.id_token, "token");
    write([&](Transaction& t) { return t.sessions().remove(session.id); });
    EXPECT_EQ(
        read_error([&](Transaction& t) { return t.provider_sessions().find(session.id); }).code,
        Code::NotFound);
}

TEST_P(LoginTablesContract, SessionsAreRefreshedInTurnAndByOne) {
    auto const begin = [&](std::string const& id, std::string const& token, int second) {
        Session session;
        session.id = SessionId(id);
        session.secret_hash = id;
        session.user = ada;
        session.last_used_at = at(50);
        write([&](Transaction& t) { return t.sessions().insert(session); });
        write([&](Transaction& t) {
            return t.provider_sessions().insert({.session = session.id,
                                                 .login = "campus",
                                                 .log_out_at = "",
                                                 .id_token = "",
                                                 .subject = "s-1",
                                                 .refresh_token = token,
                                                 .refreshed_at = at(second)});
        });
    };
    begin("later", "sealed", 20);
    begin("first", "sealed", 10);
    begin("without", "", 10);
    begin("unused", "sealed", 51);
    auto const due = [&](std::string const& login, int before, int most) {
        std::vector<std::string> ids;
        for (auto const& one : read([&](Transaction& t) {
                 return t.provider_sessions().due(login, at(before), most);
             }))
            ids.push_back(one.session.value());
        return ids;
    };
    using Ids = std::vector<std::string>;
    EXPECT_EQ(due("campus", 100, 10), (Ids{"first", "later"}));
    EXPECT_EQ(due("campus", 100, 1), (Ids{"first"}));
    EXPECT_EQ(due("campus", 10, 10), (Ids{"first"}));
    EXPECT_EQ(due("elsewhere", 100, 10), Ids());

    auto const claim = [](std::string const& id, int was) {
        return [id, was](Transaction& t) {
            return t.provider_sessions().claim(SessionId(id), at(was), at(60));
        };
    };
    EXPECT_TRUE(write(claim("first", 10)));
    EXPECT_FALSE(write(claim("first", 10)));
    EXPECT_FALSE(write(claim("nobody", 10)));
    EXPECT_EQ(due("campus", 100, 10), (Ids{"later"}));

    auto changed =
        read([](Transaction& t) { return t.provider_sessions().find(SessionId("later")); });
    EXPECT_EQ(changed.subject, "s-1");
    changed.refresh_token = "newer";
    write([&](Transaction& t) { return t.provider_sessions().update(changed); });
    EXPECT_EQ(read([](Transaction& t) {
                  return t.provider_sessions().find(SessionId("later"));
              }).refresh_token,
              "newer");
}

}  // namespace carrel
