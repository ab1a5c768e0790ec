#pragma once

/// The public listening sockets.

#include "proxy/data_plane/socket.hpp"
#include "proxy/options.hpp"

#include <vector>

namespace carrel::proxy {

struct Listeners {
    std::vector<Socket> sockets;  ///< one for each worker
    unsigned short port = 0;      ///< the real one; 0 for a unix socket
};

/// Conflict: somebody else listens there. Several workers share a port by SO_REUSEPORT and a unix
/// socket by duplicating it.
[[nodiscard]] Result<Listeners> listen(Options const& options);

/// Listening sockets that a parent or a predecessor opened, for `threads` workers at least: sockets
/// that are missing are duplicates, and each that was given is used, because connections may be
/// waiting in it. InvalidArgument: one of them does not listen.
[[nodiscard]] Result<Listeners> adopt_listeners(std::vector<Socket> sockets, unsigned threads);

/// A unix socket that only its owner can connect to; a stale file is replaced.
[[nodiscard]] Result<Socket> listen_privately(std::filesystem::path const& path);

}  // namespace carrel::proxy
