#include "store/sql/query.hpp"

namespace carrel {

namespace {

template <class Exchange>
void exchange_cell(Cell& cell, Exchange&& exchange) {
    switch (cell.kind) {
        case Cell::Kind::Integer:
            return exchange(cell.integer);
        case Cell::Kind::Real:
            return exchange(cell.real);
        case Cell::Kind::Text:
            return exchange(cell.text);
    }
}

}  // namespace

Result<bool> Query::start() {
    // After a failure that ends the transaction some engines would go on outside of it.
    if (auto const& failure = connection_.ended_by()) return std::unexpected(failure->error);
    try {
        statement_ = &connection_.prepared(sql_);
        for (auto& cell : parameters_)
            exchange_cell(
                cell, [&](auto& value) { statement_->exchange(soci::use(value, cell.indicator)); });
        statement_->define_and_bind();
        bool const found = statement_->execute(true);
        // The engine reads by itself: SOCI's way costs about as much as finding the row.
        if (found) connection_.engine().read_row(*statement_, cells_);
        return found;
    } catch (soci::soci_error const& error) {
        return give_up(error);
    }
}

Result<bool> Query::next() {
    try {
        bool const found = connection_.engine().next_row(*statement_);
        if (found) connection_.engine().read_row(*statement_, cells_);
        return found;
    } catch (soci::soci_error const& error) {
        return give_up(error);
    }
}

void Query::finish() {
    if (statement_ == nullptr) return;
    connection_.engine().reset(*statement_);
    statement_->bind_clean_up();
    statement_ = nullptr;
    parameters_.clear();
    cells_.clear();
}

std::unexpected<Error> Query::give_up(soci::soci_error const& error) {
    auto noted = connection_.note(error);
    statement_ = nullptr;
    connection_.forget(sql_);
    return std::unexpected(std::move(noted));
}

Result<long long> Query::run() {
    TRY_VOID(start());
    auto const changed = statement_->get_affected_rows();
    finish();
    return changed;
}

Result<> Query::run_on_one(std::string_view what) {
    TRY(auto const changed, run());
    if (changed == 0) return fail(Code::NotFound, "there is no such {}", what);
    return {};
}

}  // namespace carrel
