#pragma once

/// Small operations on ASCII text that the standard library lacks.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Without spaces, tabs and line breaks at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// "a,b," split at ',' gives "a", "b" and "".
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// A whole non-negative decimal number, and nothing else.
[[nodiscard]] std::optional<long long> parse_whole(std::string_view text);
/// The same content without leaking by timing where two secrets first differ.
[[nodiscard]] bool equals_in_constant_time(std::string_view a, std::string_view b);
/// For a log line: control characters as \xNN, cut at `limit` bytes with "…".
[[nodiscard]] std::string for_log(std::string_view text, size_t limit = 200);

}  // namespace carrel
