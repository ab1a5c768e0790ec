#pragma once

/// Who was let into whose server, and the codes that let somebody in.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class HubSharesTable final : public HubShares {
public:
    explicit HubSharesTable(Connection& connection) : connection_(connection) {}
    Result<> put(HubShare const& share) override;
    Result<std::vector<HubShare>> of_server(CourseId const& course, UserId const& owner,
                                            std::string_view server) override;
    Result<std::vector<HubShare>> of_owner(CourseId const& course, UserId const& owner) override;
    Result<std::vector<HubShare>> of_user(CourseId const& course, UserId const& user) override;
    Result<long long> remove(HubShare const& share) override;

private:
    Connection& connection_;
};

class HubGroupSharesTable final : public HubGroupShares {
public:
    explicit HubGroupSharesTable(Connection& connection) : connection_(connection) {}
    Result<> put(HubGroupShare const& share) override;
    Result<std::vector<HubGroupShare>> of_owner(CourseId const& course,
                                                UserId const& owner) override;
    Result<std::vector<HubGroupShare>> of_group(CourseId const& course,
                                                std::string_view group) override;
    Result<std::vector<HubGroupShare>> of_user(CourseId const& course, UserId const& user) override;
    Result<long long> remove(HubGroupShare const& share) override;

private:
    Connection& connection_;
};

class HubShareCodesTable final : public HubShareCodes {
public:
    explicit HubShareCodesTable(Connection& connection) : connection_(connection) {}
    Result<long long> insert(HubShareCode const& code) override;
    Result<HubShareCode> find(std::string_view hash) override;
    Result<std::vector<HubShareCode>> of_owner(CourseId const& course,
                                               UserId const& owner) override;
    Result<> note_exchange(long long id, Time at) override;
    Result<> move(long long id, std::string_view server) override;
    Result<> remove(long long id) override;
    Result<long long> remove_expired(Time now) override;

private:
    Connection& connection_;
};

}  // namespace carrel
