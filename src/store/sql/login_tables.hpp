#pragma once

/// Logins with providers: whose accounts are whose, and what has begun there.

#include "store/login_tables.hpp"
#include "store/sql/connection.hpp"

namespace carrel {

class LoginIdentitiesTable final : public LoginIdentities {
public:
    explicit LoginIdentitiesTable(Connection& connection) : connection_(connection) {}
    Result<> insert(LoginIdentity const& identity) override;
    Result<> update(LoginIdentity const& identity) override;
    Result<LoginIdentity> find(std::string_view login, std::string_view subject) override;
    Result<std::vector<LoginIdentity>> of_user(UserId const& user) override;
    Result<> remove(std::string_view login, UserId const& user) override;

private:
    Connection& connection_;
};

class PendingLoginsTable final : public PendingLogins {
public:
    explicit PendingLoginsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(PendingLogin const& pending) override;
    Result<PendingLogin> take(std::string_view hash) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

class ProviderSessionsTable final : public ProviderSessions {
public:
    explicit ProviderSessionsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(ProviderSession const& session) override;
    Result<> update(ProviderSession const& session) override;
    Result<ProviderSession> find(SessionId const& session) override;
    Result<std::vector<ProviderSession>> due(std::string_view login, Time before,
                                             int most) override;
    Result<bool> claim(SessionId const& session, Time was, Time now) override;

private:
    Connection& connection_;
};

}  // namespace carrel
