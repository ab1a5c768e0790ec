#pragma once

/// Keeps servers with uids, or with addresses, of their own from the cloud's metadata service, by
/// routing rules of the machine.

#include "base/result.hpp"

#include <string>

namespace carrel {

/// Homes are numbered from here; as root the numbers are uids. The rules cover this range alone.
inline constexpr long long first_server_uid = 200'000;
inline constexpr long long last_server_uid = 524'287;

/// Sets the rules where they are not set. Blocks. Fails where the kernel or `ip` cannot.
[[nodiscard]] Result<> block_metadata();

/// The same for a range of addresses, "10.213.0.0/16", instead of the uids: containers with an
/// address of it reach no metadata service. Nor this machine, which does not answer them; what is
/// passed on, to and from the internet, is not touched.
[[nodiscard]] Result<> close_machine_to(std::string const& range);

}  // namespace carrel
