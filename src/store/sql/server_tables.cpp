#include "store/sql/server_tables.hpp"

#include "store/sql/query.hpp"

#include <algorithm>

namespace carrel {

namespace {

std::string select_servers(std::string_view condition) {
    return fmt::format("select {} from servers where {}", columns<ServerRecord>(), condition);
}

std::string select_exports(std::string_view condition) {
    return fmt::format("select {} from exports where {}", columns<Export>(), condition);
}

}  // namespace

Result<> ServersTable::put(ServerRecord const& server) {
    return done(Query(connection_, put_into<ServerRecord>("servers", "course_id, user_id, name"))
                    .use_row(server)
                    .run());
}

Result<ServerRecord> ServersTable::find(CourseId const& course, UserId const& user,
                                        std::string_view name) {
    return Query(connection_,
                 select_servers("course_id = :course and user_id = :user and name = :name"))
        .use(course)
        .use(user)
        .use(name)
        .one<ServerRecord>("server");
}

Result<std::vector<ServerRecord>> ServersTable::of_course(CourseId const& course) {
    return Query(connection_, select_servers("course_id = :course order by user_id, name"))
        .use(course)
        .rows<ServerRecord>();
}

Result<std::vector<ServerRecord>> ServersTable::of_user(CourseId const& course,
                                                        UserId const& user) {
    return Query(connection_,
                 select_servers("course_id = :course and user_id = :user order by name"))
        .use(course)
        .use(user)
        .rows<ServerRecord>();
}

Result<> ServersTable::remove(CourseId const& course, UserId const& user, std::string_view name) {
    return done(Query(connection_,
                      "delete from servers "
                      "where course_id = :course and user_id = :user and name = :name")
                    .use(course)
                    .use(user)
                    .use(name)
                    .run());
}

Result<> ServersTable::remove_ended_of(UserId const& user) {
    return done(
        Query(connection_,
              "delete from servers where user_id = :user and state in ('stopped', 'failed')")
            .use(user)
            .run());
}

Result<std::vector<ServerRecord>> ServersTable::active() {
    return Query(connection_,
                 select_servers("state in ('queued', 'starting', 'running', 'stopping') "
                                "order by state_since, course_id, user_id, name"))
        .rows<ServerRecord>();
}

Result<std::vector<ServerRecord>> ServersTable::of_kept_out() {
    return Query(connection_,
                 select_servers("state in ('queued', 'starting', 'running') and exists (select 1 "
                                "from users u where u.id = servers.user_id and (u.admission <> "
                                "'allowed' or u.removed_at is not null)) "
                                "order by course_id, user_id, name"))
        .rows<ServerRecord>();
}

Result<> ServersTable::set_activity(CourseId const& course, UserId const& user,
                                    std::string_view name, Time at) {
    return Query(connection_,
                 "update servers set last_activity = :at "
                 "where course_id = :course and user_id = :user and name = :name")
        .use(at)
        .use(course)
        .use(user)
        .use(name)
        .run_on_one("server");
}

Result<std::map<ServerState, long long>> ServersTable::count_by_state() {
    return Query(connection_, "select state, count(*) from servers group by state")
        .counts<ServerState>();
}

Result<> ServersTable::remove_course(CourseId const& course) {
    return done(
        Query(connection_, "delete from servers where course_id = :course").use(course).run());
}

Result<long long> HomesTable::number_of(CourseId const& course, UserId const& user,
                                        long long first) {
    TRY(auto const known,
        Query(connection_, "select number from homes where course_id = :course and user_id = :user")
            .use(course)
            .use(user)
            .value<long long>());
    if (known) return *known;
    // Rows of homes are never deleted, so a number is never given twice.
    TRY(auto const highest,
        Query(connection_, "select coalesce(max(number), 0) from homes").value<long long>());
    auto const number = std::max(first, highest.value_or(0) + 1);
    // Files on the disk will be this number's: were it forgotten, they would be somebody else's.
    connection_.demand_disk();
    TRY_VOID(
        Query(connection_,
              "insert into homes (number, course_id, user_id) values (:number, :course, :user)")
            .use(number)
            .use(course)
            .use(user)
            .run());
    return number;
}

Result<std::vector<UserId>> HomesTable::of_course(CourseId const& course) {
    TRY(auto const rows,
        Query(connection_, "select user_id from homes where course_id = :course order by number")
            .use(course)
            .values<UserId>());
    std::vector<UserId> users;
    for (auto const& [user] : rows) users.push_back(user);
    return users;
}

Result<std::vector<CourseId>> HomesTable::of_user(UserId const& user) {
    TRY(auto const rows,
        Query(connection_, "select course_id from homes where user_id = :user order by number")
            .use(user)
            .values<CourseId>());
    std::vector<CourseId> courses;
    for (auto const& [course] : rows) courses.push_back(course);
    return courses;
}

Result<> ExportsTable::put(Export const& row) {
    return done(
        Query(connection_, put_into<Export>("exports", "course_id, user_id")).use_row(row).run());
}

Result<Export> ExportsTable::find(CourseId const& course, UserId const& user) {
    return Query(connection_, select_exports("course_id = :course and user_id = :user"))
        .use(course)
        .use(user)
        .one<Export>("export");
}

Result<std::vector<Export>> ExportsTable::of_course(CourseId const& course) {
    return Query(connection_, select_exports("course_id = :course order by user_id"))
        .use(course)
        .rows<Export>();
}

Result<std::vector<Export>> ExportsTable::of_user(UserId const& user) {
    return Query(connection_, select_exports("user_id = :user order by course_id"))
        .use(user)
        .rows<Export>();
}

Result<> ExportsTable::remove(CourseId const& course, UserId const& user) {
    return done(
        Query(connection_, "delete from exports where course_id = :course and user_id = :user")
            .use(course)
            .use(user)
            .run());
}

}  // namespace carrel
