#pragma once

/// A SQLite database of another program, opened so that nothing in it can change.
///
/// The store's own engine writes on opening and knows our tables; this one does neither. The file
/// is not trusted: what stands in it is read as text and nothing of it runs. Belongs to one thread;
/// made by who reads, and closed with it.

#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace carrel {

class ReadOnlyDatabase {
public:
    /// A row's values as text, in the order of the columns; nothing for NULL.
    using Row = std::vector<std::optional<std::string>>;

    /// Opens the file, sees that it is whole, and holds one moment of it. InvalidArgument: it is
    /// no SQLite database, or a damaged one. Unavailable: another program is writing, too long.
    [[nodiscard]] static Result<ReadOnlyDatabase> open(std::filesystem::path const& file);

    /// Calls `take` for each row that the statement gives.
    Result<> each(std::string_view sql, std::function<void(Row)> const& take);
    /// The only value of a statement like "select count(*) …".
    Result<long long> number(std::string_view sql);
    Result<bool> has_table(std::string_view name);

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    ReadOnlyDatabase(std::unique_ptr<sqlite3, Close> database, std::string name)
        : database_(std::move(database)), name_(std::move(name)) {}
    [[nodiscard]] std::unexpected<Error> failure() const;

    std::unique_ptr<sqlite3, Close> database_;
    std::string name_;
};

}  // namespace carrel
