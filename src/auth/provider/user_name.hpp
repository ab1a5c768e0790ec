#pragma once

/// A user name of ours from what a provider calls somebody. Pure.

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

/// In the one normal form of `parse_user_name`: compatible characters become one (NFKC), small
/// letters, without accents; "@", "+" and spaces become "-". "@domain" at the end is left out,
/// when `domain` is not empty.
/// Different claims may give the same name: that somebody has a name does not say who they are.
/// Fails as `login_failure` does: "name_missing", "name_unusable", "name_reserved".
[[nodiscard]] Result<std::string> user_name_of(std::string_view claim, std::string_view domain);

}  // namespace carrel
