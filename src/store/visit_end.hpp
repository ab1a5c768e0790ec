#pragma once

/// The right to enter somebody else's server is over, for one visitor: how what it opened is
/// closed, even when this process does not live to do it. Functions on a transaction; the row that
/// gave the right is removed by whoever calls.

#include "store/transaction.hpp"

namespace carrel {

/// A server of `owner`, and who was let into it.
struct SharedVisit {
    UserId owner;
    std::string server;
    UserId visitor;
};

/// Their codes and tokens of the server's OAuth go, and the outbox has the proxy refuse their edge
/// tokens and cut their connections.
[[nodiscard]] Result<> end_visit(Transaction& transaction, Course const& course,
                                 SharedVisit const& visit, Time now);

/// The same, unless the visitor is let in still: by a share of their own or by a group.
[[nodiscard]] Result<> end_visit_unless_shared(Transaction& transaction, Course const& course,
                                               SharedVisit const& visit, Time now);

/// Takes somebody out of a group, and out of the servers that were shared with it.
[[nodiscard]] Result<> leave_group(Transaction& transaction, Course const& course,
                                   std::string_view group, UserId const& user, Time now);
/// Out of every group of the course.
[[nodiscard]] Result<> leave_groups(Transaction& transaction, Course const& course,
                                    UserId const& user, Time now);

}  // namespace carrel
