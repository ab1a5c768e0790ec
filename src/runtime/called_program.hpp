#pragma once

/// Where this process's program is by the name it was called with, so that what is installed there
/// later can be started in its place: an upgrade.

#include <filesystem>

namespace carrel {

/// Absolute; symbolic links are kept, because the next release may be behind them. Call it at
/// start, before the working folder or the file can change.
[[nodiscard]] std::filesystem::path called_program();

/// The same for the first of a process's arguments; `search` is the value of PATH.
[[nodiscard]] std::filesystem::path called_program(std::string const& name,
                                                   std::string const& search);

}  // namespace carrel
