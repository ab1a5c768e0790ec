#include "store/sql/server_tables.hpp"

#include "store/sql/query.hpp"

#include <algorithm>

namespace carrel {

namespace {

/// Reserved together with one that is given. Those that are left when the machine stops are never
/// given, and there are some 300,000 (spawn/process/metadata_rule.hpp): enough for a stop each day
/// for a dozen years.
constexpr long long spare_numbers = 63;

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
    TRY(auto const number, new_number(first));
    TRY_VOID(
        Query(connection_,
              "insert into homes (number, course_id, user_id) values (:number, :course, :user)")
            .use(number)
            .use(course)
            .use(user)
            .run());
    return number;
}

// Files on the disk will be this number's: were it given again, they would be somebody else's. Rows
// of homes are never deleted, but a machine that stops can lose the newest. What is on the disk
// before any of them is how far numbers are reserved, and in another boot they go on behind that.
Result<long long> HomesTable::new_number(long long first) {
    TRY(auto const highest,
        Query(connection_, "select coalesce(max(number), 0) from homes").value<long long>());
    TRY(auto const rows, Query(connection_, "select reserved_to, boot, opening from home_numbers")
                             .values<long long, std::string, std::string>());
    auto const& here = connection_.engine().opening();
    auto const [reserved_to, boot, opening] =
        rows.empty() ? std::tuple(0LL, std::string(), std::string()) : rows.front();
    bool const all_is_there = !boot.empty() && boot == here.boot;
    auto const given =
        all_is_there ? highest.value_or(0) : std::max(highest.value_or(0), reserved_to);
    auto const number = std::max(first, given + 1);
    bool const is_reserved = all_is_there && number <= reserved_to;
    // Another process may have reserved it and still wait for its disk.
    if (is_reserved && opening == here.id) return number;
    connection_.demand_disk();
    auto const up_to = is_reserved ? reserved_to : number + (here.boot.empty() ? 0 : spare_numbers);
    TRY_VOID(Query(connection_,
                   "insert into home_numbers (id, reserved_to, boot, opening) "
                   "values (1, :up_to, :boot, :opening) on conflict (id) do update set "
                   "reserved_to = excluded.reserved_to, boot = excluded.boot, "
                   "opening = excluded.opening")
                 .use(up_to)
                 .use(here.boot)
                 .use(here.id)
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

Result<> ExportsTable::put_folder(Export const& row) {
    return done(Query(connection_, put_into<FolderExport>("folder_exports", "course_id"))
                    .use_row(FolderExport{row})
                    .run());
}

Result<Export> ExportsTable::find_folder(CourseId const& course) {
    TRY(auto folder, Query(connection_, fmt::format("select {} from folder_exports where "
                                                    "course_id = :course",
                                                    columns<FolderExport>()))
                         .use(course)
                         .one<FolderExport>("export of the course folder"));
    return std::move(folder).row;
}

}  // namespace carrel
