#include "store/sql/login_tables.hpp"

#include "store/sql/login_rows.hpp"
#include "store/sql/query.hpp"

namespace carrel {

namespace {

std::string select_identities(std::string_view condition) {
    return fmt::format("select {} from login_identities where {}", columns<LoginIdentity>(),
                       condition);
}

std::string select_provider_sessions(std::string_view condition) {
    return fmt::format("select {} from provider_sessions where {}", columns<ProviderSession>(),
                       condition);
}

}  // namespace

Result<> LoginIdentitiesTable::insert(LoginIdentity const& identity) {
    return done(
        Query(connection_, insert_into<LoginIdentity>("login_identities")).use_row(identity).run());
}

Result<> LoginIdentitiesTable::update(LoginIdentity const& identity) {
    return Query(connection_, update_of<LoginIdentity>("login_identities") +
                                  " where login = :of_login and subject = :of_subject")
        .use_row(identity)
        .use(identity.login)
        .use(identity.subject)
        .run_on_one("login identity");
}

Result<LoginIdentity> LoginIdentitiesTable::find(std::string_view login, std::string_view subject) {
    return Query(connection_, select_identities("login = :login and subject = :subject"))
        .use(login)
        .use(subject)
        .one<LoginIdentity>("login identity");
}

Result<std::vector<LoginIdentity>> LoginIdentitiesTable::of_user(UserId const& user) {
    return Query(connection_, select_identities("user_id = :user order by login"))
        .use(user)
        .rows<LoginIdentity>();
}

Result<> LoginIdentitiesTable::remove(std::string_view login, UserId const& user) {
    return done(
        Query(connection_, "delete from login_identities where login = :login and user_id = :user")
            .use(login)
            .use(user)
            .run());
}

Result<> PendingLoginsTable::insert(PendingLogin const& pending) {
    return done(
        Query(connection_, insert_into<PendingLogin>("pending_logins")).use_row(pending).run());
}

Result<PendingLogin> PendingLoginsTable::take(std::string_view hash) {
    return Query(connection_, fmt::format("delete from pending_logins where hash = :hash "
                                          "returning {}",
                                          columns<PendingLogin>()))
        .use(hash)
        .one<PendingLogin>("pending login");
}

Result<long long> PendingLoginsTable::remove_expired(Time now) {
    return Query(connection_, "delete from pending_logins where expires_at <= :now").use(now).run();
}

Result<> ProviderSessionsTable::insert(ProviderSession const& session) {
    return done(Query(connection_, insert_into<ProviderSession>("provider_sessions"))
                    .use_row(session)
                    .run());
}

Result<> ProviderSessionsTable::update(ProviderSession const& session) {
    return Query(connection_,
                 update_of<ProviderSession>("provider_sessions") + " where session_id = :key")
        .use_row(session)
        .use(session.session)
        .run_on_one("provider session");
}

Result<ProviderSession> ProviderSessionsTable::find(SessionId const& session) {
    return Query(connection_, select_provider_sessions("session_id = :session"))
        .use(session)
        .one<ProviderSession>("provider session");
}

Result<std::vector<ProviderSession>> ProviderSessionsTable::due(std::string_view login, Time before,
                                                                int most) {
    return Query(connection_,
                 select_provider_sessions(
                     "login = :login and refreshed_at <= :before and refresh_token <> '' and "
                     "exists (select 1 from sessions s where s.id = session_id and "
                     "s.last_used_at > refreshed_at) order by refreshed_at limit :most"))
        .use(login)
        .use(before)
        .use(most)
        .rows<ProviderSession>();
}

Result<bool> ProviderSessionsTable::claim(SessionId const& session, Time was, Time now) {
    TRY(auto const changed, Query(connection_,
                                  "update provider_sessions set refreshed_at = :now where "
                                  "session_id = :session and refreshed_at = :was")
                                .use(now)
                                .use(session)
                                .use(was)
                                .run());
    return changed == 1;
}

}  // namespace carrel
