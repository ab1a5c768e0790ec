#include "deploy/dispatcher.hpp"

#include "deploy/dispatch_support.hpp"

#include "runtime/task_group.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace carrel {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;

class DispatcherTest : public DispatchTest {
protected:
    /// Ticks, and lets the work that it starts come to its end.
    static void tick_through(ControlProcess& process) {
        ASSERT_TRUE(process.tick());
        process.run_until_idle();
    }
    /// The only run of the slow provisioner, once it has begun.
    static Deployment begun(ControlProcess& process, SlowProvisioner const& provisioner) {
        process.run_until([&] { return provisioner.running().size() == 1; });
        return provisioner.running().front();
    }

    FakeProvisioner fake;
    SlowProvisioner slow;
};

TEST_F(DispatcherTest, DeploysAtStartAndDegradesAtEnd) {
    add_course("maths", clock.now() + hours(1));
    auto const process = start(fake);

    clock.advance(minutes(49));
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Accepted) << "a far course is left alone";

    clock.advance(minutes(1));
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_FALSE(course().lease_until);
    EXPECT_FALSE(course().deadline);

    clock.advance(hours(1) + minutes(9));
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Deployed);
    clock.advance(minutes(1));
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Degraded);
    EXPECT_EQ(fake.deploys, 1);
    EXPECT_EQ(fake.degrades, 1);
    EXPECT_THAT(events(), ElementsAre("deploy_started", "deploy_progress", "deployed",
                                      "degrade_started", "degrade_progress", "degraded"));
    EXPECT_THAT(event_details(), ElementsAre("{}", R"({"step":"deploy"})", "{}", "{}",
                                             R"({"step":"degrade"})", "{}"));
}

TEST_F(DispatcherTest, DeploysACourseThatIsAcceptedLate) {
    add_course("maths", clock.now() - minutes(50));
    auto const process = start(fake);
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Deployed);
}

TEST_F(DispatcherTest, CancelsACourseWhoseEndHasPassed) {
    add_course("maths", clock.now() - hours(2));
    auto const process = start(fake);
    EXPECT_EQ(process->tick().value().lapsed, 1);
    EXPECT_EQ(state(), CourseState::Canceled);
    EXPECT_EQ(course().reason, "its end passed before it was deployed");
    EXPECT_THAT(events(), ElementsAre("course_lapsed"));
    EXPECT_EQ(fake.deploys, 0);
}

TEST_F(DispatcherTest, DoesWhatSomebodyWantsAheadOfTheCalendar) {
    add_course("maths", clock.now() + hours(100));
    auto const process = start(fake);
    want(DeploymentKind::Deploy);
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_FALSE(course().wanted);
    want(DeploymentKind::Degrade);
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Degraded);
}

TEST_F(DispatcherTest, FailsWithTheReasonAndTriesAgainOnlyWhenAsked) {
    add_course("maths", clock.now());
    FailingProvisioner failing;
    {
        auto const process = start(failing);
        tick_through(*process);
        EXPECT_EQ(state(), CourseState::Failed);
        EXPECT_EQ(course().reason, "the disk is full");
        EXPECT_EQ(deployments().front().message, "the disk is full");
        EXPECT_EQ(process->tick().value().moves(), 0);
    }
    auto const process = start(fake);
    want(DeploymentKind::Deploy);
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_EQ(course().reason, "");
    EXPECT_THAT(events(), ElementsAre("deploy_started", "failed", "deploy_started",
                                      "deploy_progress", "deployed"));
}

TEST_F(DispatcherTest, FailsWhenAProvisionerThrowsOrIsMissing) {
    add_course("maths", clock.now());
    ThrowingProvisioner throwing;
    auto const process = start(throwing);
    tick_through(*process);
    EXPECT_EQ(course().reason, "unexpected: a defect");

    auto elsewhere = some_course("moon");
    elsewhere.state = CourseState::Accepted;
    elsewhere.request.starts_at = clock.now();
    elsewhere.request.ends_at.reset();
    elsewhere.request.target = "moon";
    change([&](Transaction& t) { return t.courses().insert(elsewhere); });
    tick_through(*process);
    EXPECT_EQ(state("moon"), CourseState::Failed);
    EXPECT_EQ(course("moon").reason, "nothing here makes hubs for the target \"moon\"");
}

TEST_F(DispatcherTest, GivesUpAtTheDeadlineAndIgnoresALateSuccess) {
    add_course("maths", clock.now());
    NeverProvisioner never;
    auto const process = start(never);
    ASSERT_TRUE(process->tick());
    auto const run = begun(*process, never);
    clock.advance(minutes(14));
    EXPECT_EQ(process->tick().value().moves(), 0);
    clock.advance(minutes(1));
    EXPECT_EQ(process->tick().value().given_up, 1);
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_EQ(course().reason, "deploying took longer than 15 minutes");

    never.end(run.id, {});
    process->run_until_idle();
    EXPECT_EQ(state(), CourseState::Failed);
    EXPECT_EQ(deployments().front().state, DeploymentState::Failed);
}

