#include "store/store_contract.hpp"

#include "domain/lifecycle.hpp"

#include <set>

namespace carrel {

class CoursesContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
    }

    std::vector<std::string> slugs(Courses::Filter const& filter, Page const& page = {}) {
        std::vector<std::string> found;
        for (auto const& course :
             read([&](Transaction& t) { return t.courses().list(filter, page); }))
            found.push_back(course.request.slug);
        return found;
    }
    std::set<std::string> due(Time now, Time starts_before, int limit = 1000) {
        std::set<std::string> found;
        for (auto const& course :
             read([&](Transaction& t) { return t.courses().due(now, starts_before, limit); }))
            found.insert(course.request.slug);
        return found;
    }
    void add(std::string const& slug, std::function<void(Course&)> const& change) {
        auto course = some_course(slug);
        change(course);
        add_course(course);
    }
};
INSTANTIATE_TEST_SUITE_P(Engines, CoursesContract, testing::ValuesIn(store_engines()), engine_name);

TEST_P(CoursesContract, ACourseComesBackAsItWasWritten) {
    auto course = some_course("maths");
    course.state = CourseState::Deploying;
    course.reason = "because";
    course.wanted = DeploymentKind::Degrade;
    course.deployment = DeploymentId("d1");
    course.lease_until = at(77);
    course.deadline = at(88);
    course.leaders = {UserId("id-bob"), UserId("id-ada")};
    course.request.shared_folder = true;
    add_course(course);

    auto const found = read([](Transaction& t) { return t.courses().find_by_slug("maths"); });

    EXPECT_EQ(found.id, course.id);
    EXPECT_EQ(found.request.name, course.request.name);
    EXPECT_EQ(found.request.description, course.request.description);
    EXPECT_EQ(found.request.starts_at, course.request.starts_at);
    EXPECT_EQ(found.request.ends_at, course.request.ends_at);
    EXPECT_EQ(found.request.expected_participants, 12);
    EXPECT_EQ(found.request.resources, course.request.resources);
    EXPECT_EQ(found.request.environment, "jupyterlab");
    EXPECT_EQ(found.request.target, "local");
    EXPECT_TRUE(found.request.shared_folder);
    EXPECT_EQ(found.state, CourseState::Deploying);
    EXPECT_EQ(found.state_since, at(1000));
    EXPECT_EQ(found.reason, "because");
    EXPECT_EQ(found.wanted, DeploymentKind::Degrade);
    EXPECT_EQ(found.deployment, DeploymentId("d1"));
    EXPECT_EQ(found.lease_until, at(77));
    EXPECT_EQ(found.deadline, at(88));
    EXPECT_EQ(found.requested_by, UserId("id-ada"));
    EXPECT_EQ(found.leaders, course.leaders);
    EXPECT_EQ(found.invitation_code, "code-maths");
    EXPECT_EQ(found.created_at, at(1000));
    EXPECT_EQ(found.updated_at, at(1000));
}

TEST_P(CoursesContract, EveryStateIsKept) {
    for (auto const state : all_course_states) {
        auto const slug = std::string(name_of(state));
        add(slug, [&](Course& course) { course.state = state; });
        EXPECT_EQ(read([&](Transaction& t) { return t.courses().find_by_slug(slug); }).state,
                  state);
        EXPECT_EQ(slugs({.state = state, .concerning = {}}), std::vector{slug});
    }
    auto const counts = read([](Transaction& t) { return t.courses().count_by_state(); });
    EXPECT_EQ(counts.size(), all_course_states.size());
    EXPECT_EQ(counts.at(CourseState::Failed), 1);
}

TEST_P(CoursesContract, SlugAndInvitationAreTakenOnce) {
    add_course(some_course("maths"));
    auto other = some_course("physics");
    other.request.slug = "maths";
    EXPECT_EQ(write_error([&](Transaction& t) { return t.courses().insert(other); }).field, "slug");

    other = some_course("physics");
    other.invitation_code = "code-maths";
    auto const error = write_error([&](Transaction& t) { return t.courses().insert(other); });
    EXPECT_EQ(error.code, Code::Conflict);
    EXPECT_EQ(error.field, "invitation_code");

    other = some_course("physics");
    add_course(other);
    other.request.slug = "maths";
    EXPECT_EQ(write_error([&](Transaction& t) { return t.courses().update(other); }).field, "slug");
}

TEST_P(CoursesContract, AConflictDoesNotEndTheTransaction) {
    add_course(some_course("maths"));
    write([&](Transaction& t) -> Result<> {
        auto other = some_course("physics");
        other.request.slug = "maths";
        EXPECT_FALSE(t.courses().insert(other));
        other.request.slug = "physics";
        return t.courses().insert(other);
    });
    EXPECT_EQ(slugs({}), (std::vector<std::string>{"maths", "physics"}));
}

