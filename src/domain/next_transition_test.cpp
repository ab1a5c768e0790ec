#include "domain/lifecycle.hpp"

#include <gtest/gtest.h>

namespace carrel {

namespace {

using enum CourseState;
using namespace std::chrono_literals;

constexpr DispatchPolicy policy{.lead = 600s};
Time const starts = Time(1'800'000'000s);
Time const ends = starts + 24h;

Course course_in(CourseState state) {
    Course course;
    course.state = state;
    course.request.starts_at = starts;
    course.request.ends_at = ends;
    return course;
}

Course working(CourseState state, Time lease_until, Time deadline) {
    auto course = course_in(state);
    course.lease_until = lease_until;
    course.deadline = deadline;
    return course;
}

std::optional<Transition> next(Course const& course, Time now) {
    return next_transition(course, now, policy);
}

}  // namespace

TEST(NextTransition, DeploysFromStartMinusLeadUntilTheEnd) {
    auto const course = course_in(Accepted);
    EXPECT_EQ(next(course, starts - 600s - 1ms), std::nullopt);
    EXPECT_EQ(next(course, starts - 600s), Transition::StartDeploy);
    EXPECT_EQ(next(course, starts - 600s + 1ms), Transition::StartDeploy);
    EXPECT_EQ(next(course, starts), Transition::StartDeploy);
    EXPECT_EQ(next(course, ends - 1ms), Transition::StartDeploy);
    EXPECT_EQ(next(course, ends), Transition::Lapse);
    EXPECT_EQ(next(course, ends + 1ms), Transition::Lapse);
}

TEST(NextTransition, LeavesAFarCourseAlone) {
    EXPECT_EQ(next(course_in(Accepted), starts - std::chrono::days(1000)), std::nullopt);
    EXPECT_EQ(next(course_in(Accepted), Time()), std::nullopt);
}

TEST(NextTransition, DeploysACourseThatWasAcceptedLate) {
    EXPECT_EQ(next(course_in(Accepted), starts + 23h), Transition::StartDeploy);
}

TEST(NextTransition, AWishDeploysEarlyButNeverAfterTheEnd) {
    auto course = course_in(Accepted);
    course.wanted = DeploymentKind::Deploy;
    EXPECT_EQ(next(course, starts - std::chrono::days(1000)), Transition::StartDeploy);
    EXPECT_EQ(next(course, ends), Transition::Lapse);
}

TEST(NextTransition, AStandingHubDeploysAndNeverEnds) {
    auto course = course_in(Accepted);
    course.request.ends_at.reset();
    EXPECT_EQ(next(course, starts - 600s - 1ms), std::nullopt);
    EXPECT_EQ(next(course, starts + std::chrono::days(10000)), Transition::StartDeploy);
    course.state = Deployed;
    EXPECT_EQ(next(course, starts + std::chrono::days(10000)), std::nullopt);
    course.wanted = DeploymentKind::Degrade;
    EXPECT_EQ(next(course, starts), Transition::StartDegrade);
}

TEST(NextTransition, DegradesAtTheEndOrWhenWanted) {
    auto course = course_in(Deployed);
    EXPECT_EQ(next(course, ends - 1ms), std::nullopt);
    EXPECT_EQ(next(course, ends), Transition::StartDegrade);
    EXPECT_EQ(next(course, ends + 1ms), Transition::StartDegrade);
    course.wanted = DeploymentKind::Degrade;
    EXPECT_EQ(next(course, starts), Transition::StartDegrade);
    // A deployed course cannot be deployed again by a wish that came too late.
    course.wanted = DeploymentKind::Deploy;
    EXPECT_EQ(next(course, starts), std::nullopt);
}

TEST(NextTransition, WaitsForWhoeverHoldsTheLease) {
    for (auto const state : {Deploying, Degrading}) {
        auto const course = working(state, starts + 30s, starts + 900s);
        EXPECT_EQ(next(course, starts), std::nullopt);
        EXPECT_EQ(next(course, starts + 30s - 1ms), std::nullopt);
        EXPECT_EQ(next(course, starts + 30s), Transition::TakeOver);
        EXPECT_EQ(next(course, starts + 30s + 1ms), Transition::TakeOver);
        EXPECT_EQ(next(course, starts + 900s - 1ms), Transition::TakeOver);
        EXPECT_EQ(next(course, starts + 900s), Transition::GiveUp);
    }
}

TEST(NextTransition, ADeadlineCountsEvenUnderALease) {
    auto const course = working(Deploying, starts + 900s, starts + 60s);
    EXPECT_EQ(next(course, starts + 60s - 1ms), std::nullopt);
    EXPECT_EQ(next(course, starts + 60s), Transition::GiveUp);
}

TEST(NextTransition, TakesOverWorkThatNobodyHolds) {
    EXPECT_EQ(next(course_in(Deploying), starts), Transition::TakeOver);
    EXPECT_EQ(next(course_in(Degrading), starts), Transition::TakeOver);
}

TEST(NextTransition, AnEndDuringADeployWaitsForItsResult) {
    auto const course = working(Deploying, ends + 30s, ends + 900s);
    EXPECT_EQ(next(course, ends), std::nullopt);
}

TEST(NextTransition, AFailureWaitsForAHuman) {
    auto course = course_in(Failed);
    EXPECT_EQ(next(course, starts), std::nullopt);
    EXPECT_EQ(next(course, ends + std::chrono::days(100)), std::nullopt);
    course.wanted = DeploymentKind::Deploy;
    EXPECT_EQ(next(course, starts), Transition::StartDeploy);
    course.wanted = DeploymentKind::Degrade;
    EXPECT_EQ(next(course, starts), Transition::StartDegrade);
}

TEST(NextTransition, StatesWithoutWorkAreLeftAlone) {
    for (auto const state : {Pending, Rejected, Canceled, Degraded}) {
        auto course = course_in(state);
        course.wanted = DeploymentKind::Deploy;
        for (auto const now : {starts - 600s, starts, ends, ends + std::chrono::days(1)})
            EXPECT_EQ(next(course, now), std::nullopt) << name_of(state);
    }
}

TEST(NextLook, IsTheFirstMomentWhenTheAnswerChanges) {
    std::vector<Course> courses{course_in(Accepted), course_in(Deployed),
                                working(Deploying, starts + 30s, starts + 900s),
                                working(Degrading, starts + 900s, starts + 30s)};
    for (auto const& course : courses) {
        auto const now = starts - 1h;
        ASSERT_EQ(next(course, now), std::nullopt);
        auto const look = next_look(course, now, policy);
        ASSERT_TRUE(look) << name_of(course.state);
        EXPECT_EQ(next(course, *look - 1ms), std::nullopt) << name_of(course.state);
        EXPECT_TRUE(next(course, *look)) << name_of(course.state);
        EXPECT_EQ(next_look(course, *look, policy), look);
    }
}

TEST(NextLook, IsNeverForWhatTimeAloneDoesNotMove) {
    for (auto const state : {Pending, Rejected, Canceled, Degraded, Failed})
        EXPECT_EQ(next_look(course_in(state), starts, policy), std::nullopt) << name_of(state);
    auto standing = course_in(Deployed);
    standing.request.ends_at.reset();
    EXPECT_EQ(next_look(standing, starts, policy), std::nullopt);
}

TEST(NextLook, IsNowWhenSomethingIsToBeDone) {
    EXPECT_EQ(next_look(course_in(Deploying), starts, policy), starts);
    EXPECT_EQ(next_look(course_in(Accepted), ends, policy), ends);
}

TEST(Transition, HasAName) {
    EXPECT_EQ(name_of(Transition::StartDeploy), "start_deploy");
    EXPECT_EQ(name_of(Transition::Lapse), "lapse");
}

}  // namespace carrel
