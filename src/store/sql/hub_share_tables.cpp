#include "store/sql/hub_share_tables.hpp"

#include "store/sql/query.hpp"

namespace carrel {

namespace {

std::string select_shares(std::string_view condition) {
    return fmt::format("select {} from hub_shares where {}", columns<HubShare>(), condition);
}

std::string select_group_shares(std::string_view condition) {
    return fmt::format("select {} from hub_group_shares where {}", columns<HubGroupShare>(),
                       condition);
}

template <class Share>
std::string put_into(std::string_view table) {
    auto const names = column_names<Share>();
    return fmt::format("insert into {} ({}) values (:{}) on conflict do nothing", table,
                       fmt::join(names, ", "), fmt::join(names, ", :"));
}

std::string select_codes(std::string_view condition) {
    return fmt::format("select {} from hub_share_codes where {}", columns<HubShareCode>(),
                       condition);
}

/// All columns but the id, which the store gives.
std::string insert_code() {
    auto names = column_names<HubShareCode>();
    names.erase(names.begin());
    return fmt::format("insert into hub_share_codes ({}) values (:{}) returning id",
                       fmt::join(names, ", "), fmt::join(names, ", :"));
}

}  // namespace

Result<> HubSharesTable::put(HubShare const& share) {
    return done(Query(connection_, put_into<HubShare>("hub_shares")).use_row(share).run());
}

Result<std::vector<HubShare>> HubSharesTable::of_server(CourseId const& course, UserId const& owner,
                                                        std::string_view server) {
    return Query(connection_, select_shares("course_id = :course and owner_id = :owner and "
                                            "server = :server order by created_at, user_id"))
        .use(course)
        .use(owner)
        .use(server)
        .rows<HubShare>();
}

Result<std::vector<HubShare>> HubSharesTable::of_owner(CourseId const& course,
                                                       UserId const& owner) {
    return Query(connection_, select_shares("course_id = :course and owner_id = :owner "
                                            "order by server, created_at, user_id"))
        .use(course)
        .use(owner)
        .rows<HubShare>();
}

Result<std::vector<HubShare>> HubSharesTable::of_user(CourseId const& course, UserId const& user) {
    return Query(connection_, select_shares("course_id = :course and user_id = :user "
                                            "order by created_at, owner_id, server"))
        .use(course)
        .use(user)
        .rows<HubShare>();
}

Result<long long> HubSharesTable::remove(HubShare const& share) {
    return Query(connection_,
                 "delete from hub_shares where course_id = :course and owner_id = :owner and "
                 "server = :server and user_id = :user")
        .use(share.course)
        .use(share.owner)
        .use(share.server)
        .use(share.user)
        .run();
}

Result<> HubGroupSharesTable::put(HubGroupShare const& share) {
    return done(
        Query(connection_, put_into<HubGroupShare>("hub_group_shares")).use_row(share).run());
}

Result<std::vector<HubGroupShare>> HubGroupSharesTable::of_owner(CourseId const& course,
                                                                 UserId const& owner) {
    return Query(connection_, select_group_shares("course_id = :course and owner_id = :owner "
                                                  "order by server, created_at, group_name"))
        .use(course)
        .use(owner)
        .rows<HubGroupShare>();
}

Result<std::vector<HubGroupShare>> HubGroupSharesTable::of_group(CourseId const& course,
                                                                 std::string_view group) {
    return Query(connection_, select_group_shares("course_id = :course and group_name = :name "
                                                  "order by created_at, owner_id, server"))
        .use(course)
        .use(group)
        .rows<HubGroupShare>();
}

Result<std::vector<HubGroupShare>> HubGroupSharesTable::of_user(CourseId const& course,
                                                                UserId const& user) {
    return Query(connection_,
                 select_group_shares("course_id = :course and group_name in (select group_name "
                                     "from hub_group_members where course_id = :same and "
                                     "user_id = :user) order by created_at, owner_id, server"))
        .use(course)
        .use(course)
        .use(user)
        .rows<HubGroupShare>();
}

Result<long long> HubGroupSharesTable::remove(HubGroupShare const& share) {
    return Query(connection_,
                 "delete from hub_group_shares where course_id = :course and owner_id = :owner and "
                 "server = :server and group_name = :name")
        .use(share.course)
        .use(share.owner)
        .use(share.server)
        .use(share.group)
        .run();
}

Result<long long> HubShareCodesTable::insert(HubShareCode const& code) {
    Query query(connection_, insert_code());
    visit_columns(const_cast<HubShareCode&>(code), [&](std::string_view name, auto const& value) {
        if (name != "id") query.use(value);
    });
    TRY(auto const id, query.value<long long>());
    return id.value_or(0);
}

Result<HubShareCode> HubShareCodesTable::find(std::string_view hash) {
    return Query(connection_, select_codes("hash = :hash")).use(hash).one<HubShareCode>("code");
}

Result<std::vector<HubShareCode>> HubShareCodesTable::of_owner(CourseId const& course,
                                                               UserId const& owner) {
    return Query(connection_, select_codes("course_id = :course and owner_id = :owner order by id"))
        .use(course)
        .use(owner)
        .rows<HubShareCode>();
}

Result<> HubShareCodesTable::note_exchange(long long id, Time at) {
    return Query(connection_,
                 "update hub_share_codes set exchange_count = exchange_count + 1, "
                 "exchanged_at = :at where id = :id")
        .use(at)
        .use(id)
        .run_on_one("code");
}

Result<> HubShareCodesTable::move(long long id, std::string_view server) {
    return Query(connection_, "update hub_share_codes set server = :server where id = :id")
        .use(server)
        .use(id)
        .run_on_one("code");
}

Result<> HubShareCodesTable::remove(long long id) {
    return done(Query(connection_, "delete from hub_share_codes where id = :id").use(id).run());
}

Result<long long> HubShareCodesTable::remove_expired(Time now) {
    return Query(connection_, "delete from hub_share_codes where expires_at <= :now")
        .use(now)
        .run();
}

}  // namespace carrel
