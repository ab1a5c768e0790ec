#pragma once

/// How a request's path is read before it is matched with routes.
///
/// The path is percent-decoded once, as configurable-http-proxy does, and the upstream gets it as
/// it was sent. So that the route that is chosen and the path that the upstream understands cannot
/// differ, paths whose meaning depends on who reads them are refused: dot segments in any encoding
/// ("..", "%2e%2e", "..;x"), NUL, and malformed escapes. Empty segments are kept and match as such.

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace carrel::proxy {

/// Decodes `raw`, which begins with "/". `storage` is used only when there is something to decode,
/// and must outlive the result. InvalidArgument says why the path is refused.
[[nodiscard]] Result<std::string_view> decode_path(std::string_view raw, std::string& storage);

/// The same for a path that is decoded already. InvalidArgument says why it is refused.
[[nodiscard]] Result<> check_path(std::string_view decoded);

/// The path under which the route table keeps a posted or requested route: with one leading slash
/// and no trailing one; the root is "/".
[[nodiscard]] std::string route_key(std::string_view path);

/// `raw_target` without the first segments that make up `key`, for --no-include-prefix.
/// Empty, or only a query, when nothing else is left: the caller puts "/" before it.
[[nodiscard]] std::string_view without_prefix(std::string_view raw_target, std::string_view key);

}  // namespace carrel::proxy
