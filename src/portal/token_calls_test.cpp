#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::HasSubstr;

class TokenCallsTest : public ::testing::Test {
protected:
    TokenCallsTest() {
        portal_.add_user("ada");
        portal_.add_user("eve");
        ada_ = portal_.log_in("ada");
    }
    Answer make(Caller const& caller, nlohmann::json const& body) {
        return portal_.call(caller, "POST", "/tokens", body);
    }
    TestPortal portal_;
    Caller ada_;
};

TEST_F(TokenCallsTest, ShowsATokenOnceAndStoresItHashed) {
    auto const made = make(ada_, {{"note", "laptop"}, {"expires_in", 60}});
    ASSERT_EQ(made.status, 201U) << made.problem();
    auto const secret = made.body["token"].get<std::string>();
    EXPECT_EQ(secret.size(), 50U);
    EXPECT_EQ(made.body["expires_at"], "2026-11-21T08:01:00Z");
    EXPECT_EQ(made.body["scopes"].size(), all_scopes().size()) << "all of mine";
    EXPECT_EQ(portal_.call({.bearer = secret}, "GET", "/me").body["username"], "ada");

    auto const list = portal_.call(ada_, "GET", "/tokens");
    ASSERT_EQ(list.body["items"].size(), 1U);
    EXPECT_EQ(list.body["items"][0]["note"], "laptop");
    EXPECT_EQ(list.body["items"][0]["last_used_at"], "2026-11-21T08:00:00Z");
    EXPECT_FALSE(list.body["items"][0].contains("token"));
    auto const row = portal_.store().write([&](Transaction& transaction) {
        return transaction.tokens().find(TokenId(made.body["id"].get<std::string>()));
    });
    EXPECT_EQ(row.secret_hash, hash_secret(secret));
}

TEST_F(TokenCallsTest, EndsATokenAtItsTime) {
    auto const made = make(ada_, {{"note", ""}, {"expires_in", 60}});
    Caller const caller{.bearer = made.body["token"]};
    portal_.clock().advance(Seconds(60));
    EXPECT_EQ(portal_.call(caller, "GET", "/me").status, 401U);
}

TEST_F(TokenCallsTest, GivesNoMoreThanItHas) {
    auto const weak = portal_.with_token(ada_, {"self", "courses:read"});
    EXPECT_EQ(make(weak, {{"note", ""}}).body["scopes"], nlohmann::json({"self", "courses:read"}));
    EXPECT_EQ(make(weak, {{"note", ""}, {"scopes", {"governance"}}}).status, 403U);
}

TEST_F(TokenCallsTest, OutlivesNotTheTokenItWasMadeWith) {
    auto const made = make(ada_, {{"note", ""}, {"expires_in", 60}});
    Caller const brief{.bearer = made.body["token"]};
    EXPECT_EQ(make(brief, {{"note", ""}}).status, 403U);
    EXPECT_EQ(make(brief, {{"note", ""}, {"expires_in", 61}}).status, 403U);
    EXPECT_EQ(make(brief, {{"note", ""}, {"expires_in", 60}}).status, 201U);
}

TEST_F(TokenCallsTest, RefusesWhatIsNotRight) {
    auto const wrong = [&](nlohmann::json const& body) { return make(ada_, body).problem(); };
    EXPECT_EQ(wrong({{"expires_in", 60}}), "400 note: note is missing");
    EXPECT_THAT(wrong({{"note", ""}, {"expires_in", 0}}), HasSubstr("400 expires_in: "));
    EXPECT_THAT(wrong({{"note", ""}, {"expires_in", -1}}), HasSubstr("400 expires_in: "));
    EXPECT_THAT(wrong({{"note", ""}, {"expires_in", 1.5}}), HasSubstr("400 expires_in: "));
    EXPECT_THAT(wrong({{"note", ""}, {"expires_in", 1e300}}), HasSubstr("400 expires_in: "));
    EXPECT_THAT(wrong({{"note", ""}, {"scopes", {"everything"}}}), HasSubstr("400 scopes: "));
    EXPECT_THAT(wrong({{"note", ""}, {"scopes", "self"}}), HasSubstr("400 scopes: "));
    EXPECT_THAT(wrong({{"note", ""}, {"scopes", {1}}}), HasSubstr("400 scopes: "));
    EXPECT_THAT(wrong({{"note", std::string(201, 'x')}}), HasSubstr("400 note: "));
    EXPECT_THAT(wrong({{"note", ""}, {"user", "root"}}), HasSubstr("400 user: "));
}

