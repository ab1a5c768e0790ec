#pragma once

/// Bytes as text and back: hexadecimal, base64url (RFC 4648 section 5), percent-encoding (RFC
/// 3986).

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel {

[[nodiscard]] std::string to_hex(std::string_view bytes);

/// Without padding.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
/// Accepts only what `to_base64url` makes; anything else is InvalidArgument.
[[nodiscard]] Result<std::string> from_base64url(std::string_view text);

/// Everything but RFC 3986 "unreserved" characters becomes %XX, "/" too. As Python's
/// `urllib.parse.quote(text, safe=also_plain)`, which is what JupyterHub puts into URLs.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view also_plain = "");
/// A malformed escape is InvalidArgument. "+" stays "+".
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

/// True for well-formed UTF-8 (RFC 3629) without control characters below U+0020 other than tab and
/// line breaks.
[[nodiscard]] bool is_printable_utf8(std::string_view text);
/// The number of code points of well-formed UTF-8.
[[nodiscard]] size_t utf8_length(std::string_view text);

}  // namespace carrel
