#pragma once

/// What is particular to SQLite: opening a file, its settings, and what its error codes mean.

#include "base/random.hpp"
#include "store/sql/connection.hpp"

#include <chrono>
#include <filesystem>
#include <memory>

namespace carrel {

class SqliteEngine final : public Engine {
public:
    explicit SqliteEngine(std::filesystem::path file, std::string boot = {})
        : file_(std::move(file)),
          opening_({.id = SystemRandom().uuid(), .boot = std::move(boot)}) {}

    [[nodiscard]] Opening const& opening() const override { return opening_; }
    [[nodiscard]] Dialect const& dialect() const override { return sqlite_dialect; }
    [[nodiscard]] Failure explain(soci::soci_error const& error) const override;
    void read_row(soci::statement& statement, std::span<Cell> row) const override;
    [[nodiscard]] bool next_row(soci::statement& statement) const override;
    void reset(soci::statement& statement) const override;

    /// Creates the file when there is none, readable by its owner alone.
    /// PermissionDenied: it, or its folder, cannot be written.
    [[nodiscard]] Result<> prepare_file() const;

    enum class Use { Read, Write };
    /// A connection with all settings made. The engine outlives it.
    [[nodiscard]] Result<std::unique_ptr<Connection>> connect(
        Use use, std::chrono::milliseconds busy_timeout) const;

    /// Internal: the file belongs to another program. Nothing is changed.
    [[nodiscard]] Result<> check_owner(Connection& connection) const;

private:
    std::filesystem::path file_;
    Opening opening_;
};

}  // namespace carrel
