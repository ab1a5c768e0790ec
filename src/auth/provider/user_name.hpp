#pragma once

/// A user name of ours from what a provider, or a list, calls somebody. Pure.

#include "base/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace carrel {

/// In the one normal form of `parse_user_name`: compatible characters become one (NFKC), small
/// letters, without accents; "@", "+" and spaces become "-". "@domain" at the end is left out,
/// when `domain` is not empty.
/// Different claims may give the same name: that somebody has a name does not say who they are.
/// Fails as `login_failure` does: "name_missing", "name_unusable", "name_reserved".
[[nodiscard]] Result<std::string> user_name_of(std::string_view claim, std::string_view domain);

/// The same for a line of a list, which may name an account that is there already: names that are
/// kept are fine. InvalidArgument says what is wrong; `field` is "username".
[[nodiscard]] Result<std::string> plain_user_name(std::string_view text,
                                                  std::span<std::string const> domains);

}  // namespace carrel
