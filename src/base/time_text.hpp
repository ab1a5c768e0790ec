#pragma once

/// RFC 3339 timestamps, the only form of time in the API and in JSON.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

/// "2026-11-21T08:30:00Z", with ".250" before the Z when there are milliseconds.
[[nodiscard]] std::string format_time(Time time);

/// Parses RFC 3339 section 5.6 with any offset, years 1970 to 9999, and leap second 60 read as 59.
/// InvalidArgument says what is wrong. Fractions beyond milliseconds are cut off.
[[nodiscard]] Result<Time> parse_time(std::string_view text);

/// JupyterHub's form: microseconds always, "2026-11-21T08:30:00.250000Z".
[[nodiscard]] std::string format_time_micro(Time time);
/// The same behind what is there already.
void append_time_micro(std::string& to, Time time);

}  // namespace carrel