TEST_P(CoursesContract, UpdateWritesEveryFieldLeadersIncluded) {
    auto course = some_course("maths");
    add_course(course);
    course.state = CourseState::Accepted;
    course.request.ends_at = std::nullopt;
    course.leaders = {UserId("id-bob")};
    course.invitation_code = "rotated";
    write([&](Transaction& t) { return t.courses().update(course); });

    auto const found = read([&](Transaction& t) { return t.courses().find(course.id); });
    EXPECT_EQ(found.state, CourseState::Accepted);
    EXPECT_EQ(found.request.ends_at, std::nullopt);
    EXPECT_EQ(found.leaders, course.leaders);
    EXPECT_EQ(read([](Transaction& t) { return t.courses().find_by_invitation("rotated"); }).id,
              course.id);
    EXPECT_EQ(read_error([](Transaction& t) {
                  return t.courses().find_by_invitation("code-maths");
              }).code,
              Code::NotFound);

    auto const missing = some_course("nowhere");
    EXPECT_EQ(write_error([&](Transaction& t) { return t.courses().update(missing); }).code,
              Code::NotFound);
}

TEST_P(CoursesContract, ListsBySlugInPagesWithTheirLeaders) {
    for (auto const* slug : {"ccc", "aaa", "bbb"}) add_course(some_course(slug));
    EXPECT_EQ(slugs({}, {.limit = 2, .after = ""}), (std::vector<std::string>{"aaa", "bbb"}));
    EXPECT_EQ(slugs({}, {.limit = 2, .after = "bbb"}), std::vector<std::string>{"ccc"});
    for (auto const& course : read([](Transaction& t) { return t.courses().list({}, {}); }))
        EXPECT_EQ(course.leaders, std::vector{UserId("id-ada")});
}

TEST_P(CoursesContract, ListsWhatConcernsSomebody) {
    add("asked", [](Course& course) { course.requested_by = UserId("id-bob"); });
    add("leads", [](Course& course) { course.leaders.push_back(UserId("id-bob")); });
    add("applied", [](Course&) {});
    add("other", [](Course&) {});
    write([](Transaction& t) {
        return t.applications().insert(
            {.course = CourseId("id-applied"), .user = UserId("id-bob"), .applied_at = at(1)});
    });
    Courses::Filter const filter{.state = {}, .concerning = UserId("id-bob")};
    EXPECT_EQ(slugs(filter), (std::vector<std::string>{"applied", "asked", "leads"}));
    EXPECT_EQ(slugs(filter, {.limit = 1, .after = "applied"}), std::vector<std::string>{"asked"});
    EXPECT_TRUE(slugs({.state = CourseState::Failed, .concerning = UserId("id-bob")}).empty());
}

TEST_P(CoursesContract, DueIsWhatTimeOrAWishDemands) {
    auto const now = at(5000);
    auto const in = [](CourseState state) {
        return [state](Course& course) { course.state = state; };
    };
    add("pending", in(CourseState::Pending));
    add("accepted-later", [](Course& c) {
        c.state = CourseState::Accepted;
        c.request.starts_at = at(6001);
    });
    add("accepted-now", [](Course& c) {
        c.state = CourseState::Accepted;
        c.request.starts_at = at(6000);
    });
    add("accepted-wanted", [](Course& c) {
        c.state = CourseState::Accepted;
        c.request.starts_at = at(9000);
        c.wanted = DeploymentKind::Deploy;
    });
    add("deployed-later", [](Course& c) {
        c.state = CourseState::Deployed;
        c.request.ends_at = at(5001);
    });
    add("deployed-standing", [](Course& c) {
        c.state = CourseState::Deployed;
        c.request.ends_at.reset();
    });
    add("deployed-ended", [](Course& c) {
        c.state = CourseState::Deployed;
        c.request.ends_at = at(5000);
    });
    add("deployed-wanted", [](Course& c) {
        c.state = CourseState::Deployed;
        c.wanted = DeploymentKind::Degrade;
    });
    add("failed", in(CourseState::Failed));
    add("failed-wanted", [](Course& c) {
        c.state = CourseState::Failed;
        c.wanted = DeploymentKind::Deploy;
    });
    add("working", [](Course& c) {
        c.state = CourseState::Deploying;
        c.lease_until = at(5001);
        c.deadline = at(5001);
        c.wanted = DeploymentKind::Deploy;
    });
    add("lease-over", [](Course& c) {
        c.state = CourseState::Deploying;
        c.lease_until = at(5000);
    });
    add("no-lease", in(CourseState::Degrading));
    add("deadline-over", [](Course& c) {
        c.state = CourseState::Degrading;
        c.lease_until = at(9000);
        c.deadline = at(5000);
    });
    add("degraded", in(CourseState::Degraded));
    add("canceled-wanted", [](Course& c) {
        c.state = CourseState::Canceled;
        c.wanted = DeploymentKind::Deploy;
    });

    auto const expected = std::set<std::string>{
        "accepted-now",  "accepted-wanted", "deployed-ended", "deployed-wanted",
        "failed-wanted", "lease-over",      "no-lease",       "deadline-over"};
    EXPECT_EQ(due(now, at(6000)), expected);

    // The pure function decides; the query only has to find the same ones.
    DispatchPolicy const policy{.lead = Seconds(1)};
    std::set<std::string> demanded;
    for (auto const& course : read([](Transaction& t) { return t.courses().list({}, {}); }))
        if (next_transition(course, now, policy)) demanded.insert(course.request.slug);
    EXPECT_EQ(demanded, expected);
}

