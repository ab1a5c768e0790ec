#include "portal/test_portal.hpp"

#include <thread>

namespace carrel {
namespace {

using ::testing::HasSubstr;

class CourseActionCallsTest : public ::testing::Test {
protected:
    CourseActionCallsTest() {
        portal_.add_user("root", true);
        portal_.add_user("both", true, true);
        portal_.add_user("lea", false, true);
        lea_ = portal_.log_in("lea");
        root_ = portal_.log_in("root");
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
    }
    Answer act(Caller const& caller, std::string const& action, nlohmann::json const& body = {}) {
        return portal_.call(caller, "POST", "/courses/biology/" + action, body);
    }
    void be(CourseState state) {
        portal_.change_course("biology", [&](Course& row) {
            row.state = state;
            row.wanted.reset();
        });
    }
    TestPortal portal_;
    Caller lea_;
    Caller root_;
};

TEST_F(CourseActionCallsTest, AcceptsAPendingCourse) {
    portal_.clock().advance(Seconds(5));
    auto const answer = act(root_, "accept");
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.body["state"], "accepted");
    EXPECT_EQ(answer.body["state_since"], "2026-11-21T08:00:05Z");
    auto const events = portal_.store().events();
    EXPECT_EQ(events[0].kind, "course_accepted");
    EXPECT_EQ(events[0].actor, "root");
    EXPECT_EQ(events[0].message, "root accepted the course");
    EXPECT_EQ(act(root_, "accept").problem(), "409 cannot accept a course that is accepted");
}

TEST_F(CourseActionCallsTest, LetsOneOfManyAcceptAtOnce) {
    std::atomic<int> accepted = 0;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> people;
    for (int i = 0; i < 8; ++i)
        people.emplace_back([&] {
            auto const response =
                portal_.send(portal_.request("POST", "/api/v1/courses/biology/accept", "", root_));
            if (response.status == 200) ++accepted;
            if (response.status == 409) ++refused;
        });
    people.clear();
    EXPECT_EQ(accepted, 1);
    EXPECT_EQ(refused, 7);
    auto const kinds = portal_.kinds();
    EXPECT_EQ(std::ranges::count(kinds, "course_accepted"), 1);
}

TEST_F(CourseActionCallsTest, LetsOnlyAdministratorsGovern) {
    for (auto const* const action : {"accept", "reject"})
        EXPECT_EQ(act(lea_, action,
                      action == std::string("reject") ? nlohmann::json{{"reason", "x"}}
                                                      : nlohmann::json())
                      .status,
                  403U)
            << action;
    be(CourseState::Accepted);
    EXPECT_EQ(act(lea_, "deploy").status, 403U);
    be(CourseState::Failed);
    EXPECT_EQ(act(lea_, "redeploy").status, 403U);
    EXPECT_EQ(act(lea_, "degrade").status, 403U);
}

TEST_F(CourseActionCallsTest, LetsNobodyAcceptTheirOwnCourse) {
    auto const both = portal_.log_in("both");
    ASSERT_EQ(portal_.call(both, "POST", "/courses", portal_.course("own")).status, 201U);
    EXPECT_THAT(portal_.call(both, "POST", "/courses/own/accept").problem(),
                HasSubstr("403 nobody accepts their own course"));
    EXPECT_EQ(portal_.call(root_, "POST", "/courses/own/accept").status, 200U);
}

TEST_F(CourseActionCallsTest, RejectsWithAReason) {
    EXPECT_EQ(act(root_, "reject").status, 400U);
    EXPECT_EQ(act(root_, "reject", {{"reason", " "}}).status, 400U);
    EXPECT_EQ(act(root_, "reject", {{"reason", std::string(2049, 'x')}}).status, 400U);
    EXPECT_EQ(act(root_, "reject", {{"reason", 7}}).status, 400U);
    auto const answer = act(root_, "reject", {{"reason", "no room in November"}});
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.body["state"], "rejected");
    EXPECT_EQ(answer.body["reason"], "no room in November");
    EXPECT_THAT(portal_.store().events()[0].detail, HasSubstr("no room in November"));
    EXPECT_EQ(act(root_, "accept").body["reason"], nullptr) << "accepted after all";
}

