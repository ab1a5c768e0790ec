#pragma once

/// Writes down what happened: a course's timeline and the audit log. Called in the transaction of
/// the change itself, so that neither is there without the other.

#include "store/transaction.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace carrel {

struct Happening {
    std::string kind;
    std::optional<CourseId> course = {};
    std::string actor = {};    ///< user name
    std::string subject = {};  ///< user name
    std::string message = {};  ///< one sentence
    nlohmann::json detail = nlohmann::json::object();
};

[[nodiscard]] Result<> record(Transaction& transaction, Time now, Happening const& happening);

}  // namespace carrel
