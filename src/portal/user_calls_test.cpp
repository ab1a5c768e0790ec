#include "portal/administration.hpp"
#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::StartsWith;

class UserCallsTest : public ::testing::Test {
protected:
    UserCallsTest() {
        portal_.add_user("root", true);
        portal_.add_user("ada");
        root_ = portal_.log_in("root");
    }
    Answer create(nlohmann::json const& body) {
        return portal_.call(root_, "POST", "/users", body);
    }
    Answer change(std::string const& name, nlohmann::json const& body) {
        return portal_.call(root_, "PATCH", "/users/" + name, body);
    }
    TestPortal portal_;
    Caller root_;
};

TEST_F(UserCallsTest, MakesAnAccount) {
    auto const answer =
        create({{"username", "Lea"}, {"password", "correct horse of lea"}, {"roles", {"leader"}}});
    ASSERT_EQ(answer.status, 201U) << answer.problem();
    EXPECT_EQ(answer.body["username"], "lea");
    EXPECT_EQ(answer.body["roles"], nlohmann::json({"leader"}));
    EXPECT_EQ(portal_.kinds()[0], "user_created");
    auto const lea = portal_.log_in("lea");
    EXPECT_EQ(portal_.call(lea, "GET", "/me").body["display_name"], "lea");
}

TEST_F(UserCallsTest, RefusesAccountsThatAreNotRight) {
    EXPECT_EQ(create({{"username", "ADA"}, {"password", "a long password"}}).problem(),
              "409 username: the user name ada is taken");
    EXPECT_THAT(
        create({{"username", "x"}, {"password", "a long password"}, {"roles", {"king"}}}).problem(),
        StartsWith("400 roles: there is no role 'king'"));
    EXPECT_THAT(create({{"username", "x"}, {"password", "short"}}).problem(),
                StartsWith("400 password: "));
}

TEST_F(UserCallsTest, ListsByName) {
    auto const list = portal_.call(root_, "GET", "/users");
    ASSERT_EQ(list.body["items"].size(), 2U);
    EXPECT_EQ(list.body["items"][0]["username"], "ada");
    EXPECT_FALSE(list.body["items"][0].contains("password_hash"));
    EXPECT_EQ(portal_.call(root_, "GET", "/users?limit=1").body["next"], "ada");
}

TEST_F(UserCallsTest, ChangesRoles) {
    auto const answer = change("ada", {{"roles", {"leader", "administrator"}}});
    EXPECT_EQ(answer.body["roles"], nlohmann::json({"administrator", "leader"}));
    EXPECT_EQ(portal_.call(portal_.log_in("ada"), "GET", "/users").status, 200U);
    EXPECT_EQ(change("ada", {{"roles", nlohmann::json::array()}}).body["roles"],
              nlohmann::json::array());
    EXPECT_EQ(portal_.call(portal_.log_in("ada"), "GET", "/users").status, 403U);
}

TEST_F(UserCallsTest, ClosesWhatAFormerAdministratorOpened) {
    change("ada", {{"roles", {"administrator"}}});
    auto const ada = portal_.log_in("ada");
    auto const token = portal_.with_token(ada, {"self", "admin:users"});
    EXPECT_EQ(change("ada", {{"roles", {"leader"}}}).status, 200U);
    EXPECT_EQ(portal_.store().outbox().size(), 2U) << "one for the session, one for the token";
    EXPECT_EQ(portal_.call(ada, "GET", "/me").status, 401U);
    EXPECT_EQ(portal_.call(token, "GET", "/users").status, 403U);
}

TEST_F(UserCallsTest, DisablesAnAccountAndEverythingItOpened) {
    auto const ada = portal_.log_in("ada");
    auto const token = portal_.with_token(ada, {"self"});
    EXPECT_EQ(change("ada", {{"disabled", true}}).body["disabled"], true);
    EXPECT_EQ(portal_.call(ada, "GET", "/me").status, 401U);
    EXPECT_EQ(portal_.call(token, "GET", "/me").status, 401U);
    EXPECT_EQ(portal_.store().outbox().size(), 2U) << "one for the session, one for the token";
    EXPECT_EQ(change("ada", {{"disabled", false}}).body["disabled"], false);
    EXPECT_EQ(portal_.call(ada, "GET", "/me").status, 401U) << "sessions stay ended";
    EXPECT_EQ(portal_.call(token, "GET", "/me").status, 200U);
}

TEST_F(UserCallsTest, SetsANewPasswordAndEndsTheSessions) {
    auto const ada = portal_.log_in("ada");
    EXPECT_EQ(change("ada", {{"password", "another password"}}).status, 200U);
    EXPECT_EQ(portal_.call(ada, "GET", "/me").status, 401U);
    EXPECT_EQ(portal_.kinds()[0], "password_changed");
    auto const answer = portal_.call({}, "POST", "/session",
                                     {{"username", "ada"}, {"password", "another password"}});
    EXPECT_EQ(answer.status, 200U);
}

TEST_F(UserCallsTest, LeavesAnAdministrator) {
    EXPECT_EQ(change("root", {{"disabled", true}}).status, 409U);
    EXPECT_EQ(change("root", {{"roles", {"leader"}}}).status, 409U);
    EXPECT_EQ(change("root", {{"roles", {"administrator", "leader"}}}).status, 200U);
}

TEST_F(UserCallsTest, RefusesWhatIsNotRight) {
    EXPECT_EQ(change("nobody", {{"disabled", true}}).status, 404U);
    EXPECT_EQ(change("..%2Fada", {{"disabled", true}}).status, 404U);
    EXPECT_THAT(change("ada", {{"disabled", "yes"}}).problem(), StartsWith("400 disabled: "));
    EXPECT_THAT(change("ada", {{"roles", "leader"}}).problem(), StartsWith("400 roles: "));
    EXPECT_THAT(change("ada", {{"username", "bob"}}).problem(), StartsWith("400 username: "));
    EXPECT_THAT(change("ada", {{"password", "short"}}).problem(), StartsWith("400 password: "));
}

TEST(ActingAdministrator, IsLookedAtOnceMoreWhereSomethingIsChanged) {
    TestPortal portal;
    Identity const who{.user = portal.add_user("root", true)};
    http::Request request;
    auto const may_act = [&] {
        auto const acting = portal.store()->read([&](Transaction& transaction) {
            return acting_administrator(transaction, {.request = request, .who = who});
        });
        return acting.has_value();
    };
    EXPECT_TRUE(may_act());
    portal.store().change_user("root", [](User& user) { user.admission = Admission::Denied; });
    EXPECT_FALSE(may_act());
    portal.store().change_user("root", [](User& user) {
        user.admission = Admission::Allowed;
        user.administrator = false;
    });
    EXPECT_FALSE(may_act());
}

}  // namespace
}  // namespace carrel
