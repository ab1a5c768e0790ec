#pragma once

/// What courses' hubs keep in JupyterHub's manner beside tokens: groups with their members, and
/// services.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class HubGroupsTable final : public HubGroups {
public:
    explicit HubGroupsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(HubGroup const& group) override;
    Result<> update(HubGroup const& group) override;
    Result<HubGroup> find(CourseId const& course, std::string_view name) override;
    Result<> remove(CourseId const& course, std::string_view name) override;
    Result<std::vector<HubGroup>> of_course(CourseId const& course) override;
    Result<std::vector<HubGroup>> of_user(CourseId const& course, UserId const& user) override;
    Result<> add_member(CourseId const& course, std::string_view group,
                        UserId const& user) override;
    Result<> remove_member(CourseId const& course, std::string_view group,
                           UserId const& user) override;
    Result<> remove_user(CourseId const& course, UserId const& user) override;
    Result<std::vector<UserId>> members(CourseId const& course, std::string_view group) override;
    Result<std::map<UserId, std::vector<std::string>>> memberships(CourseId const& course) override;

private:
    Connection& connection_;
};

class HubServicesTable final : public HubServices {
public:
    explicit HubServicesTable(Connection& connection) : connection_(connection) {}
    Result<> insert(HubService const& service) override;
    Result<HubService> find(CourseId const& course, std::string_view name) override;
    Result<> remove(CourseId const& course, std::string_view name) override;
    Result<std::vector<HubService>> of_course(CourseId const& course) override;
    Result<std::vector<HubService>> all() override;

private:
    Connection& connection_;
};

}  // namespace carrel
