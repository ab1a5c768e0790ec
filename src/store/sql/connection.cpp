#include "store/sql/connection.hpp"

namespace carrel {

Result<> Connection::run(std::string_view sql) {
    try {
        *session_ << sql;
        return {};
    } catch (soci::soci_error const& error) {
        return std::unexpected(note(error));
    }
}

soci::statement& Connection::prepared(std::string const& sql) {
    auto& statement = statements_[sql];
    if (!statement) {
        auto fresh = std::make_unique<soci::statement>(*session_);
        fresh->alloc();
        fresh->prepare(sql);
        statement = std::move(fresh);
    }
    return *statement;
}

Error Connection::note(soci::soci_error const& error) {
    auto failure = engine_.explain(error);
    if (failure.aborted && !ended_by_) ended_by_ = failure;
    return std::move(failure.error);
}

}  // namespace carrel
