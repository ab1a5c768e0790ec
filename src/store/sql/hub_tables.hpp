#pragma once

/// What courses' hubs give out in JupyterHub's manner: tokens and codes.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class HubTokensTable final : public HubTokens {
public:
    explicit HubTokensTable(Connection& connection) : connection_(connection) {}
    Result<long long> insert(HubToken const& token) override;
    Result<HubToken> find_by_secret_hash(std::string_view hash) override;
    Result<HubToken> find(CourseId const& course, long long id) override;
    Result<std::vector<HubToken>> of_user(CourseId const& course, UserId const& user) override;
    Result<std::vector<HubToken>> of_servers(CourseId const& course,
                                             std::string_view client) override;
    Result<> touch(long long id, Time used_at) override;
    Result<> remove(long long id) override;
    Result<long long> remove_of_server(CourseId const& course, UserId const& user,
                                       std::string_view server) override;
    Result<long long> remove_of_client(CourseId const& course, UserId const& user,
                                       std::string_view client) override;
    Result<std::vector<long long>> of_login(SessionId const& login) override;
    Result<long long> remove_of_code(std::string_view code) override;
    Result<long long> remove_of_service(CourseId const& course, std::string_view service) override;
    Result<long long> remove_own_of_service(CourseId const& course,
                                            std::string_view service) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

class HubCodesTable final : public HubCodes {
public:
    explicit HubCodesTable(Connection& connection) : connection_(connection) {}
    Result<> insert(HubCode const& code) override;
    Result<HubCode> find(std::string_view hash) override;
    Result<> mark_used(std::string_view hash, Time at) override;
    Result<long long> remove_of_login(SessionId const& login) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

}  // namespace carrel
