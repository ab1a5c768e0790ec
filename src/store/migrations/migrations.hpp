#pragma once

/// The schema, as numbered steps that only go forward. A step that has been released is never
/// edited: a change is a new file, with a fixture of the version before it.

#include "store/sql/connection.hpp"

#include <span>
#include <string_view>

namespace carrel {

struct Migration {
    int version;
    std::string_view name;
    std::string_view sql;  ///< statements that end with ";" at the end of a line
};

[[nodiscard]] std::span<Migration const> migrations();

/// Brings the schema to the newest version, each step in a transaction of its own. `place` names
/// the database for a human.
/// Conflict: the schema is newer than this program. Internal: the database is not Carrel's.
[[nodiscard]] Result<> migrate(Connection& connection, std::string_view place);

}  // namespace carrel
