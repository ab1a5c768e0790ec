#include "store/sql/mail_tables.hpp"

#include "base/text.hpp"
#include "store/sql/mail_rows.hpp"
#include "store/sql/query.hpp"
#include "store/sql/sql_transaction.hpp"

namespace carrel {

MailTables& mail_of(Transaction& transaction) { return dynamic_cast<MailTables&>(transaction); }

Result<> MailOutboxTable::add(MailItem const& item) {
    return carrel::done(Query(connection_,
                              "insert into mail_outbox (kind, user_id, address, language, "
                              "created_at, due_at, attempts) values (:kind, :user, :address, "
                              ":language, :created_at, :due_at, :attempts)")
                            .use(name_of(item.kind))
                            .use(item.user)
                            .use(item.address)
                            .use(item.language)
                            .use(item.created_at)
                            .use(item.due_at)
                            .use(item.attempts)
                            .run());
}

Result<bool> MailOutboxTable::waits(MailKind kind, UserId const& user) {
    TRY(auto const found, Query(connection_,
                                "select count(*) from mail_outbox where user_id = :user and "
                                "kind = :kind")
                              .use(user)
                              .use(name_of(kind))
                              .value<long long>());
    return found.value_or(0) > 0;
}

Result<bool> MailOutboxTable::is_due(Time now) {
    TRY(auto const found,
        Query(connection_, "select count(*) from mail_outbox where due_at <= :now")
            .use(now)
            .value<long long>());
    return found.value_or(0) > 0;
}

Result<std::optional<MailItem>> MailOutboxTable::take(Time now, Time again_at) {
    TRY(auto found, Query(connection_,
                          fmt::format("update mail_outbox set due_at = :again, attempts = attempts "
                                      "+ 1 where id = (select id from mail_outbox where due_at <= "
                                      ":now order by due_at, id limit 1) returning {}",
                                      columns<MailItem>()))
                        .use(again_at)
                        .use(now)
                        .rows<MailItem>());
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

Result<> MailOutboxTable::retry(long long id, Time due_at) {
    return carrel::done(Query(connection_, "update mail_outbox set due_at = :due where id = :id")
                            .use(due_at)
                            .use(id)
                            .run());
}

Result<> MailOutboxTable::done(long long id) {
    return carrel::done(Query(connection_, "delete from mail_outbox where id = :id").use(id).run());
}

Result<> MailTokensTable::put(MailToken const& token) {
    TRY_VOID(remove_of_user(token.kind, token.user));
    return carrel::done(
        Query(connection_, insert_into<MailToken>("mail_tokens")).use_row(token).run());
}

Result<MailToken> MailTokensTable::find(std::string_view hash) {
    return Query(connection_,
                 fmt::format("select {} from mail_tokens where hash = :hash", columns<MailToken>()))
        .use(hash)
        .one<MailToken>("link");
}

Result<> MailTokensTable::remove_of_user(MailKind kind, UserId const& user) {
    return carrel::done(
        Query(connection_, "delete from mail_tokens where user_id = :user and kind = :kind")
            .use(user)
            .use(name_of(kind))
            .run());
}

Result<long long> MailTokensTable::remove_expired(Time now) {
    return Query(connection_, "delete from mail_tokens where expires_at <= :now").use(now).run();
}

Result<> ConfirmedEmailsTable::put(UserId const& user, std::string_view address, Time at) {
    return carrel::done(Query(connection_,
                              "insert into confirmed_emails (user_id, address, folded, "
                              "confirmed_at) values (:user, :address, :folded, :at) on conflict "
                              "(user_id) do update set address = excluded.address, folded = "
                              "excluded.folded, confirmed_at = excluded.confirmed_at")
                            .use(user)
                            .use(address)
                            .use(to_lower(address))
                            .use(at)
                            .run());
}

Result<> ConfirmedEmailsTable::remove(UserId const& user) {
    return carrel::done(
        Query(connection_, "delete from confirmed_emails where user_id = :user").use(user).run());
}

Result<std::string> ConfirmedEmailsTable::of_user(UserId const& user) {
    TRY(auto const found,
        Query(connection_, "select address from confirmed_emails where user_id = :user")
            .use(user)
            .value<std::string>());
    return found.value_or("");
}

Result<std::vector<UserId>> ConfirmedEmailsTable::users_of(std::string_view address) {
    TRY(auto const rows, Query(connection_,
                               "select user_id from confirmed_emails where folded = :folded "
                               "order by user_id limit :most")
                             .use(to_lower(address))
                             .use(most_of_one_address)
                             .values<std::string>());
    std::vector<UserId> users;
    for (auto const& [id] : rows) users.emplace_back(id);
    return users;
}

}  // namespace carrel