TEST_F(DispatcherTest, CancelsItsWorkWhenItGivesUp) {
    add_course("maths", clock.now());
    auto const process = start(slow);
    ASSERT_TRUE(process->tick());
    begun(*process, slow);
    clock.advance(hours(1));
    EXPECT_EQ(process->tick().value().given_up, 1);
    process->run_until_idle();
    EXPECT_TRUE(slow.running().empty());
    EXPECT_EQ(state(), CourseState::Failed);
}

TEST_F(DispatcherTest, RenewsItsLeaseForAsLongAsItWorks) {
    add_course("maths", clock.now());
    auto const process = start(slow);
    auto const other = start(fake);
    ASSERT_TRUE(process->tick());
    auto const run = begun(*process, slow);
    for (int i = 0; i < 40; ++i) {
        clock.advance(Seconds(20));
        EXPECT_EQ(process->tick().value().moves(), 0);
        EXPECT_EQ(other->tick().value().moves(), 0);
    }
    slow.end(run.id, {});
    process->run_until_idle();
    EXPECT_EQ(state(), CourseState::Deployed);
    EXPECT_EQ(deployments().size(), 1U);
}

TEST_F(DispatcherTest, TakesOverFromADispatcherThatIsSilentAndIgnoresItsResult) {
    add_course("maths", clock.now());
    auto const silent = start(slow);
    ASSERT_TRUE(silent->tick());
    auto const first = begun(*silent, slow);

    clock.advance(Seconds(30));
    SlowProvisioner slow2;
    auto const other = start(slow2);
    EXPECT_EQ(other->tick().value().taken_over, 1);
    auto const second = begun(*other, slow2);
    EXPECT_NE(first.id, second.id);
    EXPECT_EQ(first.deadline, second.deadline) << "the deadline is the state's";
    EXPECT_EQ(deployments().back().message, "taken over");

    slow.end(first.id, {});
    silent->run_until_idle();
    EXPECT_EQ(state(), CourseState::Deploying) << "the old one's success does not count";
    slow2.end(second.id, fail(Code::Internal, "the new one's failure does"));
    other->run_until_idle();
    EXPECT_EQ(state(), CourseState::Failed);
}

TEST_F(DispatcherTest, StopsWorkingWhenItHasLostItsCourse) {
    add_course("maths", clock.now());
    auto const silent = start(slow);
    ASSERT_TRUE(silent->tick());
    begun(*silent, slow);
    clock.advance(Seconds(31));
    auto const other = start(fake);
    ASSERT_TRUE(other->tick());
    ASSERT_TRUE(silent->tick());
    silent->run_until_idle();
    EXPECT_TRUE(slow.running().empty());
    other->run_until_idle();
    EXPECT_EQ(state(), CourseState::Deployed);
}

TEST_F(DispatcherTest, IsOneOfManyAndNeverWorksOnWhatAnotherHas) {
    for (int i = 0; i < 20; ++i) add_course(fmt::format("course-{}", i), clock.now());
    options.most_workers = 50;
    std::vector<std::unique_ptr<FakeProvisioner>> fakes;
    std::vector<std::unique_ptr<ControlProcess>> processes;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        processes.push_back(start(*fakes.emplace_back(std::make_unique<FakeProvisioner>())));
    for (auto const& process : processes)
        threads.emplace_back([&process = *process] {
            ASSERT_TRUE(process.tick());
            process.run_until_idle();
        });
    threads.clear();
    int deploys = 0;
    for (auto const& each : fakes) deploys += each->deploys;
    EXPECT_EQ(deploys, 20);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(state(fmt::format("course-{}", i)), CourseState::Deployed);
        EXPECT_EQ(deployments(fmt::format("course-{}", i)).size(), 1U);
    }
}

TEST_F(DispatcherTest, WorksOnAFewCoursesAtATimeAndStillGivesUpOnStuckOnes) {
    options.most_workers = 2;
    for (int i = 0; i < 150; ++i)
        add_course(fmt::format("course-{:03}", i), clock.now() + Milliseconds(i));
    NeverProvisioner never;
    auto const process = start(never);
    EXPECT_EQ(process->tick().value().started, 2);
    EXPECT_EQ(process->tick().value().moves(), 0);
    clock.advance(minutes(16));
    EXPECT_EQ(process->tick().value().given_up, 2);
    for (auto const& run : never.running()) never.end(run.id, {});
    process->run_until_idle();
    EXPECT_EQ(process->tick().value().started, 2);
}

TEST_F(DispatcherTest, SurvivesAClockThatIsSetBack) {
    add_course("maths", clock.now());
    {
        auto const killed = start(slow);
        ASSERT_TRUE(killed->tick());
        begun(*killed, slow);
    }
    clock.advance(-hours(1000));
    auto const process = start(fake);
    EXPECT_EQ(process->tick().value().moves(), 0) << "somebody may hold the lease";
    EXPECT_EQ(*course().lease_until, clock.now() + Seconds(30));
    clock.advance(Seconds(30));
    tick_through(*process);
    EXPECT_EQ(state(), CourseState::Deployed);
}

