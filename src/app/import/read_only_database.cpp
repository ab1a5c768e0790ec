#include "app/import/read_only_database.hpp"

#include "base/text.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

namespace carrel {

namespace {

constexpr int patience_ms = 5000;
/// No name or role of a hub is longer; a broken or hostile file cannot ask for more memory.
constexpr int longest_value = 16 << 20;

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

ReadOnlyDatabase::Row row_of(sqlite3_stmt* statement) {
    ReadOnlyDatabase::Row row;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
            row.emplace_back();
            continue;
        }
        auto const* const text = sqlite3_column_text(statement, column);
        auto const size = sqlite3_column_bytes(statement, column);
        row.emplace_back(std::in_place, reinterpret_cast<char const*>(text),
                         text == nullptr ? 0 : static_cast<size_t>(size));
    }
    return row;
}

}  // namespace

void ReadOnlyDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

std::unexpected<Error> ReadOnlyDatabase::failure() const {
    switch (sqlite3_errcode(database_.get())) {
        case SQLITE_NOTADB:
            return fail(Code::InvalidArgument, "{} is no SQLite database", name_);
        case SQLITE_CORRUPT:
            return fail(Code::InvalidArgument, "the database {} is damaged", name_);
        case SQLITE_BUSY:
            return fail(Code::Unavailable,
                        "another program is writing to {}: stop the hub, or read a copy", name_);
        default:
            return fail(Code::InvalidArgument, "read the database {}: {}", name_,
                        sqlite3_errmsg(database_.get()));
    }
}

Result<ReadOnlyDatabase> ReadOnlyDatabase::open(std::filesystem::path const& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return fail_errno("open {}", file.string());
    if (!S_ISREG(status.st_mode))
        return fail(Code::InvalidArgument, "open {}: it is not a file", file.string());
    // To SQLite an empty file is a database without tables.
    if (status.st_size == 0) return fail(Code::InvalidArgument, "{} is empty", file.string());
    sqlite3* opened = nullptr;
    auto const outcome = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    ReadOnlyDatabase database(std::unique_ptr<sqlite3, Close>(opened), file.string());
    if (outcome != SQLITE_OK) return database.failure();
    sqlite3_busy_timeout(opened, patience_ms);
    sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, longest_value);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    auto const ignore = [](auto const&) {};
    TRY_VOID(database.each("begin", ignore));
    std::string verdict;
    TRY_VOID(database.each("pragma quick_check(1)",
                           [&](Row const& row) { verdict = row.at(0).value_or(""); }));
    if (verdict != "ok")
        return fail(Code::InvalidArgument, "the database {} is damaged: {}", file.string(),
                    for_log(verdict));
    return database;
}

Result<> ReadOnlyDatabase::each(std::string_view sql, std::function<void(Row)> const& take) {
    sqlite3_stmt* prepared = nullptr;
    auto outcome = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &prepared, nullptr);
    Statement const statement(prepared);
    if (outcome != SQLITE_OK) return failure();
    while ((outcome = sqlite3_step(prepared)) == SQLITE_ROW) take(row_of(prepared));
    if (outcome != SQLITE_DONE) return failure();
    return {};
}

Result<long long> ReadOnlyDatabase::number(std::string_view sql) {
    std::optional<long long> found;
    TRY_VOID(each(sql, [&](Row const& row) { found = parse_whole(row.at(0).value_or("")); }));
    if (!found) return fail(Code::InvalidArgument, "read the database {}: no number", name_);
    return *found;
}

Result<bool> ReadOnlyDatabase::has_table(std::string_view name) {
    bool found = false;
    TRY_VOID(each("select name from sqlite_master where type = 'table'",
                  [&](Row const& row) { found = found || row.at(0) == name; }));
    return found;
}

}  // namespace carrel
