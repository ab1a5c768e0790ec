#pragma once

/// Addresses that a provider may have. Pure.

#include <string_view>

namespace carrel {

/// https, or http on this machine alone, for a first look and for tests.
[[nodiscard]] bool is_provider_url(std::string_view url);

/// A path of this platform, with or without a query: nothing that a browser takes for another
/// place.
[[nodiscard]] bool is_own_path(std::string_view path);

}  // namespace carrel
