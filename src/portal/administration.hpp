#pragma once

/// What calls that change accounts have in common.

#include "portal/calls.hpp"

#include <string>

namespace carrel {

/// PermissionDenied: whoever asks is no administrator.
[[nodiscard]] Result<> check_administrator(Visit const& visit);

/// Who asks, as they are in this transaction. PermissionDenied: of two administrators who act on
/// each other at once the second is none any more.
[[nodiscard]] Result<User> acting_administrator(Transaction& transaction, Visit const& visit);

/// The account that a path names, also a removed one whose name is still theirs. NotFound: none.
[[nodiscard]] Result<User> find_account(Transaction& transaction, std::string const& text);

}  // namespace carrel
