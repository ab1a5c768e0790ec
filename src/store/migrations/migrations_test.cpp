#include "store/migrations/migrations.hpp"

#include "base/project_folder.hpp"
#include "base/temporary_folder.hpp"
#include "store/mail_tables.hpp"
#include "store/sql/course_tables.hpp"
#include "store/sql/query.hpp"
#include "store/sql/user_tables.hpp"
#include "store/sqlite/sqlite_engine.hpp"
#include "store/store_contract.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace carrel {

namespace {

std::filesystem::path fixture(std::string_view name) {
    return project_folder() / "src/store/migrations/fixtures" / name;
}

/// Runs a dump as the sqlite3 program writes it.
void load(std::filesystem::path const& dump, std::filesystem::path const& file) {
    SqliteEngine const engine(file);
    auto const connection =
        engine.connect(SqliteEngine::Use::Write, std::chrono::seconds(5)).value();
    std::ifstream stream(dump);
    ASSERT_TRUE(stream) << dump;
    std::string text(std::istreambuf_iterator<char>(stream), {});
    for (size_t start = 0, end = 0; (end = text.find(";\n", start)) != std::string::npos;
         start = end + 2)
        ASSERT_TRUE(connection->run(text.substr(start, end - start)));
}

std::vector<std::string> schema_of(std::filesystem::path const& file) {
    SqliteEngine const engine(file);
    auto const connection =
        engine.connect(SqliteEngine::Use::Write, std::chrono::seconds(5)).value();
    std::vector<std::string> statements;
    for (auto const& [sql] : Query(*connection,
                                   "select coalesce(sql, '') from sqlite_master "
                                   "where name not like 'sqlite_%' order by type, name")
                                 .values<std::string>()
                                 .value())
        statements.push_back(sql);
    return statements;
}

/// A line for each step of a plan.
std::string in_words(std::vector<std::tuple<int, int, int, std::string>> const& plan) {
    std::string steps;
    for (auto const& [id, parent, unused, detail] : plan) steps += detail + "\n";
    return steps;
}

}  // namespace

TEST(Migrations, AreNumberedFromOneWithoutGaps) {
    int expected = 1;
    for (auto const& migration : migrations()) EXPECT_EQ(migration.version, expected++);
}

TEST(Migrations, EveryVersionHasAFixture) {
    for (auto const& migration : migrations())
        EXPECT_TRUE(std::filesystem::exists(
            fixture(fmt::format("{:04}_{}.sql", migration.version, migration.name))));
}

TEST(Migrations, ADatabaseOfAnyVersionIsOpenedWithAllThatIsInIt) {
    for (auto const& migration : migrations()) {
        TemporaryFolder const folder;
        auto const file = folder.path() / "carrel.sqlite";
        load(fixture(fmt::format("{:04}_{}.sql", migration.version, migration.name)), file);

        auto const store = open_sqlite_store(file).value();
        auto const checked = store->read([&migration](Transaction& t) -> Result<> {
            TRY(auto const ada, t.users().find_by_name("ada"));
            EXPECT_TRUE(ada.leader);
            TRY(auto const course, t.courses().find_by_slug("maths"));
            EXPECT_EQ(course.state, CourseState::Deployed);
            EXPECT_EQ(course.leaders, std::vector{ada.id});
            EXPECT_EQ(course.request.resources.cpu, 0.5);
            TRY(auto const bob, t.users().find_by_name("bob"));
            TRY(auto const application, t.applications().find(course.id, bob.id));
            EXPECT_EQ(application.state, ApplicationState::Accepted);
            TRY(auto const server, t.servers().find(course.id, bob.id, ""));
            EXPECT_EQ(server.state, ServerState::Running);
            TRY_VOID(t.exports().find(course.id, bob.id));
            TRY_VOID(t.sessions().find_by_secret_hash("session-hash"));
            TRY_VOID(t.tokens().find_by_secret_hash("token-hash"));
            TRY(auto const events, t.events().of_course(course.id, 0, 10));
            EXPECT_EQ(events.size(), 1U);
            TRY(auto const items, t.outbox().due(at(9'000'000'000'000), 10));
            EXPECT_EQ(items.size(), 1U);
            TRY(auto const fact, t.settings().get("created_at"));
            EXPECT_EQ(fact, "1700000000000");
            TRY(auto const deployments, t.deployments().of_course(course.id));
            EXPECT_EQ(deployments.size(), 1U);
            TRY(auto const number, t.homes().number_of(course.id, bob.id, 1));
            EXPECT_EQ(number, 200000);
            if (migration.version >= 4) {
                TRY(auto const hub_token, t.hub_tokens().find_by_secret_hash("hub-oauth-hash"));
                EXPECT_EQ(hub_token.kind, HubTokenKind::OAuth);
                EXPECT_EQ(hub_token.user, ada.id);
                TRY_VOID(t.hub_codes().find("code-hash"));
            }
            if (migration.version >= 5) {
                TRY(auto const group, t.hub_groups().find(course.id, "tutors"));
                EXPECT_EQ(group.roles, "grader");
                TRY(auto const members, t.hub_groups().members(course.id, "tutors"));
                EXPECT_EQ(members, std::vector{bob.id});
                TRY(auto const service, t.hub_services().find(course.id, "announcements"));
                EXPECT_TRUE(service.no_confirm);
            }
            if (migration.version >= 6) {
                TRY(auto const shares, t.hub_shares().of_user(course.id, ada.id));
                EXPECT_EQ(shares.at(0).server, "gpu");
                TRY(auto const code, t.hub_share_codes().find("share-code-hash"));
                EXPECT_EQ(code.exchange_count, 2);
            }
            if (migration.version >= 8) {
                TRY(auto const shares, t.hub_group_shares().of_user(course.id, bob.id));
                EXPECT_EQ(shares.at(0).owner, ada.id);
                EXPECT_EQ(shares.at(0).group, "tutors");
            }
            if (migration.version >= 9) {
                TRY(auto const identity, t.login_identities().find("campus", "subject-1"));
                EXPECT_EQ(identity.user, ada.id);
                EXPECT_TRUE(identity.gave_leader);
                TRY_VOID(t.provider_sessions().find(SessionId("s-1")));
            }
            if (migration.version >= 12) {
                TRY(auto const factors, t.second_factors().of_user(ada.id));
                EXPECT_EQ(factors.at(0).kind, FactorKind::Totp);
                TRY(auto const known, t.login_places().knows(ada.id, "address 192.0.2.7"));
                EXPECT_TRUE(known);
                TRY_VOID(t.half_logins().find("half-hash"));
            }
            if (migration.version >= 13) {
                TRY(auto const link, mail_of(t).mail_tokens().find("link-hash"));
                EXPECT_EQ(link.kind, MailKind::ResetPassword);
                TRY(auto const address, mail_of(t).confirmed_emails().of_user(ada.id));
                EXPECT_EQ(address, "ada@example.org");
            }
            if (migration.version >= 14) {
                TRY(auto const entries, t.access_entries().all());
                EXPECT_EQ(entries.at(0).value, "ada");
                EXPECT_TRUE(ada.listed_leader);
                EXPECT_TRUE(ada.may_enter());
                TRY(auto const identity, t.login_identities().find("campus", "subject-1"));
                EXPECT_EQ(identity.groups, "physics\nphysics/tutors");
            }
            if (migration.version >= 15) {
                TRY(auto const removal, t.removals().find(bob.id));
                EXPECT_EQ(removal.leftovers, Leftovers::Keep);
            }
            EXPECT_EQ(course.request.shared_folder, migration.version >= 20);
            if (course.request.shared_folder) TRY_VOID(t.exports().find_folder(course.id));
            EXPECT_EQ(course.request.image,
                      migration.version >= 16 ? "quay.io/jupyter/lab:v1" : "");
            return {};
        });
        EXPECT_TRUE(checked) << checked.error().message;
    }
}

