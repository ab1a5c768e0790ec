#pragma once

/// The end of all second factors of a person, who logs in with one step from then on, or sets new
/// ones up. Functions on a transaction.

#include "store/transaction.hpp"

namespace carrel {

/// With their recovery codes and what was begun with them. How many factors there were.
[[nodiscard]] Result<size_t> remove_factors(Transaction& transaction, UserId const& user);

/// The same for somebody who has lost them all, with an event that names who took them away;
/// `actor` is empty for somebody at the machine.
[[nodiscard]] Result<size_t> reset_factors(Transaction& transaction, User const& user,
                                           std::string_view actor, Time now);

}  // namespace carrel
