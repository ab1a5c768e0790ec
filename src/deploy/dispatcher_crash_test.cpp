/// Kill -9 at every step, and whatever else comes in any order: courses come to rest, and no work
/// counts twice.

#include "deploy/dispatch_support.hpp"

#include <algorithm>
#include <random>
#include <set>

namespace carrel {

namespace {

using std::chrono::hours;
using Moment = MortalStore::Moment;

struct StopPoint {
    int writes;
    Moment moment;
};

class DispatcherCrash : public DispatchTest, public testing::WithParamInterface<StopPoint> {};

std::vector<StopPoint> stop_points() {
    std::vector<StopPoint> points;
    // A deploy and a degrade take about eight writes; the last points find nothing left to break.
    for (int writes = 0; writes < 10; ++writes)
        for (auto const moment : {Moment::BeforeWrite, Moment::AfterWrite})
            points.push_back({writes, moment});
    return points;
}

INSTANTIATE_TEST_SUITE_P(EveryWrite, DispatcherCrash, testing::ValuesIn(stop_points()),
                         [](auto const& info) {
                             return fmt::format(
                                 "{}Write{}",
                                 info.param.moment == Moment::BeforeWrite ? "Before" : "After",
                                 info.param.writes);
                         });

/// Ticks until the course has the state, or the process is dead.
void drive(ControlProcess& process, std::function<bool()> const& there) {
    for (int i = 0; i < 10 && !there() && !process.store.dead(); ++i)
        if (process.tick()) process.run_until_idle();
}

TEST_P(DispatcherCrash, TheNextProcessFinishesWhatTheKilledOneLeft) {
    add_course("maths", clock.now());
    FakeProvisioner fake;
    auto const deployed = [&] { return state() == CourseState::Deployed; };
    auto const degraded = [&] { return state() == CourseState::Degraded; };
    auto doomed = start(fake);
    doomed->store.die_at(GetParam().writes, GetParam().moment);
    drive(*doomed, deployed);
    if (deployed()) {
        clock.advance(hours(1));
        drive(*doomed, degraded);
    }
    doomed.reset();

    auto const next = start(fake);
    clock.advance(Seconds(31));
    if (state() == CourseState::Accepted || state() == CourseState::Deploying)
        drive(*next, deployed);
    // Its end; but a degrade that has begun must not meet its deadline here.
    if (deployed()) clock.advance(hours(1));
    drive(*next, degraded);

    EXPECT_EQ(state(), CourseState::Degraded);
    std::map<DeploymentKind, int> succeeded;
    for (auto const& deployment : deployments()) {
        EXPECT_NE(deployment.state, DeploymentState::Running);
        if (deployment.state == DeploymentState::Succeeded) ++succeeded[deployment.kind];
    }
    EXPECT_EQ(succeeded[DeploymentKind::Deploy], 1);
    EXPECT_EQ(succeeded[DeploymentKind::Degrade], 1);
    auto const told = events();
    EXPECT_EQ(std::ranges::count(told, "deployed"), 1);
    EXPECT_EQ(std::ranges::count(told, "degraded"), 1);
}

/// A world in which anything may happen next.
class DispatcherAnything : public DispatchTest, public testing::WithParamInterface<unsigned> {
protected:
    struct Site {
        std::unique_ptr<SlowProvisioner> provisioner;
        std::unique_ptr<ControlProcess> process;
        ~Site() { shut(); }
        void shut() {
            process.reset();
            provisioner.reset();
        }
    };

    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(dice_); }
    Site& some_site() { return sites_[static_cast<size_t>(below(2))]; }
    std::string some_slug() { return fmt::format("course-{}", below(courses)); }

    void boot(Site& site) {
        site.shut();
        site.provisioner = std::make_unique<SlowProvisioner>(below(4) != 0);
        site.process = start(*site.provisioner);
    }

    /// Work that runs has begun, and everything that ended is written down.
    void settle(Site& site) {
        site.process->run_until([&] {
            return site.provisioner->running().size() >= site.process->dispatcher.working();
        });
    }

