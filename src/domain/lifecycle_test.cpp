#include "domain/lifecycle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

namespace carrel {

namespace {

constexpr std::array all_actions{Action::Accept, Action::Reject,  Action::Cancel,
                                 Action::Deploy, Action::Degrade, Action::Redeploy,
                                 Action::Invite, Action::Apply,   Action::Admit};

/// Who may do what, written down a second time and in another form than the code under test.
/// A: administrators; O: the course's leaders too; E: everybody; ".": nobody.
constexpr auto expectation = R"(
            accept reject cancel deploy degrade redeploy invite apply admit
pending     A      A      O      .      .       .        O      .     .
accepted    .      A      O      A      .       .        O      E     O
rejected    A      .      O      .      .       .        .      .     .
canceled    .      .      .      .      .       .        .      .     .
deploying   .      .      .      .      .       .        O      E     O
deployed    .      .      .      .      O       .        O      E     O
degrading   .      .      .      .      .       .        .      .     .
degraded    .      .      .      .      .       .        .      .     .
failed      .      .      .      .      A       A        O      E     O
)";

std::map<std::pair<std::string, std::string>, char> expected_people() {
    std::istringstream lines(expectation);
    std::string line;
    std::getline(lines, line);
    std::getline(lines, line);
    std::istringstream heading(line);
    std::vector<std::string> actions;
    for (std::string action; heading >> action;) actions.push_back(action);
    std::map<std::pair<std::string, std::string>, char> people;
    while (std::getline(lines, line)) {
        std::istringstream cells(line);
        std::string state;
        cells >> state;
        for (auto const& action : actions) cells >> people[{state, action}];
    }
    return people;
}

std::vector<Standing> all_standings() {
    std::vector<Standing> standings;
    for (bool const administrator : {false, true})
        for (bool const leader : {false, true})
            for (bool const requester : {false, true})
                standings.push_back({administrator, leader, requester});
    return standings;
}

Course in_state(CourseState state) {
    Course course;
    course.state = state;
    return course;
}

/// What the table above says of one person, as a code; nothing: allowed.
std::optional<Code> expected_refusal(char people, Action action, Standing const& who,
                                     GovernancePolicy const& policy) {
    if (people == '.') return Code::Conflict;
    bool const owner = who.administrator || who.leader;
    if (people == 'A' && !who.administrator) return Code::PermissionDenied;
    if (people == 'O' && !owner) return Code::PermissionDenied;
    if (action == Action::Accept && (who.leader || who.requester) && !policy.accept_own_courses)
        return Code::PermissionDenied;
    return {};
}

}  // namespace

TEST(Lifecycle, EveryStateActionAndStandingIsAsWrittenDown) {
    auto const people = expected_people();
    ASSERT_EQ(people.size(), all_course_states.size() * all_actions.size());
    for (auto const state : all_course_states)
        for (auto const action : all_actions)
            for (auto const& who : all_standings())
                for (bool const own : {false, true}) {
                    GovernancePolicy const policy{.accept_own_courses = own};
                    auto const cell =
                        people.at({std::string(name_of(state)), std::string(name_of(action))});
                    auto const refusal = expected_refusal(cell, action, who, policy);
                    auto const got = permitted(in_state(state), action, who, policy);
                    SCOPED_TRACE(fmt::format("{} {} administrator={} leader={} requester={} own={}",
                                             name_of(state), name_of(action), who.administrator,
                                             who.leader, who.requester, own));
                    ASSERT_EQ(got.has_value(), !refusal);
                    if (refusal) EXPECT_EQ(got.error().code, *refusal);
                    if (got) EXPECT_EQ(got->from, state);
                }
}

TEST(Lifecycle, OnlyTheDecisionsOfPeopleChangeTheStateAtOnce) {
    for (auto const& rule : rules()) switch (rule.action) {
            case Action::Accept:
                EXPECT_EQ(rule.to, CourseState::Accepted);
                break;
            case Action::Reject:
                EXPECT_EQ(rule.to, CourseState::Rejected);
                break;
            case Action::Cancel:
                EXPECT_EQ(rule.to, CourseState::Canceled);
                break;
            default:
                EXPECT_EQ(rule.to, rule.from) << name_of(rule.action);
        }
}

TEST(Lifecycle, TheTableHasEachStateAndActionOnce) {
    std::map<std::pair<CourseState, Action>, int> seen;
    for (auto const& rule : rules()) EXPECT_EQ(++seen[std::pair(rule.from, rule.action)], 1);
}

TEST(Lifecycle, ActionsForTheUiAreThoseThatArePermitted) {
    for (auto const state : all_course_states)
        for (auto const& who : all_standings()) {
            std::vector<Action> expected;
            for (auto const action : all_actions)
                if (permitted(in_state(state), action, who, {})) expected.push_back(action);
            EXPECT_EQ(permitted_actions(in_state(state), who, {}), expected);
        }
}

TEST(Lifecycle, WhatWasAskedForAlreadyIsNotOfferedAgain) {
    auto const offered = [](CourseState state, std::optional<DeploymentKind> wanted, Action what) {
        auto course = in_state(state);
        course.wanted = wanted;
        auto const actions = permitted_actions(course, {.administrator = true}, {});
        return std::ranges::find(actions, what) != actions.end();
    };
    using enum DeploymentKind;
    EXPECT_TRUE(offered(CourseState::Accepted, {}, Action::Deploy));
    EXPECT_FALSE(offered(CourseState::Accepted, Deploy, Action::Deploy));
    EXPECT_TRUE(offered(CourseState::Accepted, Deploy, Action::Cancel));
    EXPECT_FALSE(offered(CourseState::Deployed, Degrade, Action::Degrade));
    EXPECT_TRUE(offered(CourseState::Deployed, Degrade, Action::Admit));
    EXPECT_FALSE(offered(CourseState::Failed, Deploy, Action::Redeploy));
    EXPECT_TRUE(offered(CourseState::Failed, Deploy, Action::Degrade)) << "one may think again";
}

TEST(Lifecycle, RefusalsSayWhatWasAttempted) {
    auto const twice = permitted(in_state(CourseState::Accepted), Action::Accept,
                                 {.administrator = true}, GovernancePolicy{});
    EXPECT_EQ(twice.error().message, "cannot accept a course that is accepted");
    auto const own = permitted(in_state(CourseState::Pending), Action::Accept,
                               {.administrator = true, .requester = true}, GovernancePolicy{});
    EXPECT_EQ(own.error().message, "nobody accepts their own course; another administrator has to");
}

TEST(CourseState, NamesAreReadBack) {
    for (auto const state : all_course_states) EXPECT_EQ(parse_course_state(name_of(state)), state);
    for (auto const state :
         {ApplicationState::Pending, ApplicationState::Accepted, ApplicationState::Rejected})
        EXPECT_EQ(parse_application_state(name_of(state)), state);
    for (auto const kind : {DeploymentKind::Deploy, DeploymentKind::Degrade})
        EXPECT_EQ(parse_deployment_kind(name_of(kind)), kind);
    for (auto const state :
         {DeploymentState::Running, DeploymentState::Succeeded, DeploymentState::Failed})
        EXPECT_EQ(parse_deployment_state(name_of(state)), state);
    EXPECT_EQ(parse_course_state("Pending").error().code, Code::InvalidArgument);
    EXPECT_FALSE(parse_course_state(""));
    EXPECT_FALSE(parse_deployment_state("pending"));
}

}  // namespace carrel
