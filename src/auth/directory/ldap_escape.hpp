#pragma once

/// What somebody has typed, inside a distinguished name (RFC 4514) or a search filter (RFC 4515).
/// Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel {

/// Both forms know a byte as a backslash and two hexadecimal digits; here everything but letters,
/// digits and "@", ".", "_", "-" is written so, and means itself in either of them.
[[nodiscard]] std::string ldap_escaped(std::string_view text);

/// The template with each "{name}" replaced by its value, escaped. Unknown names stay.
[[nodiscard]] std::string ldap_filled(
    std::string_view pattern,
    std::vector<std::pair<std::string_view, std::string_view>> const& values);

}  // namespace carrel
