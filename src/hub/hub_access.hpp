#pragma once

/// Who may have a server in a course.

#include "domain/course.hpp"
#include "store/transaction.hpp"

namespace carrel {

/// True when this user may have a server in the course: an accepted participant, or a leader of it.
[[nodiscard]] Result<bool> may_have_server(Transaction& transaction, Course const& course,
                                           UserId const& user);

}  // namespace carrel
