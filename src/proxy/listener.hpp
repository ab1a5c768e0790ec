#pragma once

/// The public listening sockets.

#include "proxy/options.hpp"
#include "proxy/socket.hpp"

#include <vector>

namespace carrel::proxy {

struct Listeners {
    std::vector<Socket> sockets;  ///< one for each worker
    unsigned short port = 0;      ///< the real one; 0 for a unix socket
};

/// Conflict: somebody else listens there. Several workers share a port by SO_REUSEPORT and a unix
/// socket by duplicating it.
[[nodiscard]] Result<Listeners> listen(Options const& options);

}  // namespace carrel::proxy
