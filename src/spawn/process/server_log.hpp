#pragma once

/// The log of one server: what it and its sandbox print. Quick file access; any thread.

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace carrel {

/// Where the log of server `id` is.
[[nodiscard]] std::filesystem::path server_log_path(std::filesystem::path const& folder,
                                                    std::string const& id);

/// Makes room for a new log; the last one stays as "<name>.1".
[[nodiscard]] Result<> rotate_log(std::filesystem::path const& log);

/// Cuts a log that is larger than `largest` down to its end, while the server goes on writing.
void limit_log(std::filesystem::path const& log, long long largest);

/// The last lines for a person to read: without colours and control characters, as UTF-8, and with
/// "…" in place of `secret`.
[[nodiscard]] std::string log_tail(std::filesystem::path const& log, std::string const& secret);

/// The cleaning alone.
[[nodiscard]] std::string readable(std::string_view text, std::string const& secret);

}  // namespace carrel