    void end_some_run(Site& site) {
        auto const running = site.provisioner->running();
        if (running.empty()) return;
        auto const& run = running[static_cast<size_t>(below(static_cast<int>(running.size())))];
        Result<> outcome;
        if (below(3) == 0) outcome = fail(Code::Internal, "bad luck");
        auto const before = course_of(run);
        bool const counts = before.deployment == run.id && working(before);
        auto const still = site.process->dispatcher.working() - 1;
        site.provisioner->end(run.id, outcome);
        // Another run may notice in the same moment that it has lost its lease, so what counts must
        // be waited for by its own name.
        site.process->run_until([&] {
            return site.process->dispatcher.working() <= still &&
                   !(counts && working(course_of(run)));
        });
        auto const after = course_of(run);
        if (!counts) {
            EXPECT_EQ(after.state, before.state) << "an old result counted";
            return;
        }
        auto const success =
            run.kind == DeploymentKind::Deploy ? CourseState::Deployed : CourseState::Degraded;
        EXPECT_EQ(after.state, outcome ? success : CourseState::Failed);
    }

    void user_acts() {
        auto const slug = some_slug();
        auto const now = course(slug);
        auto const action = std::array{Action::Deploy, Action::Degrade, Action::Redeploy,
                                       Action::Cancel}[static_cast<size_t>(below(4))];
        auto const rule = permitted(now, action, {.administrator = true}, {});
        if (!rule) return;
        change([&](Transaction& t) -> Result<> {
            auto changed = now;
            changed.state = rule->to;
            if (action != Action::Cancel)
                changed.wanted =
                    action == Action::Degrade ? DeploymentKind::Degrade : DeploymentKind::Deploy;
            return t.courses().update(changed);
        });
    }

    void something_happens() {
        switch (below(10)) {
            case 0:
                return boot(some_site());
            case 1:
                return clock.advance(std::chrono::minutes(below(30)));
            case 2:
                return clock.advance(-std::chrono::minutes(below(60)));
            case 3:
                return user_acts();
            case 4:
            case 5:
                return end_some_run(some_site());
            default:
                clock.advance(Seconds(below(40)));
                auto& site = some_site();
                ASSERT_TRUE(site.process->tick());
                settle(site);
        }
    }

    /// Of all the work in all processes, at most one run for each course counts.
    void check_fences() {
        std::map<std::string, int> counting;
        std::set<DeploymentId> ids;
        for (auto const& site : sites_)
            for (auto const& run : site.provisioner->running()) {
                EXPECT_TRUE(ids.insert(run.id).second) << "one deployment runs twice";
                auto const of = course_of(run);
                if (of.deployment == run.id && working(of)) ++counting[of.request.slug];
            }
        for (auto const& [slug, count] : counting) EXPECT_LE(count, 1) << slug;
    }

    Course course_of(Deployment const& run) {
        return look([&](Transaction& t) { return t.courses().find(run.course); });
    }
    static bool working(Course const& course) {
        return course.state == CourseState::Deploying || course.state == CourseState::Degrading;
    }

    static constexpr int courses = 4;
    std::mt19937 dice_{GetParam()};
    std::array<Site, 2> sites_;
};

INSTANTIATE_TEST_SUITE_P(Seeds, DispatcherAnything, testing::Range(1U, 9U));

TEST_P(DispatcherAnything, EveryCourseComesToRestAndNothingCountsTwice) {
    for (int i = 0; i < courses; ++i)
        add_course(fmt::format("course-{}", i), clock.now() + std::chrono::minutes(below(60)));
    for (auto& site : sites_) boot(site);
    for (int i = 0; i < 120 && !HasFailure(); ++i) {
        something_happens();
        check_fences();
    }

    // Then everything works again, for long enough.
    for (auto& site : sites_) site.shut();
    FakeProvisioner fake;
    auto const process = start(fake);
    for (int i = 0; i < 30; ++i) {
        clock.advance(std::chrono::minutes(20));
        ASSERT_TRUE(process->tick());
        process->run_until_idle();
    }
    for (int i = 0; i < courses; ++i) {
        auto const slug = fmt::format("course-{}", i);
        auto const rests = state(slug);
        EXPECT_TRUE(rests == CourseState::Degraded || rests == CourseState::Canceled ||
                    rests == CourseState::Failed)
            << name_of(rests);
        for (auto const& deployment : deployments(slug))
            EXPECT_NE(deployment.state, DeploymentState::Running);
    }
}

}  // namespace

}  // namespace carrel