TEST_P(CoursesContract, DueGivesTheLongestUntouchedFirst) {
    for (int i = 0; i < 5; ++i)
        add(fmt::format("course-{}", i), [&](Course& course) {
            course.state = CourseState::Accepted;
            course.updated_at = at(100 - i);
        });
    EXPECT_EQ(due(at(0), at(3'000'000), 2), (std::set<std::string>{"course-3", "course-4"}));
}

TEST_P(CoursesContract, ApplicationsArePagedCountedAndDecided) {
    add_course(some_course("maths"));
    CourseId const maths("id-maths");
    for (auto const* name : {"c", "d", "e"}) {
        add_user(name);
        write([&](Transaction& t) {
            return t.applications().insert(
                {.course = maths, .user = UserId(fmt::format("id-{}", name)), .applied_at = at(3)});
        });
    }
    auto const again = write_error([&](Transaction& t) {
        return t.applications().insert(
            {.course = maths, .user = UserId("id-c"), .applied_at = at(3)});
    });
    EXPECT_EQ(again.code, Code::Conflict);
    EXPECT_EQ(again.field, "username");

    Application const accepted{.course = maths,
                               .user = UserId("id-d"),
                               .state = ApplicationState::Accepted,
                               .applied_at = at(3),
                               .decided_at = at(4),
                               .decided_by = UserId("id-ada")};
    write([&](Transaction& t) { return t.applications().update(accepted); });
    auto const found =
        read([&](Transaction& t) { return t.applications().find(maths, UserId("id-d")); });
    EXPECT_EQ(found.state, ApplicationState::Accepted);
    EXPECT_EQ(found.decided_at, at(4));
    EXPECT_EQ(found.decided_by, UserId("id-ada"));

    auto const list = [&](std::optional<ApplicationState> state, Page const& page) {
        std::string users;
        for (auto const& each :
             read([&](Transaction& t) { return t.applications().of_course(maths, state, page); }))
            users += each.user.value() + " ";
        return users;
    };
    EXPECT_EQ(list({}, {.limit = 2, .after = ""}), "id-c id-d ");
    EXPECT_EQ(list({}, {.limit = 2, .after = "id-d"}), "id-e ");
    EXPECT_EQ(list(ApplicationState::Pending, {}), "id-c id-e ");

    auto const counts = read([&](Transaction& t) { return t.applications().count(maths); });
    EXPECT_EQ(counts.at(ApplicationState::Pending), 2);
    EXPECT_EQ(counts.at(ApplicationState::Accepted), 1);
    EXPECT_EQ(read([](Transaction& t) { return t.applications().of_user(UserId("id-d")); }).size(),
              1U);

    write([&](Transaction& t) { return t.applications().remove(maths, UserId("id-d")); });
    EXPECT_EQ(read_error([&](Transaction& t) {
                  return t.applications().find(maths, UserId("id-d"));
              }).code,
              Code::NotFound);
    EXPECT_EQ(write_error([&](Transaction& t) { return t.applications().update(accepted); }).code,
              Code::NotFound);
}

TEST_P(CoursesContract, DeploymentsAreKeptNewestFirst) {
    add_course(some_course("maths"));
    CourseId const maths("id-maths");
    Deployment deployment{.id = DeploymentId("d1"),
                          .course = maths,
                          .kind = DeploymentKind::Deploy,
                          .state = DeploymentState::Running,
                          .started_at = at(1),
                          .deadline = at(10),
                          .finished_at = std::nullopt,
                          .message = ""};
    write([&](Transaction& t) { return t.deployments().insert(deployment); });
    deployment.state = DeploymentState::Failed;
    deployment.finished_at = at(5);
    deployment.message = "no disk";
    write([&](Transaction& t) { return t.deployments().update(deployment); });
    write([&](Transaction& t) {
        return t.deployments().insert({.id = DeploymentId("d2"),
                                       .course = maths,
                                       .kind = DeploymentKind::Degrade,
                                       .started_at = at(2),
                                       .deadline = at(3)});
    });

    auto const all = read([&](Transaction& t) { return t.deployments().of_course(maths); });
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, DeploymentId("d2"));
    EXPECT_EQ(all[0].kind, DeploymentKind::Degrade);
    EXPECT_EQ(all[1].state, DeploymentState::Failed);
    EXPECT_EQ(all[1].finished_at, at(5));
    EXPECT_EQ(all[1].message, "no disk");
    EXPECT_EQ(
        read_error([](Transaction& t) { return t.deployments().find(DeploymentId("d3")); }).code,
        Code::NotFound);
}

}  // namespace carrel
