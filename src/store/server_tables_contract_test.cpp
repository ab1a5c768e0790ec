#include "store/store_contract.hpp"

#include <set>

namespace carrel {

class ServersContract : public StoreContract {
protected:
    void SetUp() override {
        StoreContract::SetUp();
        add_user("ada");
        add_user("bob");
        add_course(some_course("maths"));
        add_course(some_course("physics"));
    }

    CourseId const maths{"id-maths"};
    CourseId const physics{"id-physics"};
    UserId const ada{"id-ada"};
    UserId const bob{"id-bob"};
};
INSTANTIATE_TEST_SUITE_P(Engines, ServersContract, testing::ValuesIn(store_engines()), engine_name);

TEST_P(ServersContract, PutInsertsAndThenReplaces) {
    ServerRecord server{.course = maths,
                        .user = ada,
                        .name = "",
                        .state = ServerState::Starting,
                        .state_since = at(1),
                        .spawner_state = R"({"pid":1})",
                        .endpoint = "http+unix://%2Frun%2Fx",
                        .secret = "s3cret",
                        .message = "",
                        .log_tail = "",
                        .user_options = R"({"profile":"big"})",
                        .display_name = "Räume",
                        .started_at = at(1),
                        .last_activity = std::nullopt};
    write([&](Transaction& t) { return t.servers().put(server); });
    server.state = ServerState::Failed;
    server.message = "out of memory";
    server.log_tail = "line 1\nline 2\x1b[0m";
    server.started_at.reset();
    write([&](Transaction& t) { return t.servers().put(server); });

    auto const all = read([&](Transaction& t) { return t.servers().of_course(maths); });
    ASSERT_EQ(all.size(), 1U);
    auto const found = read([&](Transaction& t) { return t.servers().find(maths, ada, ""); });
    EXPECT_EQ(found.state, ServerState::Failed);
    EXPECT_EQ(found.spawner_state, server.spawner_state);
    EXPECT_EQ(found.endpoint, server.endpoint);
    EXPECT_EQ(found.secret, "s3cret");
    EXPECT_EQ(found.message, "out of memory");
    EXPECT_EQ(found.log_tail, server.log_tail);
    EXPECT_EQ(found.user_options, server.user_options);
    EXPECT_EQ(found.display_name, server.display_name);
    EXPECT_EQ(found.started_at, std::nullopt);
    EXPECT_EQ(read_error([&](Transaction& t) { return t.servers().find(maths, ada, "gpu"); }).code,
              Code::NotFound);
}

TEST_P(ServersContract, ActiveAreThoseThatARestartedHubHasToFind) {
    std::set<std::string> expected;
    for (auto const state : {ServerState::Stopped, ServerState::Queued, ServerState::Starting,
                             ServerState::Running, ServerState::Stopping, ServerState::Failed}) {
        auto const name = std::string(name_of(state));
        write([&](Transaction& t) {
            return t.servers().put({.course = maths, .user = ada, .name = name, .state = state});
        });
        if (state != ServerState::Stopped && state != ServerState::Failed) expected.insert(name);
    }
    std::set<std::string> active;
    for (auto const& server : read([](Transaction& t) { return t.servers().active(); }))
        active.insert(server.name);
    EXPECT_EQ(active, expected);
    auto const counts = read([](Transaction& t) { return t.servers().count_by_state(); });
    EXPECT_EQ(counts.size(), 6U);
    EXPECT_EQ(counts.at(ServerState::Queued), 1);
}

TEST_P(ServersContract, OnesOwnComeByNameAndAreRemovedOneByOne) {
    for (auto const* const name : {"räume", "", "gpu"})
        write([&](Transaction& t) {
            return t.servers().put({.course = maths, .user = ada, .name = name});
        });
    write([&](Transaction& t) {
        return t.servers().put({.course = maths, .user = bob, .name = "gpu"});
    });
    write([&](Transaction& t) {
        return t.servers().put({.course = physics, .user = ada, .name = "gpu"});
    });
    auto const names = [&] {
        std::vector<std::string> found;
        for (auto const& server :
             read([&](Transaction& t) { return t.servers().of_user(maths, ada); }))
            found.push_back(server.name);
        return found;
    };
    EXPECT_EQ(names(), (std::vector<std::string>{"", "gpu", "räume"}));
    write([&](Transaction& t) { return t.servers().remove(maths, ada, "gpu"); });
    write([&](Transaction& t) { return t.servers().remove(maths, ada, "not there"); });
    EXPECT_EQ(names(), (std::vector<std::string>{"", "räume"}));
    EXPECT_EQ(read([&](Transaction& t) { return t.servers().find(maths, bob, "gpu"); }).name,
              "gpu");
    EXPECT_EQ(read([&](Transaction& t) { return t.servers().find(physics, ada, "gpu"); }).name,
              "gpu");
}

TEST_P(ServersContract, WhatHasEndedIsRemovedOfOnePersonInAllCourses) {
    auto const put = [&](CourseId const& course, UserId const& user, std::string const& name,
                         ServerState state) {
        write([&](Transaction& t) {
            return t.servers().put({.course = course, .user = user, .name = name, .state = state});
        });
    };
    put(maths, ada, "", ServerState::Stopped);
    put(maths, ada, "gpu", ServerState::Running);
    put(physics, ada, "", ServerState::Failed);
    put(maths, bob, "", ServerState::Stopped);
    write([&](Transaction& t) { return t.servers().remove_ended_of(ada); });
    auto const left = read([&](Transaction& t) { return t.servers().of_course(maths); });
    ASSERT_EQ(left.size(), 2U);
    EXPECT_EQ(left[0].name, "gpu");
    EXPECT_EQ(left[1].user, bob);
    EXPECT_TRUE(read([&](Transaction& t) { return t.servers().of_course(physics); }).empty());
}

TEST_P(ServersContract, ActivityIsNotedAndACourseIsRemovedAlone) {
    for (auto const& course : {maths, physics})
        write([&](Transaction& t) { return t.servers().put({.course = course, .user = ada}); });
    write([&](Transaction& t) { return t.servers().set_activity(maths, ada, "", at(44)); });
    EXPECT_EQ(read([&](Transaction& t) { return t.servers().find(maths, ada, ""); }).last_activity,
              at(44));
    EXPECT_EQ(write_error([&](Transaction& t) {
                  return t.servers().set_activity(maths, bob, "", at(44));
              }).code,
              Code::NotFound);
    write([&](Transaction& t) { return t.servers().remove_course(maths); });
    EXPECT_TRUE(read([&](Transaction& t) { return t.servers().of_course(maths); }).empty());
    EXPECT_EQ(read([&](Transaction& t) { return t.servers().of_course(physics); }).size(), 1U);
}

TEST_P(ServersContract, ANumberNamesOneHomeForEver) {
    auto const number = [&](CourseId const& course, UserId const& user, long long first) {
        return write([&](Transaction& t) { return t.homes().number_of(course, user, first); });
    };
    EXPECT_EQ(number(maths, ada, 200000), 200000);
    EXPECT_EQ(number(maths, bob, 200000), 200001);
    EXPECT_EQ(number(physics, ada, 200000), 200002);
    EXPECT_EQ(number(maths, ada, 200000), 200000);
    EXPECT_EQ(number(maths, ada, 900000), 200000);
    EXPECT_EQ(number(physics, bob, 900000), 900000);
    // A known number can be read without writing.
    EXPECT_EQ(read([&](Transaction& t) { return t.homes().number_of(maths, bob, 1); }), 200001);
    EXPECT_EQ(read([&](Transaction& t) { return t.homes().of_course(maths); }),
              (std::vector{ada, bob}));
}

/// A machine that stopped may have lost rows, and one that was copied has others besides.
TEST_P(ServersContract, InAnotherBootNumbersGoOnBehindAllThatMayHaveBeenGiven) {
    auto const number = [&](CourseId const& course, UserId const& user) {
        return write([&](Transaction& t) { return t.homes().number_of(course, user, 200000); });
    };
    EXPECT_EQ(number(maths, ada), 200000);
    store_ = open();
    EXPECT_EQ(number(maths, bob), 200001) << "only the process is another";
    store_ = open("another");
    auto const behind = number(physics, ada);
    EXPECT_GT(behind, 200001 + 1) << "others may have been given and lost";
    EXPECT_EQ(number(physics, bob), behind + 1);
    EXPECT_EQ(number(maths, ada), 200000);
    store_ = open("");
    add_user("eve");
    add_user("joe");
    auto const unknown = number(maths, UserId("id-eve"));
    EXPECT_GT(unknown, behind + 2);
    store_ = open("");
    EXPECT_EQ(number(maths, UserId("id-joe")), unknown + 1) << "each number waited for the disk";
}

TEST_P(ServersContract, AnExportIsReplacedByTheNextOne) {
    Export row{.course = maths,
               .user = ada,
               .deployment = DeploymentId("d1"),
               .file = "/data/exports/maths/ada.zip",
               .sha256 = "00ff",
               .bytes = 5'000'000'000,
               .files = 12,
               .created_at = at(1),
               .verified_at = std::nullopt};
    write([&](Transaction& t) { return t.exports().put(row); });
    row.verified_at = at(2);
    row.sha256 = "11ff";
    write([&](Transaction& t) { return t.exports().put(row); });

    auto const found = read([&](Transaction& t) { return t.exports().find(maths, ada); });
    EXPECT_EQ(found.bytes, 5'000'000'000);
    EXPECT_EQ(found.files, 12);
    EXPECT_EQ(found.sha256, "11ff");
    EXPECT_EQ(found.verified_at, at(2));
    EXPECT_EQ(found.deployment, DeploymentId("d1"));
    EXPECT_EQ(read([&](Transaction& t) { return t.exports().of_course(maths); }).size(), 1U);
    EXPECT_EQ(read_error([&](Transaction& t) { return t.exports().find(maths, bob); }).code,
              Code::NotFound);
}

TEST_P(ServersContract, TheExportOfACourseFolderIsNobodys) {
    Export row{.course = maths,
               .user = {},
               .deployment = DeploymentId("d1"),
               .file = "/data/exports/maths/~course.zip",
               .sha256 = "00ff",
               .bytes = 5'000'000'000,
               .files = 12,
               .created_at = at(1),
               .verified_at = at(1)};
    write([&](Transaction& t) { return t.exports().put_folder(row); });
    row.sha256 = "11ff";
    write([&](Transaction& t) { return t.exports().put_folder(row); });

    auto const found = read([&](Transaction& t) { return t.exports().find_folder(maths); });
    EXPECT_EQ(found.course, maths);
    EXPECT_TRUE(found.user.empty());
    EXPECT_EQ(found.file, row.file);
    EXPECT_EQ(found.sha256, "11ff");
    EXPECT_EQ(found.bytes, 5'000'000'000);
    EXPECT_EQ(found.verified_at, at(1));
    EXPECT_TRUE(read([&](Transaction& t) { return t.exports().of_course(maths); }).empty());
    add_course(some_course("art"));
    EXPECT_EQ(read_error([&](Transaction& t) {
                  return t.exports().find_folder(CourseId("id-art"));
              }).code,
              Code::NotFound);
}

TEST_P(ServersContract, EventsAreNumberedAndFollowed) {
    Event event{.at = at(1),
                .kind = "course_accepted",
                .course = maths,
                .actor = "ada",
                .subject = "",
                .message = "accepted",
                .detail = R"({"a":1})"};
    auto const append = [&](std::optional<CourseId> const& course) {
        event.course = course;
        return write([&](Transaction& t) { return t.events().append(event); });
    };
    auto const first = append(maths);
    auto const second = append(physics);
    auto const third = append(maths);
    auto const fourth = append(std::nullopt);
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);

    auto const of_maths =
        read([&](Transaction& t) { return t.events().of_course(maths, first, 10); });
    ASSERT_EQ(of_maths.size(), 1U);
    EXPECT_EQ(of_maths[0].id, third);
    EXPECT_EQ(of_maths[0].detail, R"({"a":1})");
    EXPECT_EQ(read([&](Transaction& t) { return t.events().of_course(maths, 0, 1); })[0].id, first);

    auto const newest = read([](Transaction& t) { return t.events().newest(0, 2); });
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].id, fourth);
    EXPECT_EQ(newest[0].course, std::nullopt);
    EXPECT_EQ(newest[1].id, third);
    EXPECT_EQ(read([&](Transaction& t) { return t.events().newest(third, 9); })[0].id, second);
}