TEST_F(DispatcherTest, EndsEverythingThatAClockFarAheadMakesDue) {
    add_course("maths", clock.now() + hours(1));
    add_course("running", clock.now());
    auto const process = start(fake);
    tick_through(*process);
    clock.advance(hours(24 * 365 * 10));
    tick_through(*process);
    EXPECT_EQ(state("maths"), CourseState::Canceled);
    EXPECT_EQ(state("running"), CourseState::Degraded);
}

TEST_F(DispatcherTest, GivesItsWorkBackWhenItIsStopped) {
    add_course("maths", clock.now());
    {
        auto const process = start(slow);
        TaskGroup tasks(process->context.get_executor());
        tasks.start("dispatcher", process->dispatcher.run());
        begun(*process, slow);
        ASSERT_TRUE(process->wait_for(tasks.close()));
        EXPECT_TRUE(slow.running().empty());
    }
    EXPECT_EQ(state(), CourseState::Deploying);
    auto const next = start(fake);
    EXPECT_EQ(next->tick().value().taken_over, 1) << "without waiting for a lease";
    next->run_until_idle();
    EXPECT_EQ(state(), CourseState::Deployed);
}

TEST_F(DispatcherTest, TakesWorkOfItsOwnKilledProcessOverAtOnce) {
    options.transitions.instance = "here";
    add_course("maths", clock.now());
    SlowProvisioner forgotten;
    auto killed = start(forgotten);
    ASSERT_TRUE(killed->tick());
    auto const lost = begun(*killed, forgotten);
    killed->store.die();
    auto const next = start(fake);
    EXPECT_EQ(next->tick().value().taken_over, 1) << "without waiting for a lease";
    next->run_until_idle();
    EXPECT_EQ(state(), CourseState::Deployed);
    auto const runs = deployments();
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_NE(course().deployment, lost.id);
    for (auto const& run : runs)
        EXPECT_EQ(run.state,
                  run.id == lost.id ? DeploymentState::Failed : DeploymentState::Succeeded);
    bool counted = true;
    change([&](Transaction& t) -> Result<> {
        TRY(counted, finish(t, lost, fail(Code::Internal, "too late"), clock.now()));
        return {};
    });
    EXPECT_FALSE(counted) << "the dead one's id does not count";
}

TEST_F(DispatcherTest, WaitsForTheLeaseOfAnotherInstance) {
    options.transitions.instance = "there";
    add_course("maths", clock.now());
    auto const other = start(slow);
    ASSERT_TRUE(other->tick());
    auto const run = begun(*other, slow);
    for (std::string const instance : {"here", ""}) {
        options.transitions.instance = instance;
        auto const here = start(fake);
        EXPECT_EQ(here->tick().value().moves(), 0) << instance;
        EXPECT_EQ(course().deployment, run.id);
    }
    clock.advance(Seconds(31));
    auto const here = start(fake);
    EXPECT_EQ(here->tick().value().taken_over, 1);
}

TEST_F(DispatcherTest, TakesBackOnlyWhatWasBegunBeforeItsFirstTick) {
    options.transitions.instance = "here";
    add_course("maths", clock.now());
    auto const process = start(slow);
    ASSERT_TRUE(process->tick());
    auto const run = begun(*process, slow);
    ASSERT_TRUE(process->tick());
    EXPECT_EQ(course().deployment, run.id);
    EXPECT_EQ(process->dispatcher.working(), 1U);
}

TEST_F(DispatcherTest, TicksAtOnceWhenItIsWoken) {
    options.tick = hours(1);
    auto const process = start(fake);
    TaskGroup tasks(process->context.get_executor());
    tasks.start("dispatcher", process->dispatcher.run());
    while (process->context.poll() == 0) {
    }
    add_course("maths", clock.now());
    process->dispatcher.wake();
    process->run_until([&] { return fake.deploys == 1; });
    ASSERT_TRUE(process->wait_for(tasks.close()));
}

TEST_F(DispatcherTest, CountsAResultOnce) {
    add_course("maths", clock.now());
    auto const process = start(slow);
    ASSERT_TRUE(process->tick());
    auto const run = begun(*process, slow);
    auto const finish_again = [&](Result<> outcome) {
        bool counted = false;
        change([&](Transaction& t) -> Result<> {
            TRY(counted, finish(t, run, outcome, clock.now()));
            return {};
        });
        return counted;
    };
    EXPECT_TRUE(finish_again({}));
    EXPECT_FALSE(finish_again({}));
    EXPECT_FALSE(finish_again(fail(Code::Internal, "later")));
    EXPECT_EQ(state(), CourseState::Deployed);
}

}  // namespace

}  // namespace carrel
