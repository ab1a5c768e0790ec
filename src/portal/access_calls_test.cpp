#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using testing::Contains;
using testing::HasSubstr;

class AccessCallsTest : public ::testing::Test {
protected:
    AccessCallsTest() {
        portal_.add_user("root", true);
        portal_.add_user("eve");
        root_ = portal_.log_in("root");
    }
    Answer add(std::string const& list, std::string const& value) {
        return portal_.call(root_, "POST", "/access/entries", {{"list", list}, {"value", value}});
    }
    Answer remove(std::string const& list, std::string const& value) {
        return portal_.call(root_, "DELETE",
                            fmt::format("/access/entries?list={}&value={}", list, value));
    }
    std::vector<std::string> lines() {
        std::vector<std::string> found;
        for (auto const& item : portal_.call(root_, "GET", "/access/entries").body["items"])
            found.push_back(fmt::format("{} {} {}", item["list"].get<std::string>(),
                                        item["value"].get<std::string>(),
                                        item["place"].get<std::string>()));
        return found;
    }
    Answer log_in(std::string const& name) {
        return portal_.call({}, "POST", "/session",
                            {{"username", name}, {"password", TestPortal::password_of(name)}});
    }

    TestPortal portal_;
    Caller root_;
};

TEST_F(AccessCallsTest, AListIsWrittenAndRead) {
    auto const made = add("allow", " EVE ");
    EXPECT_EQ(made.status, 201U) << made.problem();
    EXPECT_EQ(made.body["value"], "eve");
    EXPECT_EQ(made.body["added_by"], "root");
    EXPECT_EQ(add("deny_groups", "Guests/All").status, 201U);
    EXPECT_THAT(lines(), testing::ElementsAre("allow eve here", "deny_groups Guests/All here"));
    EXPECT_EQ(portal_.call(root_, "GET", "/access").body["closed"], true);
    EXPECT_THAT(portal_.kinds(), Contains("access_listed"));
    EXPECT_EQ(remove("allow", "Eve").status, 204U);
    EXPECT_EQ(remove("deny_groups", "Guests%2FAll").status, 204U);
    EXPECT_THAT(lines(), testing::IsEmpty());
    EXPECT_THAT(portal_.kinds(), Contains("access_unlisted"));
    EXPECT_EQ(portal_.call(root_, "GET", "/access").body["closed"], false);
}

TEST_F(AccessCallsTest, LongListsComeInPages) {
    for (auto const* const name : {"ada", "bob", "cyd"}) add("allow", name);
    auto const first = portal_.call(root_, "GET", "/access/entries?limit=2");
    EXPECT_EQ(first.body["items"].size(), 2U);
    auto const rest = portal_.call(
        root_, "GET", "/access/entries?after=" + first.body["next"].get<std::string>());
    ASSERT_EQ(rest.body["items"].size(), 1U);
    EXPECT_EQ(rest.body["items"][0]["value"], "cyd");
    EXPECT_TRUE(rest.body["next"].is_null());
}

TEST_F(AccessCallsTest, WhatMakesNoSenseIsRefused) {
    EXPECT_EQ(add("friends", "eve").problem().substr(0, 10), "400 list: ");
    EXPECT_THAT(add("allow", "..").problem(), HasSubstr("400 value: '..' is no user name"));
    EXPECT_THAT(add("allow", "-rf").problem(), HasSubstr("is no user name"));
    EXPECT_EQ(add("allow", "eve").status, 201U);
    EXPECT_EQ(add("allow", "Eve").problem(), "409 value: eve is on this list already");
    EXPECT_EQ(remove("deny", "eve").status, 404U);
}

TEST_F(AccessCallsTest, NobodyLocksEverybodyOut) {
    EXPECT_EQ(add("deny", "root").problem(),
              "409 nobody shuts themselves out; another administrator has to");
    EXPECT_TRUE(lines().empty());
    portal_.add_user("second", true);
    EXPECT_EQ(add("deny", "second").status, 201U);
}

