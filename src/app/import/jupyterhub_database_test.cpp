#include "app/import/jupyterhub_database.hpp"

#include "base/temporary_folder.hpp"
#include "base/time_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>

namespace carrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// As little of JupyterHub's schema as is read; databases of real hubs are in the functional tests.
constexpr auto tables_of_3 = R"sql(
create table alembic_version (version_num varchar(32) not null);
create table roles (id integer primary key, name text, description text, scopes text);
create table groups (id integer primary key, name text);
create table users (id integer primary key, name text, admin boolean, created datetime,
    last_activity datetime, encrypted_auth_state blob);
create table services (id integer primary key, name text);
create table user_role_map (user_id integer, role_id integer);
create table group_role_map (group_id integer, role_id integer);
create table service_role_map (service_id integer, role_id integer);
create table user_group_map (user_id integer, group_id integer);
create table spawners (id integer primary key, user_id integer, server_id integer, name text);
create table oauth_codes (id integer primary key);
create table api_tokens (id integer primary key, hashed text);
)sql";

class JupyterHubDatabaseTest : public testing::Test {
protected:
    void run(std::string const& sql) {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
        char* complaint = nullptr;
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &complaint), SQLITE_OK)
            << complaint;
        sqlite3_free(complaint);
        sqlite3_close(database);
    }
    void make(std::string const& mark) {
        run(tables_of_3);
        if (mark != "651f5419b74d") run("alter table groups add column properties text");
        run("insert into alembic_version values ('" + mark + "')");
    }
    [[nodiscard]] std::string content() const {
        std::ifstream stream(file_, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    void write(std::string const& bytes) const {
        std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
    }
    [[nodiscard]] std::string complaint() const {
        auto const outcome = read_jupyterhub(file_);
        EXPECT_FALSE(outcome);
        return outcome ? "" : outcome.error().message;
    }

    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "jupyterhub.sqlite";
};

TEST_F(JupyterHubDatabaseTest, GivesPeopleGroupsAndRoles) {
    make("651f5419b74d");
    run(R"sql(
        insert into users values (1, 'ada', 1, '2020-02-29 12:00:00.250000', null, x'01');
        insert into users values (2, 'Björn', 0, null, '2021-01-01 00:00:00.000000', null);
        insert into users values (3, 'cy', null, 'soon', null, null);
        insert into roles values (1, 'admin', '', '["admin:users"]');
        insert into roles values (2, 'teacher', 'Teaches', '["list:users", "access:servers"]');
        insert into roles values (3, 'odd', null, 'no json');
        insert into user_role_map values (3, 1), (2, 2);
        insert into groups values (7, 'class'), (8, 'empty');
        insert into user_group_map values (1, 7), (2, 7);
        insert into group_role_map values (7, 2);
        insert into services values (1, 'culler');
        insert into service_role_map values (1, 2);
        insert into spawners values (1, 1, 5, ''), (2, 1, null, 'gpu');
        insert into api_tokens values (1, 'x'), (2, 'y');
    )sql");
    auto const found = read_jupyterhub(file_);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->release, "3");
    ASSERT_EQ(found->users.size(), 3U);
    EXPECT_EQ(found->users[0].name, "Björn");
    EXPECT_FALSE(found->users[0].admin);
    EXPECT_EQ(format_time(*found->users[0].last_activity), "2021-01-01T00:00:00Z");
    EXPECT_TRUE(found->users[1].admin);
    EXPECT_EQ(format_time(*found->users[1].created), "2020-02-29T12:00:00.250Z");
    EXPECT_TRUE(found->users[2].admin) << "the role makes an admin as well";
    EXPECT_FALSE(found->users[2].created) << "what is no time is not known";
    ASSERT_EQ(found->groups.size(), 2U);
    EXPECT_THAT(found->groups[0].members, ElementsAre("Björn", "ada"));
    ASSERT_EQ(found->roles.size(), 2U) << "those that every hub has are left out";
    EXPECT_EQ(found->roles[0].name, "odd");
    EXPECT_THAT(found->roles[1].scopes, ElementsAre("list:users", "access:servers"));
    EXPECT_THAT(found->roles[1].users, ElementsAre("Björn"));
    EXPECT_THAT(found->roles[1].groups, ElementsAre("class"));
    EXPECT_THAT(found->roles[1].services, ElementsAre("culler"));
    EXPECT_EQ(found->api_tokens, 2);
    EXPECT_EQ(found->running_servers, 1);
    EXPECT_EQ(found->named_servers, 1);
    EXPECT_EQ(found->auth_states, 1);
}

TEST_F(JupyterHubDatabaseTest, IsNotChangedByReading) {
    make("f460b0348206");
    auto const before = content();
    ASSERT_TRUE(read_jupyterhub(file_));
    EXPECT_EQ(content(), before);
    EXPECT_FALSE(std::filesystem::exists(file_.string() + "-wal"));
}

TEST_F(JupyterHubDatabaseTest, OfAnotherVersionIsRefusedInASentence) {
    make("833da8570507");
    EXPECT_THAT(complaint(), HasSubstr("older than 3.0"));
    run("update alembic_version set version_num = 'ffffffffffff'");
    EXPECT_THAT(complaint(), HasSubstr("does not know"));
    run("drop table alembic_version");
    EXPECT_THAT(complaint(), HasSubstr("older than 3.0"));
}

TEST_F(JupyterHubDatabaseTest, WhatIsNoDatabaseOfAHubIsRefused) {
    EXPECT_THAT(complaint(), HasSubstr("No such file"));
    write("");
    EXPECT_THAT(complaint(), HasSubstr("is empty"));
    write("users: ada, bob\n" + std::string(5000, '-'));
    EXPECT_THAT(complaint(), HasSubstr("no SQLite database"));
    std::filesystem::remove(file_);
    run("create table users (id integer)");
    EXPECT_THAT(complaint(), HasSubstr("not a JupyterHub's database"));
    std::filesystem::remove(file_);
    std::filesystem::create_directory(file_);
    EXPECT_THAT(complaint(), HasSubstr("not a file"));
}

TEST_F(JupyterHubDatabaseTest, ADamagedOneIsRefusedAsAWhole) {
    make("f460b0348206");
    run("with recursive n(i) as (values (1) union all select i + 1 from n where i < 5000) "
        "insert into users (name, admin) select 'person-' || i, 0 from n");
    auto const whole = content();
    auto damaged = whole;
    std::fill(damaged.end() - 3 * 4096, damaged.end() - 4096, 'x');
    write(damaged);
    EXPECT_THAT(complaint(), HasSubstr("is damaged"));
    write(whole.substr(0, whole.size() / 2));
    EXPECT_THAT(complaint(), HasSubstr("is damaged"));
    write(whole);
    EXPECT_TRUE(read_jupyterhub(file_));
}

}  // namespace
}  // namespace carrel
