#pragma once

/// Keeps servers with uids of their own from the cloud's metadata service, by routing rules of the
/// machine.

#include "base/result.hpp"

namespace carrel {

/// Homes are numbered from here; as root the numbers are uids. The rules cover this range alone.
inline constexpr long long first_server_uid = 200'000;
inline constexpr long long last_server_uid = 524'287;

/// Sets the rules where they are not set. Blocks. Fails where the kernel or `ip` cannot.
[[nodiscard]] Result<> block_metadata();

}  // namespace carrel