TEST_F(CourseActionCallsTest, CancelsACourse) {
    auto const answer = act(lea_, "cancel", nlohmann::json::object());
    EXPECT_EQ(answer.body["state"], "canceled");
    EXPECT_EQ(answer.body["reason"], "canceled by lea");
    EXPECT_EQ(answer.body["me"]["may"], nlohmann::json({"manage"}));
    EXPECT_EQ(act(lea_, "cancel").status, 409U);
}

TEST_F(CourseActionCallsTest, LeavesDeployingToTheDispatcher) {
    be(CourseState::Accepted);
    auto const answer = act(root_, "deploy");
    EXPECT_EQ(answer.body["state"], "accepted");
    EXPECT_EQ(answer.body["wanted"], "deploy");
    EXPECT_EQ(portal_.find_course("biology").wanted, DeploymentKind::Deploy);
    EXPECT_EQ(act(root_, "deploy").status, 200U) << "asking again changes nothing";
    auto const kinds = portal_.kinds();
    EXPECT_EQ(std::ranges::count(kinds, "deploy_requested"), 1);
    EXPECT_EQ(act(lea_, "cancel").body["wanted"], nullptr);
}

TEST_F(CourseActionCallsTest, LeavesDegradingToTheDispatcher) {
    be(CourseState::Deployed);
    EXPECT_EQ(act(lea_, "degrade").body["wanted"], "degrade");
    EXPECT_EQ(portal_.kinds()[0], "degrade_requested");
    be(CourseState::Failed);
    EXPECT_EQ(act(root_, "redeploy").body["wanted"], "deploy");
    EXPECT_EQ(portal_.kinds()[0], "redeploy_requested");
    EXPECT_EQ(act(root_, "degrade").body["wanted"], "degrade") << "the last wish counts";
}

TEST_F(CourseActionCallsTest, TellsThatCoursesChangedOnceTheyHave) {
    auto const told_by = [&](Caller const& caller, std::string const& action, CourseState state) {
        be(state);
        int const before = portal_.times_told;
        act(caller, action);
        return portal_.times_told - before;
    };
    EXPECT_EQ(told_by(root_, "accept", CourseState::Pending), 1);
    EXPECT_EQ(told_by(root_, "deploy", CourseState::Accepted), 1);
    EXPECT_EQ(told_by(root_, "cancel", CourseState::Accepted), 1);
    EXPECT_EQ(told_by(lea_, "degrade", CourseState::Deployed), 1);
    EXPECT_EQ(told_by(root_, "redeploy", CourseState::Failed), 1);
    EXPECT_EQ(told_by(lea_, "accept", CourseState::Pending), 0) << "refused";
    EXPECT_EQ(told_by(root_, "accept", CourseState::Deployed), 0) << "refused";
}

TEST_F(CourseActionCallsTest, DoesNothingThatTheStateForbids) {
    for (auto const state : {CourseState::Canceled, CourseState::Degrading, CourseState::Degraded,
                             CourseState::Deploying}) {
        be(state);
        for (auto const* const action : {"accept", "cancel", "deploy", "degrade", "redeploy"})
            EXPECT_EQ(act(root_, action).status, 409U) << name_of(state) << ' ' << action;
        EXPECT_EQ(portal_.find_course("biology").state, state);
    }
}

TEST_F(CourseActionCallsTest, TakesNoUnknownFields) {
    EXPECT_EQ(act(root_, "accept", {{"force", true}}).problem(),
              "400 force: there is no field 'force' here");
    EXPECT_EQ(portal_.find_course("biology").state, CourseState::Pending);
}

}  // namespace
}  // namespace carrel
