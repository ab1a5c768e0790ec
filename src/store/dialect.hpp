#pragma once

/// Everything in which the SQL of two engines differs. The statements in store/sql/ and the
/// migrations are the same for all of them: named parameters (each name once per statement, because
/// one engine counts occurrences and the other names), `returning`, `on conflict`, times as whole
/// milliseconds, truth as 0 and 1, enumerators by name.

#include <string_view>

namespace carrel {

struct Dialect {
    std::string_view name;
    std::string_view begin_read;
    std::string_view begin_write;
    /// What stands in a migration for `{integer}` and so on.
    std::string_view integer;  ///< 64 bits
    std::string_view real;     ///< 64 bits
    std::string_view text;     ///< UTF-8, compared byte by byte
    std::string_view serial;   ///< the primary key that the engine gives, never twice
    std::string_view strict;   ///< what follows the closing parenthesis of a table
};

/// Write transactions take the lock at once: an upgrade in the middle could fail after work is
/// done.
inline constexpr Dialect sqlite_dialect{
    .name = "sqlite",
    .begin_read = "begin",
    .begin_write = "begin immediate",
    .integer = "integer",
    .real = "real",
    .text = "text",
    .serial = "integer primary key autoincrement",
    .strict = "strict",
};

}  // namespace carrel
