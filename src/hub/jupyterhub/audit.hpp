#pragma once

/// A line in the course's timeline for what the REST API of its hub has changed, in the transaction
/// of the change itself.

#include "hub/jupyterhub/caller.hpp"

namespace carrel::jupyterhub {

struct Change {
    std::string kind;          ///< "group_created"
    std::string subject = {};  ///< the user it was done to
    std::string message;       ///< without who did it: "made the group tutors"
};

[[nodiscard]] Result<> note_change(Transaction& transaction, Caller const& caller, Time now,
                                   Change const& change);

}  // namespace carrel::jupyterhub
