#pragma once

/// A certificate that nobody vouches for: enough for a first look, with the browser's warning.

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace carrel {

/// Writes a fresh key and its certificate, for `domain` and `user_domain` with the names below
/// them, localhost and this machine's loopback addresses, good for a year. Either may be empty. The
/// key is readable by us alone from its first byte on.
[[nodiscard]] Result<> write_self_signed(std::filesystem::path const& certificate,
                                         std::filesystem::path const& key,
                                         std::string const& domain, std::string const& user_domain);

}  // namespace carrel
