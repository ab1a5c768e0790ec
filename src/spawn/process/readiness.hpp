#pragma once

/// Asks a starting server whether it is usable yet.

#include "http/client.hpp"
#include "spawn/spawner.hpp"

namespace carrel {

/// Where it is asked: `endpoint` + base URL + ready path.
[[nodiscard]] std::string ready_url(ServerSpec const& spec, std::string const& endpoint);

/// Success: it answered 2xx to the secret. Unavailable: not yet. PermissionDenied: it answers as
/// well without the secret, so anybody on this machine could use it. Blocks.
///
/// `shared` says that others can reach the endpoint: a port, not a socket in a private folder.
[[nodiscard]] Result<> ask_readiness(http::Client& client, ServerSpec const& spec,
                                     std::string const& endpoint, bool shared, Deadline deadline);

/// A loopback port that is free at this moment.
[[nodiscard]] Result<unsigned> free_port();

}  // namespace carrel
