#include "store/sql/hub_tables.hpp"

#include "store/sql/query.hpp"

namespace carrel {

namespace {

std::string select_tokens(std::string_view condition) {
    return fmt::format("select {} from hub_tokens where {}", columns<HubToken>(), condition);
}

/// All columns but the id, which the store gives.
std::string insert_token() {
    auto names = column_names<HubToken>();
    names.erase(names.begin());
    return fmt::format("insert into hub_tokens ({}) values (:{}) returning id",
                       fmt::join(names, ", "), fmt::join(names, ", :"));
}

}  // namespace

Result<long long> HubTokensTable::insert(HubToken const& token) {
    Query query(connection_, insert_token());
    visit_columns(const_cast<HubToken&>(token), [&](std::string_view name, auto const& value) {
        if (name != "id") query.use(value);
    });
    TRY(auto const id, query.value<long long>());
    return id.value_or(0);
}

Result<HubToken> HubTokensTable::find_by_secret_hash(std::string_view hash) {
    return Query(connection_, select_tokens("secret_hash = :hash"))
        .use(hash)
        .one<HubToken>("token");
}

Result<HubToken> HubTokensTable::find(CourseId const& course, long long id) {
    return Query(connection_, select_tokens("id = :id and course_id = :course"))
        .use(id)
        .use(course)
        .one<HubToken>("token");
}

Result<std::vector<HubToken>> HubTokensTable::of_user(CourseId const& course, UserId const& user) {
    return Query(connection_, select_tokens("course_id = :course and user_id = :user order by id"))
        .use(course)
        .use(user)
        .rows<HubToken>();
}

Result<std::vector<HubToken>> HubTokensTable::of_servers(CourseId const& course,
                                                         std::string_view client) {
    return Query(connection_, select_tokens("course_id = :course and client = :client and "
                                            "kind = 'server' order by id"))
        .use(course)
        .use(client)
        .rows<HubToken>();
}

Result<> HubTokensTable::touch(long long id, Time used_at) {
    return Query(connection_, "update hub_tokens set last_used_at = :used where id = :id")
        .use(used_at)
        .use(id)
        .run_on_one("token");
}

Result<> HubTokensTable::remove(long long id) {
    return done(Query(connection_, "delete from hub_tokens where id = :id").use(id).run());
}

Result<long long> HubTokensTable::remove_of_server(CourseId const& course, UserId const& user,
                                                   std::string_view server) {
    return Query(connection_,
                 "delete from hub_tokens where course_id = :course and user_id = :user and "
                 "kind = 'server' and server = :server")
        .use(course)
        .use(user)
        .use(server)
        .run();
}

Result<long long> HubTokensTable::remove_of_client(CourseId const& course, UserId const& user,
                                                   std::string_view client) {
    return Query(connection_,
                 "delete from hub_tokens where course_id = :course and user_id = :user and "
                 "kind = 'oauth' and client = :client")
        .use(course)
        .use(user)
        .use(client)
        .run();
}

Result<std::vector<long long>> HubTokensTable::of_login(SessionId const& login) {
    TRY(auto const rows,
        Query(connection_, "select id from hub_tokens where login = :login and login <> ''")
            .use(login)
            .values<long long>());
    std::vector<long long> ids;
    for (auto const& [id] : rows) ids.push_back(id);
    return ids;
}

Result<long long> HubTokensTable::remove_of_code(std::string_view code) {
    return Query(connection_, "delete from hub_tokens where code = :code and code <> ''")
        .use(code)
        .run();
}

Result<long long> HubTokensTable::remove_own_of_service(CourseId const& course,
                                                        std::string_view service) {
    return Query(connection_,
                 "delete from hub_tokens where course_id = :course and service = :service and "
                 "service <> ''")
        .use(course)
        .use(service)
        .run();
}

Result<long long> HubTokensTable::remove_of_service(CourseId const& course,
                                                    std::string_view service) {
    TRY(auto const own, remove_own_of_service(course, service));
    TRY(auto const given, Query(connection_,
                                "delete from hub_tokens where course_id = :course and "
                                "kind = 'oauth' and client = :client")
                              .use(course)
                              .use(fmt::format("service-{}", service))
                              .run());
    return own + given;
}

Result<long long> HubTokensTable::remove_expired(Time now) {
    return Query(connection_, "delete from hub_tokens where expires_at <= :now").use(now).run();
}

Result<> HubCodesTable::insert(HubCode const& code) {
    return done(Query(connection_, insert_into<HubCode>("hub_codes")).use_row(code).run());
}

Result<HubCode> HubCodesTable::find(std::string_view hash) {
    return Query(connection_,
                 fmt::format("select {} from hub_codes where hash = :hash", columns<HubCode>()))
        .use(hash)
        .one<HubCode>("code");
}

Result<> HubCodesTable::mark_used(std::string_view hash, Time at) {
    return Query(connection_, "update hub_codes set used_at = :at where hash = :hash")
        .use(at)
        .use(hash)
        .run_on_one("code");
}

Result<long long> HubCodesTable::remove_of_login(SessionId const& login) {
    return Query(connection_, "delete from hub_codes where login = :login and login <> ''")
        .use(login)
        .run();
}

Result<long long> HubCodesTable::remove_expired(Time now) {
    return Query(connection_, "delete from hub_codes where expires_at <= :now").use(now).run();
}

}  // namespace carrel
