#pragma once

/// One statement: bind values in the order in which the parameters stand, then run it or read its
/// rows. The only place where SOCI's exceptions are met; they become errors here.
///
///     Query query(connection, "select name from users where id = :id");
///     TRY(auto name, query.use(id).value<std::string>("user"));
///
/// Valid within the transaction that made it, on its thread.

#include "store/sql/cell.hpp"
#include "store/sql/connection.hpp"
#include "store/sql/rows.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace carrel {

/// For statements of which it is only asked whether they succeeded.
inline Result<> done(Result<long long> const& changed) {
    if (!changed) return std::unexpected(changed.error());
    return {};
}

/// A part of a long list of values, and the parameters that stand for it in "in (…)".
template <class Value>
struct Chunk {
    std::span<Value const> values;
    std::string places;
};

/// Cuts a list so that no statement has more parameters than every engine takes.
template <class Value>
std::vector<Chunk<Value>> in_chunks(std::vector<Value> const& values) {
    constexpr size_t most = 200;
    std::vector<Chunk<Value>> chunks;
    for (size_t start = 0; start < values.size(); start += most) {
        auto const part = std::span(values).subspan(start, std::min(most, values.size() - start));
        std::string places;
        for (size_t i = 0; i < part.size(); ++i)
            places += fmt::format("{}:p{}", i == 0 ? "" : ", ", i);
        chunks.push_back({part, std::move(places)});
    }
    return chunks;
}

struct TakeAll {
    template <class Row>
    bool operator()(Row const&) const {
        return true;
    }
};

class Query {
public:
    Query(Connection& connection, std::string sql)
        : connection_(connection), sql_(std::move(sql)) {}

    template <class Value>
    Query& use(Value const& value) {
        auto& cell = parameters_.emplace_back();
        cell.kind = CellOf<Value>::kind;
        CellOf<Value>::store(cell, value);
        return *this;
    }
    Query& use(char const* value) { return use(std::string_view(value)); }
    /// All columns of a row, in their order.
    template <class Row>
    Query& use_row(Row const& row) {
        // Visiting does not change the row; one description serves reading and writing.
        visit_columns(const_cast<Row&>(row),
                      [this](std::string_view, auto const& value) { this->use(value); });
        return *this;
    }

    template <class Value>
    Query& use_all(std::span<Value const> values) {
        for (auto const& value : values) use(value);
        return *this;
    }

    /// Runs it; the number of rows that were changed.
    Result<long long> run();
    /// Runs it; NotFound when no row was changed.
    Result<> run_on_one(std::string_view what);

    /// The rows, each of all columns in their order, with room for as many as are expected.
    /// Those that are not wanted are left out.
    template <class Row, class Wanted = TakeAll>
    Result<std::vector<Row>> rows(size_t expected = 0, Wanted&& wanted = {}) {
        std::vector<Row> found;
        found.reserve(expected);
        Row blank{};
        visit_columns(blank, [this](std::string_view, auto const& value) { this->expect(value); });
        TRY_VOID(each([&]() -> Result<> {
            TRY_VOID(load(found.emplace_back()));
            if (!wanted(std::as_const(found.back()))) found.pop_back();
            return {};
        }));
        return found;
    }
    /// The only row; NotFound names `what`.
    template <class Row>
    Result<Row> one(std::string_view what) {
        TRY(auto found, rows<Row>());
        if (found.empty()) return fail(Code::NotFound, "there is no such {}", what);
        return std::move(found.front());
    }
    /// Rows of single values or of pairs.
    template <class... Values>
    Result<std::vector<std::tuple<Values...>>> values() {
        std::vector<std::tuple<Values...>> found;
        (expect(Values{}), ...);
        TRY_VOID(each([&]() -> Result<> {
            Result<> outcome;
            size_t column = 0;
            auto const take = [&](auto& value) {
                if (outcome) outcome = load_cell(cells_[column++], value);
            };
            std::apply([&](auto&... each_value) { (take(each_value), ...); }, found.emplace_back());
            return outcome;
        }));
        return found;
    }
    /// The only value of the only row; nothing when there is no row.
    template <class Value>
    Result<std::optional<Value>> value() {
        TRY(auto found, values<Value>());
        if (found.empty()) return std::nullopt;
        return std::get<0>(std::move(found.front()));
    }

    /// Calls `take` with the only value of each row.
    template <class Value, class Take>
    Result<> each_value(Take&& take) {
        Value value{};
        expect(value);
        return each([&]() -> Result<> {
            TRY_VOID(load_cell(cells_.front(), value));
            take(std::as_const(value));
            return {};
        });
    }

    /// Rows of a key and how many there are of it.
    template <class Key>
    Result<std::map<Key, long long>> counts() {
        TRY(auto const found, values<Key, long long>());
        std::map<Key, long long> counted;
        for (auto const& [key, count] : found) counted.emplace(key, count);
        return counted;
    }

private:
    template <class Value>
    void expect(Value const&) {
        cells_.emplace_back().kind = CellOf<Value>::kind;
    }
    template <class Value>
    static Result<> load_cell(Cell& cell, Value& value) {
        return CellOf<Value>::load(cell, value);
    }
    template <class Row>
    Result<> load(Row& row) {
        Result<> outcome;
        size_t column = 0;
        visit_columns(row, [&](std::string_view, auto& value) {
            if (!outcome) return;
            if (auto loaded = load_cell(cells_[column++], value); !loaded)
                outcome = std::move(loaded);
        });
        return outcome;
    }

    /// Executes the statement and calls `take` for each row, whose values are in `cells_`.
    template <class Take>
    Result<> each(Take&& take) {
        TRY(bool more, start());
        Result<> taken;
        while (more) {
            taken = take();
            if (!taken) break;
            TRY(more, next());
        }
        finish();
        return taken;
    }
    Result<bool> start();
    Result<bool> next();
    void finish();
    std::unexpected<Error> give_up(soci::soci_error const& error);

    Connection& connection_;
    std::string sql_;
    soci::statement* statement_ = nullptr;
    // A deque, because SOCI keeps their addresses.
    std::deque<Cell> parameters_;
    std::vector<Cell> cells_;
};

}  // namespace carrel
