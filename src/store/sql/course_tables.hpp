#pragma once

/// Courses, who leads them, who wants to join them, and their deployments.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class CoursesTable final : public Courses {
public:
    explicit CoursesTable(Connection& connection) : connection_(connection) {}
    Result<> insert(Course const& course) override;
    Result<> update(Course const& course) override;
    Result<Course> find(CourseId const& id) override;
    Result<Course> find_by_slug(std::string_view slug) override;
    Result<Course> find_by_invitation(std::string_view code) override;
    Result<std::vector<Course>> list(Filter const& filter, Page const& page) override;
    Result<std::map<CourseState, long long>> count_by_state() override;
    Result<std::vector<Course>> due(Time now, Time starts_before, int limit) override;

    /// The statement behind `due`, so that a test can ask the engine how it would go about it.
    static std::string due_sql();

private:
    Result<Course> find_where(std::string_view condition, std::string_view value);
    Result<std::vector<UserId>> leaders_of(CourseId const& course);
    Result<> write_leaders(Course const& course);
    /// Fills in the leaders of many courses at once.
    Result<std::vector<Course>> with_leaders(Result<std::vector<Course>> courses);

    Connection& connection_;
};

class ApplicationsTable final : public Applications {
public:
    explicit ApplicationsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(Application const& application) override;
    Result<> update(Application const& application) override;
    Result<> remove(CourseId const& course, UserId const& user) override;
    Result<Application> find(CourseId const& course, UserId const& user) override;
    Result<std::vector<Application>> of_course(CourseId const& course,
                                               std::optional<ApplicationState> state,
                                               Page const& page) override;
    Result<std::vector<Application>> of_user(UserId const& user) override;
    Result<std::map<ApplicationState, long long>> count(CourseId const& course) override;

private:
    Connection& connection_;
};

class DeploymentsTable final : public Deployments {
public:
    explicit DeploymentsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(Deployment const& deployment) override;
    Result<> update(Deployment const& deployment) override;
    Result<Deployment> find(DeploymentId const& id) override;
    Result<std::vector<Deployment>> of_course(CourseId const& course) override;

private:
    Connection& connection_;
};

}  // namespace carrel
