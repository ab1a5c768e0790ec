#pragma once

/// What the hub keeps: servers, the numbers of homes, and exports.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class ServersTable final : public Servers {
public:
    explicit ServersTable(Connection& connection) : connection_(connection) {}
    Result<> put(ServerRecord const& server) override;
    Result<ServerRecord> find(CourseId const& course, UserId const& user,
                              std::string_view name) override;
    Result<std::vector<ServerRecord>> of_course(CourseId const& course) override;
    Result<std::vector<ServerRecord>> of_user(CourseId const& course, UserId const& user) override;
    Result<> remove(CourseId const& course, UserId const& user, std::string_view name) override;
    Result<> remove_ended_of(UserId const& user) override;
    Result<std::vector<ServerRecord>> active() override;
    Result<std::vector<ServerRecord>> of_kept_out() override;
    Result<> set_activity(CourseId const& course, UserId const& user, std::string_view name,
                          Time at) override;
    Result<std::map<ServerState, long long>> count_by_state() override;
    Result<> remove_course(CourseId const& course) override;

private:
    Connection& connection_;
};

class HomesTable final : public Homes {
public:
    explicit HomesTable(Connection& connection) : connection_(connection) {}
    Result<long long> number_of(CourseId const& course, UserId const& user,
                                long long first) override;
    Result<std::vector<UserId>> of_course(CourseId const& course) override;
    Result<std::vector<CourseId>> of_user(UserId const& user) override;

private:
    Result<long long> new_number(long long first);

    Connection& connection_;
};

class ExportsTable final : public Exports {
public:
    explicit ExportsTable(Connection& connection) : connection_(connection) {}
    Result<> put(Export const& row) override;
    Result<Export> find(CourseId const& course, UserId const& user) override;
    Result<std::vector<Export>> of_course(CourseId const& course) override;
    Result<std::vector<Export>> of_user(UserId const& user) override;
    Result<> remove(CourseId const& course, UserId const& user) override;
    Result<> put_folder(Export const& row) override;
    Result<Export> find_folder(CourseId const& course) override;

private:
    Connection& connection_;
};

}  // namespace carrel
