#pragma once

/// SHA-256 of files.

#include "base/result.hpp"

#include <functional>
#include <string>

namespace carrel {

/// Of the open file from its beginning, in hexadecimal. Cancelled when `stop_requested`.
[[nodiscard]] Result<std::string> sha256_of_file(int file,
                                                 std::function<bool()> const& stop_requested);

}  // namespace carrel
