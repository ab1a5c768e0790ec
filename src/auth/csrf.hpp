#pragma once

/// Is this request forged by another site? A browser adds our cookies to requests that any page
/// makes; these checks tell our own pages' requests from theirs.

#include "base/result.hpp"
#include "http/message.hpp"

#include <functional>
#include <string_view>

namespace carrel {

inline constexpr std::string_view csrf_header = "X-CSRF-Token";

/// False for GET, HEAD and OPTIONS, which change nothing.
[[nodiscard]] bool is_unsafe(std::string_view method);

/// PermissionDenied when the browser says that a page of another origin sent the request, by
/// Sec-Fetch-Site or by Origin. A sibling subdomain is another origin: notebooks may live there.
[[nodiscard]] Result<> check_same_origin(http::Request const& request);

/// PermissionDenied with field "X-CSRF-Token" unless that header is the session's.
[[nodiscard]] Result<> check_csrf_token(http::Request const& request, std::string_view expected);

/// Whether a request that came with a session's cookie is forged; `csrf_token` is that session's.
using ForgeryCheck =
    std::function<Result<>(http::Request const& request, std::string_view csrf_token)>;
/// The portal's: both of the above, for methods that are unsafe.
[[nodiscard]] Result<> check_not_forged(http::Request const& request, std::string_view csrf_token);

}  // namespace carrel