TEST_F(AccessCallsTest, WhoIsNotLetInReadsASentenceOnlyAfterTheRightPassword) {
    EXPECT_EQ(add("deny", "eve").status, 201U);
    auto const refused = log_in("eve");
    EXPECT_EQ(refused.problem(), "403 eve may not use this hub; ask it@example.org");
    EXPECT_EQ(refused.body["type"], "urn:carrel:problem:not-admitted");
    EXPECT_EQ(refused.body["admission"], "denied");
    EXPECT_EQ(refused.body["contact"], "it@example.org");
    EXPECT_FALSE(refused.response.headers.find("set-cookie"));
    EXPECT_THAT(portal_.kinds(), Contains("login_refused"));
    auto const wrong = portal_.call({}, "POST", "/session",
                                    {{"username", "eve"}, {"password", "something else here"}});
    EXPECT_EQ(wrong.problem(), "401 the user name or the password is wrong");
}

TEST_F(AccessCallsTest, WhoIsKeptOutGetsNowhereWithWhatTheyHave) {
    auto const eve = portal_.log_in("eve");
    auto const token = portal_.with_token(eve, {"self"});
    portal_.store().change_user("eve", [](User& user) { user.admission = Admission::NotListed; });
    for (auto const& caller : {eve, token})
        EXPECT_EQ(portal_.call(caller, "GET", "/me").problem(),
                  "401 eve is not on this hub's list; ask it@example.org");
}

TEST_F(AccessCallsTest, AnInvitationIsNoWayAroundTheList) {
    portal_.add_user("lee", false, true);
    auto const lee = portal_.log_in("lee");
    ASSERT_EQ(portal_.call(lee, "POST", "/courses", portal_.course()).status, 201U);
    ASSERT_EQ(portal_.call(root_, "POST", "/courses/biology/accept").status, 200U);
    auto const code =
        portal_.call(lee, "GET", "/courses/biology/invitation").body["code"].get<std::string>();
    add("allow", "lee");
    nlohmann::json const wish{{"username", "New"}, {"password", "correct horse of new"}};
    auto const refused = portal_.call({}, "POST", "/invitations/" + code + "/signup", wish);
    EXPECT_EQ(refused.problem(), "403 new is not on this hub's list; ask it@example.org");
    EXPECT_FALSE(portal_.store()->read(
        [](Transaction& transaction) { return transaction.users().find_by_name("new"); }));
    add("allow", "new");
    EXPECT_EQ(portal_.call({}, "POST", "/invitations/" + code + "/signup", wish).status, 201U);
}

TEST_F(AccessCallsTest, ARoleGivenByHandIsNoListsAnyMore) {
    portal_.store().change_user(
        "eve", [](User& user) { user.administrator = user.listed_administrator = true; });
    auto const roles = [&](nlohmann::json const& names) {
        return portal_.call(root_, "PATCH", "/users/eve", {{"roles", names}});
    };
    EXPECT_EQ(roles({"administrator", "leader"}).status, 200U);
    EXPECT_EQ(roles(nlohmann::json::array()).status, 200U);
    EXPECT_EQ(roles({"administrator"}).status, 200U);
    auto const eve = portal_.store().write(
        [](Transaction& transaction) { return transaction.users().find_by_name("eve"); });
    EXPECT_TRUE(eve.administrator);
    EXPECT_FALSE(eve.listed_administrator);
}

TEST_F(AccessCallsTest, TheContactIsForEverybodyToSee) {
    EXPECT_EQ(portal_.call({}, "GET", "/options").body["contact"], "it@example.org");
}

TEST_F(AccessCallsTest, ListsAreForAdministrators) {
    auto const eve = portal_.log_in("eve");
    EXPECT_EQ(portal_.call(eve, "GET", "/access").status, 403U);
    EXPECT_EQ(portal_.call(eve, "GET", "/access/entries").status, 403U);
    EXPECT_EQ(
        portal_.call(eve, "POST", "/access/entries", {{"list", "allow"}, {"value", "eve"}}).status,
        403U);
    EXPECT_EQ(portal_.call(eve, "DELETE", "/access/entries?list=deny&value=eve").status, 403U);
}

}  // namespace
}  // namespace carrel
