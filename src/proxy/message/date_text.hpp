#pragma once

/// Points in time as JavaScript writes and reads them, because the REST API's clients know those.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::proxy {

/// What `Date.parse` makes of it, in milliseconds since 1970, within reason: ISO 8601 dates and
/// times with parts left out ("2026", "2026-11", "2026-11-21T08:30"), RFC 9110's
/// "Sat, 21 Nov 2026 08:30:00 GMT", "Nov 21, 2026 08:30", "11/21/2026". As there, a time without an
/// offset is local and an ISO date alone is UTC.
[[nodiscard]] std::optional<int64_t> parse_date(std::string_view text);

/// Writes "2026-11-21T08:30:00.250Z" again and again, cheaply where times are of one day.
class DateWriter {
public:
    void append(std::string& out, int64_t milliseconds);

private:
    int64_t day_ = -1;
    std::string date_;  ///< of that day, with the "T"
};

}  // namespace carrel::proxy
