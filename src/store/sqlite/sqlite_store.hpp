#pragma once

/// The store on SQLite: WAL, synchronous=FULL, foreign keys, one writer at a time.

#include "store/store.hpp"

#include <filesystem>
#include <memory>

namespace carrel {

/// Opens or creates the database and brings its schema to this program's version.
/// Conflict: the file was written by a newer version of Carrel. PermissionDenied: the file or its
/// folder cannot be written. LimitReached: the disk is full.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(std::filesystem::path const& file);

}  // namespace carrel
