#pragma once

/// The tables of mail.

#include "store/mail_tables.hpp"
#include "store/sql/connection.hpp"

namespace carrel {

class MailOutboxTable final : public MailOutbox {
public:
    explicit MailOutboxTable(Connection& connection) : connection_(connection) {}
    Result<> add(MailItem const& item) override;
    Result<bool> waits(MailKind kind, UserId const& user) override;
    Result<bool> is_due(Time now) override;
    Result<std::optional<MailItem>> take(Time now, Time again_at) override;
    Result<> retry(long long id, Time due_at) override;
    Result<> done(long long id) override;

private:
    Connection& connection_;
};

class MailTokensTable final : public MailTokens {
public:
    explicit MailTokensTable(Connection& connection) : connection_(connection) {}
    Result<> put(MailToken const& token) override;
    Result<MailToken> find(std::string_view hash) override;
    Result<> remove_of_user(MailKind kind, UserId const& user) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

class ConfirmedEmailsTable final : public ConfirmedEmails {
public:
    explicit ConfirmedEmailsTable(Connection& connection) : connection_(connection) {}
    Result<> put(UserId const& user, std::string_view address, Time at) override;
    Result<> remove(UserId const& user) override;
    Result<std::string> of_user(UserId const& user) override;
    Result<std::vector<UserId>> users_of(std::string_view address) override;

private:
    Connection& connection_;
};

}  // namespace carrel