TEST_F(TokenCallsTest, DeletesATokenAndWhatItOpened) {
    auto const made = make(ada_, {{"note", ""}});
    auto const id = made.body["id"].get<std::string>();
    EXPECT_EQ(portal_.call(ada_, "DELETE", "/tokens/" + id).body["deleted"], nlohmann::json({id}));
    EXPECT_EQ(portal_.call({.bearer = made.body["token"]}, "GET", "/me").status, 401U);
    ASSERT_EQ(portal_.store().outbox().size(), 1U);
    EXPECT_EQ(portal_.store().outbox()[0].payload, R"({"login":"token:)" + id + "\"}");
    EXPECT_EQ(portal_.call(ada_, "DELETE", "/tokens/" + id).status, 404U);
    EXPECT_EQ(portal_.kinds()[0], "token_deleted");
}

TEST_F(TokenCallsTest, DeletesEveryTokenThatWasMadeWithIt) {
    auto const made = [&](Caller const& caller) { return make(caller, {{"note", ""}}).body; };
    auto const caller = [](nlohmann::json const& body) { return Caller{.bearer = body["token"]}; };
    auto const other = made(ada_);
    auto const first = made(ada_);
    auto const child = made(caller(first));
    auto const grandchild = made(caller(child));
    auto const sibling = made(caller(other));
    EXPECT_TRUE(first["made_with"].is_null());
    EXPECT_EQ(grandchild["made_with"], child["id"]);

    auto const answer = portal_.call(ada_, "DELETE", "/tokens/" + first["id"].get<std::string>());
    EXPECT_EQ(answer.body["deleted"], nlohmann::json({first["id"], child["id"], grandchild["id"]}));
    for (auto const& gone : {first, child, grandchild})
        EXPECT_EQ(portal_.call(caller(gone), "GET", "/me").status, 401U);
    EXPECT_EQ(portal_.store().outbox().size(), 3U) << "the proxy is told of each";
    for (auto const& kept : {other, sibling})
        EXPECT_EQ(portal_.call(caller(kept), "GET", "/me").status, 200U);
}

TEST_F(TokenCallsTest, TokenMayDeleteItself) {
    auto const made = make(ada_, {{"note", ""}}).body;
    Caller const itself{.bearer = made["token"]};
    auto const path = "/tokens/" + made["id"].get<std::string>();
    EXPECT_EQ(portal_.call(itself, "DELETE", path).status, 200U);
    EXPECT_EQ(portal_.call(itself, "GET", "/me").status, 401U);
}

TEST_F(TokenCallsTest, DeletesNobodyElsesToken) {
    auto const made = make(ada_, {{"note", ""}});
    auto const path = "/tokens/" + made.body["id"].get<std::string>();
    EXPECT_EQ(portal_.call(portal_.log_in("eve"), "DELETE", path).status, 404U);
    EXPECT_EQ(portal_.call({.bearer = made.body["token"]}, "GET", "/me").status, 200U);
}

TEST_F(TokenCallsTest, HasALimitForEachPerson) {
    for (int i = 0; i < 100; ++i) ASSERT_EQ(make(ada_, {{"note", ""}}).status, 201U) << i;
    EXPECT_EQ(make(ada_, {{"note", ""}}).status, 409U);
    EXPECT_EQ(portal_.call(ada_, "GET", "/tokens").body["items"].size(), 100U);
}

}  // namespace
}  // namespace carrel