TEST(Migrations, EveryPathEndsAtTheSameSchema) {
    TemporaryFolder const folder;
    ASSERT_TRUE(open_sqlite_store(folder.path() / "fresh.sqlite"));
    auto const fresh = schema_of(folder.path() / "fresh.sqlite");
    for (auto const& migration : migrations()) {
        auto const name = fmt::format("{:04}_{}.sql", migration.version, migration.name);
        auto const file = folder.path() / name;
        load(fixture(name), file);
        ASSERT_TRUE(open_sqlite_store(file));
        EXPECT_EQ(schema_of(file), fresh);
    }
}

/// At 100,000 courses a tick is fast when no branch reads the whole table.
TEST(Migrations, WhatIsDueIsFoundByIndex) {
    TemporaryFolder const folder;
    auto const file = folder.path() / "carrel.sqlite";
    auto const store = open_sqlite_store(file).value();
    SqliteEngine const engine(file);
    auto const connection =
        engine.connect(SqliteEngine::Use::Write, std::chrono::seconds(5)).value();
    auto const plan = Query(*connection, "explain query plan " + CoursesTable::due_sql())
                          .use(at(1))
                          .use(at(1))
                          .use(at(1))
                          .use(at(1))
                          .use(1)
                          .values<int, int, int, std::string>();
    ASSERT_TRUE(plan) << plan.error().message;
    auto const searches = in_words(*plan);
    for (auto const* range :
         {"courses_by_start (state=? AND starts_at<?)", "courses_by_end (state=? AND ends_at<?)",
          "courses_by_wish (wanted=? AND state=?)", "courses_by_lease (state=? AND lease_until=?)",
          "courses_by_lease (state=? AND lease_until<?)",
          "courses_by_deadline (state=? AND deadline<?)"})
        EXPECT_THAT(searches, testing::HasSubstr(range));
    EXPECT_THAT(searches, testing::Not(testing::HasSubstr("SCAN courses")));
}

/// Nor is a page of 20,000 people sorted for itself.
TEST(Migrations, APageOfACoursesPeopleIsReadInItsOrder) {
    TemporaryFolder const folder;
    auto const file = folder.path() / "carrel.sqlite";
    auto const store = open_sqlite_store(file).value();
    SqliteEngine const engine(file);
    auto const connection =
        engine.connect(SqliteEngine::Use::Write, std::chrono::seconds(5)).value();
    for (bool const reversed : {false, true}) {
        auto const sql = UsersTable::in_course_sql(
            {.reversed = reversed, .after = Users::CoursePage::Place{.name = "ada"}});
        auto const plan = Query(*connection, "explain query plan " + sql)
                              .use(std::string("course"))
                              .use(ApplicationState::Accepted)
                              .use(std::string("course"))
                              .use(0)
                              .use(std::string("ada"))
                              .use(200)
                              .use(0)
                              .values<int, int, int, std::string>();
        ASSERT_TRUE(plan) << plan.error().message;
        EXPECT_THAT(in_words(*plan),
                    testing::HasSubstr("SEARCH users USING INDEX users_by_creation"));
        EXPECT_THAT(in_words(*plan), testing::Not(testing::HasSubstr("TEMP B-TREE FOR ORDER")));
    }
}

}  // namespace carrel
