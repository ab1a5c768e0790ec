#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::HasSubstr;

class ProfileCallsTest : public ::testing::Test {
protected:
    ProfileCallsTest() {
        portal_.add_user("ada");
        ada_ = portal_.log_in("ada");
    }
    Answer change(nlohmann::json const& body) { return portal_.call(ada_, "PATCH", "/me", body); }
    Answer change_password(std::string const& current, std::string const& fresh) {
        return portal_.call(ada_, "POST", "/me/password", {{"current", current}, {"new", fresh}});
    }
    TestPortal portal_;
    Caller ada_;
};

TEST_F(ProfileCallsTest, ChangesWhatIsGivenAndNothingElse) {
    auto const answer = change({{"display_name", " Ada Lovelace "}, {"language", "de"}});
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.body["display_name"], "Ada Lovelace");
    EXPECT_EQ(answer.body["language"], "de");
    EXPECT_EQ(answer.body["email"], "ada@example.org");
    EXPECT_EQ(change({{"language", nullptr}}).body["language"], nullptr);
    EXPECT_EQ(change({{"email", ""}}).body["email"], "");
    EXPECT_EQ(change({{"email", "a@example.org"}}).body["email"], "a@example.org");
    EXPECT_EQ(change({{"email", nullptr}}).body["email"], "");
    EXPECT_EQ(portal_.call(ada_, "GET", "/me").body["display_name"], "Ada Lovelace");
    EXPECT_EQ(portal_.kinds()[0], "user_changed");
}

TEST_F(ProfileCallsTest, RefusesWhatIsNotRight) {
    EXPECT_THAT(change({{"language", "fr"}}).problem(), HasSubstr("400 language: "));
    EXPECT_THAT(change({{"email", "ada"}}).problem(), HasSubstr("400 email: "));
    EXPECT_THAT(change({{"display_name", ""}}).problem(), HasSubstr("400 display_name: "));
    EXPECT_THAT(change({{"display_name", "a\nb"}}).problem(), HasSubstr("400 display_name: "));
    EXPECT_THAT(change({{"display_name", std::string(101, 'a')}}).problem(),
                HasSubstr("400 display_name: "));
    EXPECT_THAT(change({{"roles", {"administrator"}}}).problem(), HasSubstr("400 roles: "));
    EXPECT_THAT(change({{"username", "root"}}).problem(), HasSubstr("400 username: "));
}

TEST_F(ProfileCallsTest, ChangesThePasswordAndEndsTheOtherSessions) {
    auto const elsewhere = portal_.log_in("ada");
    ASSERT_EQ(change_password("correct horse of ada", "battery staple").status, 204U);
    EXPECT_EQ(portal_.call(elsewhere, "GET", "/me").status, 401U);
    EXPECT_EQ(portal_.call(ada_, "GET", "/me").status, 200U) << "this one goes on";
    EXPECT_EQ(portal_.store().outbox().size(), 1U);
    auto const log_in = [&](std::string const& password) {
        return portal_.call({}, "POST", "/session", {{"username", "ada"}, {"password", password}})
            .status;
    };
    EXPECT_EQ(log_in("correct horse of ada"), 401U);
    EXPECT_EQ(log_in("battery staple"), 200U);
    EXPECT_THAT(portal_.kinds(), ::testing::Contains("password_changed"));
}

TEST_F(ProfileCallsTest, WantsTheCurrentPasswordAndAGoodNewOne) {
    EXPECT_THAT(change_password("wrong", "battery staple").problem(), HasSubstr("400 current: "));
    EXPECT_THAT(change_password("correct horse of ada", "short").problem(),
                HasSubstr("400 new: a password has at least 10"));
}

TEST_F(ProfileCallsTest, LetsNobodyGuessTheCurrentPasswordWithoutLimit) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(change_password("wrong", "battery staple").status, 400U);
    EXPECT_EQ(change_password("correct horse of ada", "battery staple").status, 429U);
}

}  // namespace
}  // namespace carrel
