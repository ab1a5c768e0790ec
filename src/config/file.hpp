#pragma once

/// One TOML file, laid over settings that earlier sources have made.

#include "config/settings.hpp"

namespace carrel {

/// InvalidArgument names the file, the line and the key. NotFound: there is no such file.
[[nodiscard]] Result<> apply_file(Settings& settings, std::filesystem::path const& file);

/// `[a-z0-9-]`, 1 to 63: it becomes part of addresses and variables.
/// `section` is "environments" or "logins".
[[nodiscard]] Result<> check_section_name(std::string_view section, std::string_view name,
                                          std::string_view where);

}  // namespace carrel
