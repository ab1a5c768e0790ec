#pragma once

/// Base64 with padding (RFC 4648 section 4), as mail, HTTP's Basic scheme and Docker use it. Keys
/// and tokens of ours have the form without: base/encoding.hpp.

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Accepts only what `to_base64` makes; anything else is InvalidArgument.
[[nodiscard]] Result<std::string> from_base64(std::string_view text);

}  // namespace carrel
