#pragma once

/// The end of all second factors of a person, who logs in with one step from then on, or sets new
/// ones up. Functions on a transaction.

#include "store/transaction.hpp"

namespace carrel {

/// With their recovery codes and what was begun with them. How many factors there were.
[[nodiscard]] Result<size_t> remove_factors(Transaction& transaction, UserId const& user);

/// Who takes the factors away.
struct FactorReset {
    std::string actor = {};                 ///< empty: somebody at the machine
    std::optional<SessionId> session = {};  ///< theirs, which goes on if they do it to themselves
    Time now;
};
/// The same for somebody who has lost them all, with an event. Their sessions end: whoever has the
/// lost ones may be logged in with them.
[[nodiscard]] Result<size_t> reset_factors(Transaction& transaction, User const& user,
                                           FactorReset const& reset);

}  // namespace carrel
