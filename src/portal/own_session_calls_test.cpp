#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::ElementsAre;

class OwnSessionCallsTest : public ::testing::Test {
protected:
    OwnSessionCallsTest() { portal_.add_user("ada"); }
    /// Logs ada in with a browser that calls itself so.
    Caller log_in_with(std::string const& user_agent, std::string const& name = "ada") {
        nlohmann::json const body{{"username", name}, {"password", TestPortal::password_of(name)}};
        auto request = portal_.request("POST", "/api/v1/session", body.dump());
        request.headers.set("User-Agent", user_agent);
        auto const response = portal_.send(request);
        EXPECT_EQ(response.status, 200U);
        return TestPortal::caller_of(
            {response.status, nlohmann::json::parse(response.body), response});
    }
    nlohmann::json sessions_of(Caller const& caller) {
        auto const answer = portal_.call(caller, "GET", "/sessions");
        EXPECT_EQ(answer.status, 200U) << answer.problem();
        return answer.body["items"];
    }
    unsigned end(Caller const& caller, nlohmann::json const& session) {
        return portal_.call(caller, "DELETE", "/sessions/" + session["id"].get<std::string>())
            .status;
    }
    unsigned me(Caller const& caller) { return portal_.call(caller, "GET", "/me").status; }

    TestPortal portal_;
};

TEST_F(OwnSessionCallsTest, TellsWhenFromWhereAndWithWhatAndWhichIsThisOne) {
    auto const desk = log_in_with("Desk/1.0");
    portal_.clock().advance(Seconds(3600));
    log_in_with("Phone/2.0 (Süd)");
    portal_.clock().advance(Seconds(60));
    auto const sessions = sessions_of(desk);
    ASSERT_EQ(sessions.size(), 2U);
    // Asking has just used the one at the desk.
    EXPECT_EQ(sessions[0]["user_agent"], "Desk/1.0");
    EXPECT_EQ(sessions[0]["created_at"], "2026-11-21T08:00:00Z");
    EXPECT_EQ(sessions[0]["address"], "192.0.2.1");
    EXPECT_TRUE(sessions[0]["current"].get<bool>());
    EXPECT_EQ(sessions[1]["user_agent"], "Phone/2.0 (Süd)");
    EXPECT_FALSE(sessions[1]["current"].get<bool>());
}

TEST_F(OwnSessionCallsTest, WhatIsNoTextIsNotKept) {
    auto const odd = log_in_with("Br\xffowser");
    EXPECT_EQ(sessions_of(odd)[0]["user_agent"], nullptr);
    portal_.clock().advance(Seconds(60));
    auto const endless = log_in_with(std::string(5000, 'x'));
    EXPECT_EQ(sessions_of(endless)[0]["user_agent"].get<std::string>().size(), 300U);
}

TEST_F(OwnSessionCallsTest, EndsOneWithWhatItOpened) {
    auto const desk = log_in_with("Desk/1.0");
    auto const phone = log_in_with("Phone/2.0");
    auto sessions = sessions_of(desk);
    auto const& other = sessions[0]["current"].get<bool>() ? sessions[1] : sessions[0];
    EXPECT_EQ(end(desk, other), 204U);
    EXPECT_EQ(me(phone), 401U);
    EXPECT_EQ(me(desk), 200U);
    EXPECT_EQ(end(desk, other), 404U) << "it is gone already";
    ASSERT_EQ(portal_.store().outbox().size(), 1U);
    EXPECT_EQ(portal_.store().outbox()[0].kind, "revoke_login");
    EXPECT_EQ(nlohmann::json::parse(portal_.store().outbox()[0].payload)["login"], other["id"]);
    EXPECT_EQ(portal_.kinds()[0], "sessions_ended");
}

TEST_F(OwnSessionCallsTest, EndingThisOneLogsOut) {
    auto const desk = log_in_with("Desk/1.0");
    auto const answer =
        portal_.call(desk, "DELETE", "/sessions/" + sessions_of(desk)[0]["id"].get<std::string>());
    EXPECT_EQ(answer.status, 204U);
    EXPECT_THAT(std::string(answer.response.headers.get("set-cookie")),
                ::testing::HasSubstr("Max-Age=0"));
    EXPECT_EQ(me(desk), 401U);
}

TEST_F(OwnSessionCallsTest, EndsAllTheOthers) {
    auto const desk = log_in_with("Desk/1.0");
    auto const phone = log_in_with("Phone/2.0");
    auto const library = log_in_with("Library/3.0");
    EXPECT_EQ(portal_.call(desk, "DELETE", "/sessions").status, 204U);
    EXPECT_EQ(std::vector({me(desk), me(phone), me(library)}), std::vector({200U, 401U, 401U}));
    EXPECT_EQ(portal_.store().outbox().size(), 2U);
    EXPECT_EQ(portal_.call(desk, "DELETE", "/sessions").status, 204U) << "none is left";
}

TEST_F(OwnSessionCallsTest, OtherPeoplesSessionsAreOutOfSightAndReach) {
    portal_.add_user("eve");
    auto const ada = log_in_with("Desk/1.0");
    auto const eve = log_in_with("Eve/1.0", "eve");
    EXPECT_EQ(sessions_of(eve).size(), 1U);
    EXPECT_EQ(end(eve, sessions_of(ada)[0]), 404U);
    EXPECT_EQ(portal_.call(eve, "DELETE", "/sessions").status, 204U);
    EXPECT_EQ(me(ada), 200U);
}

TEST_F(OwnSessionCallsTest, WhatHasExpiredIsNotListed) {
    log_in_with("Old/1.0");
    portal_.clock().advance(std::chrono::hours(20));
    auto const sessions = sessions_of(log_in_with("New/1.0"));
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(sessions[0]["user_agent"], "New/1.0");
}

TEST_F(OwnSessionCallsTest, ATokenSeesAndEndsThemAndIsNoneOfThem) {
    auto const desk = log_in_with("Desk/1.0");
    auto const token = portal_.with_token(desk, {"self"});
    ASSERT_EQ(sessions_of(token).size(), 1U);
    EXPECT_FALSE(sessions_of(token)[0]["current"].get<bool>());
    EXPECT_EQ(portal_.call(token, "DELETE", "/sessions").status, 204U);
    EXPECT_EQ(me(desk), 401U);
    EXPECT_EQ(me(token), 200U);
}

}  // namespace
}  // namespace carrel
