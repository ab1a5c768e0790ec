#pragma once

/// The store on SQLite: WAL, foreign keys, one writer at a time, whose commits are on disk when
/// `write` returns (store/sqlite/log_sync.hpp).

#include "store/store.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace carrel {

struct SqliteOptions {
    /// The kernel's id of this boot, by which the store sees whether what it was not made to bring
    /// to the disk can have been lost. Without it every number of a home waits for the disk.
    std::string boot = {};
    /// How long one try waits for another process; a transaction is tried a few times.
    std::chrono::milliseconds busy_timeout{5000};
    /// The file does not grow beyond this many pages of 4 KiB; 0: as the disk allows.
    long long most_pages = 0;
    /// How the log is brought to the disk, for tests; see LogSync::Sync.
    std::function<int()> sync_log = {};
};

/// Opens or creates the database and brings its schema to this program's version.
/// Conflict: the file was written by a newer version of Carrel. PermissionDenied: the file or its
/// folder cannot be written. LimitReached: the disk is full. Internal: it is no database, a damaged
/// one, or another program's; it is left as it is.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(std::filesystem::path const& file,
                                                               SqliteOptions const& options = {});

}  // namespace carrel
