#pragma once

/// One database connection, and what a Query needs to know of its engine.
///
/// Belongs to one thread at a time. Statements that were prepared stay prepared, by their text, so
/// statements are written as literals and values are always bound.

#include "base/result.hpp"
#include "store/dialect.hpp"

#include <soci/soci.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

namespace carrel {

struct Cell;

/// What an engine makes of a failure.
struct Failure {
    Error error;
    bool busy = false;     ///< another writer was in the way: the transaction may be tried again
    bool aborted = false;  ///< the transaction cannot go on, whatever its work makes of this error
};

/// One opening of the store, for what has to outlive the machine without a sync of its own.
struct Opening {
    std::string id;         ///< no other's
    std::string boot = {};  ///< which boot of the machine it is part of; empty: nobody knows
};

class Engine {
public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual Opening const& opening() const = 0;
    [[nodiscard]] virtual Dialect const& dialect() const = 0;
    [[nodiscard]] virtual Failure explain(soci::soci_error const& error) const = 0;
    /// Reads the row at which a statement stands, each value as what its cell is for.
    virtual void read_row(soci::statement& statement, std::span<Cell> row) const = 0;
    /// Goes on to the next row; false: there is none. Throws soci::soci_error.
    [[nodiscard]] virtual bool next_row(soci::statement& statement) const = 0;
    /// Lets go of the rows that a prepared statement still holds.
    virtual void reset(soci::statement& statement) const = 0;
};

class Connection {
public:
    Connection(std::unique_ptr<soci::session> session, Engine const& engine)
        : session_(std::move(session)), engine_(engine) {}

    [[nodiscard]] Engine const& engine() const { return engine_; }
    [[nodiscard]] soci::session& session() { return *session_; }

    /// Runs a statement without parameters and without rows.
    Result<> run(std::string_view sql);

    /// The statement with this text, prepared. Throws soci::soci_error.
    soci::statement& prepared(std::string const& sql);
    /// A statement that failed is prepared afresh: engines leave it in different conditions.
    void forget(std::string const& sql) { statements_.erase(sql); }

    /// Turns an exception into an error, and remembers the first one that ends the transaction.
    Error note(soci::soci_error const& error);
    /// The failure that ended the present transaction, if one did.
    [[nodiscard]] std::optional<Failure> const& ended_by() const { return ended_by_; }
    void forget_failure() { ended_by_.reset(); }

    /// What the present transaction writes must be on the disk before anybody acts on it, or on
    /// what is written later, even where no caller waits for that.
    void demand_disk() { disk_demanded_ = true; }
    void forget_demand() { disk_demanded_ = false; }
    [[nodiscard]] bool disk_demanded() const { return disk_demanded_; }
    void restore_failure(std::optional<Failure> failure) { ended_by_ = std::move(failure); }

private:
    std::unique_ptr<soci::session> session_;
    Engine const& engine_;
    std::unordered_map<std::string, std::unique_ptr<soci::statement>> statements_;
    std::optional<Failure> ended_by_;
    bool disk_demanded_ = false;
};

}  // namespace carrel
