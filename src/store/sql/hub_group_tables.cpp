#include "store/sql/hub_group_tables.hpp"

#include "store/sql/query.hpp"

namespace carrel {

namespace {

std::string select_groups(std::string_view condition) {
    return fmt::format("select {} from hub_groups where {} order by name", columns<HubGroup>(),
                       condition);
}

std::string select_services(std::string_view rest) {
    return fmt::format("select {} from hub_services {}", columns<HubService>(), rest);
}

}  // namespace

Result<> HubGroupsTable::insert(HubGroup const& group) {
    return done(Query(connection_, insert_into<HubGroup>("hub_groups")).use_row(group).run());
}

Result<> HubGroupsTable::update(HubGroup const& group) {
    return Query(connection_, update_of<HubGroup>("hub_groups") +
                                  " where course_id = :in_course and name = :called")
        .use_row(group)
        .use(group.course)
        .use(group.name)
        .run_on_one("group");
}

Result<HubGroup> HubGroupsTable::find(CourseId const& course, std::string_view name) {
    return Query(connection_, select_groups("course_id = :course and name = :name"))
        .use(course)
        .use(name)
        .one<HubGroup>("group");
}

Result<> HubGroupsTable::remove(CourseId const& course, std::string_view name) {
    for (auto const* const sql :
         {"delete from hub_group_members where course_id = :course and group_name = :name",
          "delete from hub_groups where course_id = :course and name = :name"})
        TRY_VOID(done(Query(connection_, sql).use(course).use(name).run()));
    return {};
}

Result<std::vector<HubGroup>> HubGroupsTable::of_course(CourseId const& course) {
    return Query(connection_, select_groups("course_id = :course")).use(course).rows<HubGroup>();
}

Result<std::vector<HubGroup>> HubGroupsTable::of_user(CourseId const& course, UserId const& user) {
    return Query(connection_,
                 select_groups("course_id = :course and name in (select group_name from "
                               "hub_group_members where course_id = :same and user_id = :user)"))
        .use(course)
        .use(course)
        .use(user)
        .rows<HubGroup>();
}

Result<> HubGroupsTable::add_member(CourseId const& course, std::string_view group,
                                    UserId const& user) {
    TRY_VOID(find(course, group));
    TRY(auto const known, Query(connection_, "select count(*) from users where id = :id")
                              .use(user)
                              .value<long long>());
    if (known.value_or(0) == 0) return fail(Code::NotFound, "there is no such user");
    return done(Query(connection_,
                      "insert into hub_group_members (course_id, group_name, user_id) values "
                      "(:course, :name, :user) on conflict do nothing")
                    .use(course)
                    .use(group)
                    .use(user)
                    .run());
}

Result<> HubGroupsTable::remove_member(CourseId const& course, std::string_view group,
                                       UserId const& user) {
    return done(Query(connection_,
                      "delete from hub_group_members where course_id = :course and "
                      "group_name = :name and user_id = :user")
                    .use(course)
                    .use(group)
                    .use(user)
                    .run());
}

Result<> HubGroupsTable::remove_user(CourseId const& course, UserId const& user) {
    return done(Query(connection_,
                      "delete from hub_group_members where course_id = :course and user_id = :user")
                    .use(course)
                    .use(user)
                    .run());
}

Result<std::vector<UserId>> HubGroupsTable::members(CourseId const& course,
                                                    std::string_view group) {
    TRY(auto const rows, Query(connection_,
                               "select user_id from hub_group_members where course_id = :course "
                               "and group_name = :name order by user_id")
                             .use(course)
                             .use(group)
                             .values<UserId>());
    std::vector<UserId> users;
    for (auto const& [user] : rows) users.push_back(user);
    return users;
}

Result<std::map<UserId, std::vector<std::string>>> HubGroupsTable::memberships(
    CourseId const& course) {
    TRY(auto const rows, Query(connection_,
                               "select user_id, group_name from hub_group_members where "
                               "course_id = :course order by group_name")
                             .use(course)
                             .values<UserId, std::string>());
    std::map<UserId, std::vector<std::string>> groups;
    for (auto const& [user, group] : rows) groups[user].push_back(group);
    return groups;
}

Result<> HubServicesTable::insert(HubService const& service) {
    return done(Query(connection_, insert_into<HubService>("hub_services")).use_row(service).run());
}

Result<HubService> HubServicesTable::find(CourseId const& course, std::string_view name) {
    return Query(connection_, select_services("where course_id = :course and name = :name"))
        .use(course)
        .use(name)
        .one<HubService>("service");
}

Result<> HubServicesTable::remove(CourseId const& course, std::string_view name) {
    return done(
        Query(connection_, "delete from hub_services where course_id = :course and name = :name")
            .use(course)
            .use(name)
            .run());
}

Result<std::vector<HubService>> HubServicesTable::of_course(CourseId const& course) {
    return Query(connection_, select_services("where course_id = :course order by name"))
        .use(course)
        .rows<HubService>();
}

Result<std::vector<HubService>> HubServicesTable::all() {
    return Query(connection_, select_services("order by course_id, name")).rows<HubService>();
}

}  // namespace carrel
