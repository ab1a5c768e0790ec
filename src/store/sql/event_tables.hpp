#pragma once

/// What happened, what must still happen, and small facts: events, the outbox, settings.

#include "store/sql/connection.hpp"
#include "store/transaction.hpp"

namespace carrel {

class EventsTable final : public Events {
public:
    explicit EventsTable(Connection& connection) : connection_(connection) {}
    Result<long long> append(Event const& event) override;
    Result<std::vector<Event>> of_course(CourseId const& course, long long after,
                                         int limit) override;
    Result<std::vector<Event>> of_subject(CourseId const& course, std::string_view kind,
                                          std::string_view subject, int limit) override;
    Result<std::vector<Event>> newest(long long before, int limit) override;
    Result<long long> remove_before(Time time, int limit) override;

private:
    Connection& connection_;
};

class OutboxTable final : public Outbox {
public:
    explicit OutboxTable(Connection& connection) : connection_(connection) {}
    Result<> add(OutboxItem const& item) override;
    Result<std::vector<OutboxItem>> due(Time now, int limit) override;
    Result<> done(long long id) override;
    Result<> retry(long long id, Time due_at) override;

private:
    Connection& connection_;
};

class SettingsTable final : public StoredSettings {
public:
    explicit SettingsTable(Connection& connection) : connection_(connection) {}
    Result<std::optional<std::string>> get(std::string_view key) override;
    Result<> set(std::string_view key, std::string_view value) override;

private:
    Connection& connection_;
};

}  // namespace carrel
