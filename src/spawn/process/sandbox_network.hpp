#pragma once

/// The way out of a sandbox's private network, for servers of an ordinary user: slirp4netns, which
/// translates for it, without the machine's loopback and without metadata services.

#include "base/result.hpp"

#include <span>
#include <string_view>

namespace carrel {

/// Where clouds answer every program on a machine with the machine's credentials, as IPv4 networks.
[[nodiscard]] std::span<std::string_view const> metadata_networks();

/// Opens `info` for bubblewrap's --info-fd, and starts a helper that waits there for the sandbox's
/// process number, closes the metadata networks in its network namespace, and becomes slirp4netns.
/// The helper ends with the calling process, whatever that has become.
[[nodiscard]] Result<> start_way_out(int info);

}  // namespace carrel