TEST_P(ServersContract, TheOutboxKeepsItemsUntilTheyAreDone) {
    auto const add = [&](std::string const& kind, Time due_at) {
        write([&](Transaction& t) {
            return t.outbox().add(
                {.kind = kind, .payload = "{}", .created_at = at(1), .due_at = due_at});
        });
    };
    add("revoke_login", at(10));
    add("mail", at(20));
    auto const due = [&](long long now, int limit = 10) {
        return read([&](Transaction& t) { return t.outbox().due(at(now), limit); });
    };
    EXPECT_TRUE(due(9).empty());
    ASSERT_EQ(due(20).size(), 2U);
    EXPECT_EQ(due(20, 1).size(), 1U);
    auto const item = due(20)[0];
    EXPECT_EQ(item.kind, "revoke_login");

    write([&](Transaction& t) { return t.outbox().retry(item.id, at(30)); });
    ASSERT_EQ(due(20).size(), 1U);
    EXPECT_EQ(due(30)[0].attempts, 1);
    write([&](Transaction& t) { return t.outbox().done(item.id); });
    EXPECT_EQ(due(30).size(), 1U);
    EXPECT_EQ(write_error([&](Transaction& t) { return t.outbox().retry(item.id, at(30)); }).code,
              Code::NotFound);
}

TEST_P(ServersContract, SettingsAreSetAndReplaced) {
    EXPECT_EQ(read([](Transaction& t) { return t.settings().get("created_at"); }), std::nullopt);
    write([](Transaction& t) { return t.settings().set("created_at", "1"); });
    write([](Transaction& t) { return t.settings().set("created_at", "2"); });
    EXPECT_EQ(read([](Transaction& t) { return t.settings().get("created_at"); }), "2");
}

}  // namespace carrel
