#pragma once

/// Who may in, and who is removed.

#include "store/people_parts.hpp"
#include "store/sql/connection.hpp"

namespace carrel {

class AccessEntriesTable final : public AccessEntries {
public:
    explicit AccessEntriesTable(Connection& connection) : connection_(connection) {}
    Result<bool> put(AccessEntry const& entry) override;
    Result<bool> remove(AccessList list, std::string_view value) override;
    Result<std::vector<AccessEntry>> all() override;

private:
    Connection& connection_;
};

class RemovalsTable final : public Removals {
public:
    explicit RemovalsTable(Connection& connection) : connection_(connection) {}
    Result<> insert(Removal const& removal) override;
    Result<> update(Removal const& removal) override;
    Result<Removal> find(UserId const& user) override;
    Result<std::vector<Removal>> unfinished() override;
    Result<std::vector<Removal>> newest(int limit) override;
    Result<> remove(UserId const& user) override;

private:
    Connection& connection_;
};

}  // namespace carrel
