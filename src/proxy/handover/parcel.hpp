#pragma once

/// A client's connection in a form that can travel to another process: its descriptors, what is
/// buffered, and what is known of it. See docs/design/0014-handover.md. A plain value that owns its
/// descriptors.

#include "http/edge_token.hpp"
#include "proxy/data_plane/socket.hpp"

#include <optional>
#include <string>

namespace carrel::proxy {

/// The half of a connection that has become a tunnel.
struct TunnelParcel {
    Socket upstream;
    std::string upstream_in;  ///< received from the upstream, not yet sent to the client
    std::string route;        ///< the path of the route it was opened through
    std::optional<http::EdgeToken> token = {};
    bool told_client = false;    ///< that the upstream has ended
    bool told_upstream = false;  ///< that the client has ended
};

struct Parcel {
    Socket client;
    std::string address;     ///< the client's
    std::string client_in;   ///< received from the client, not yet used
    std::string client_out;  ///< to be sent to the client before anything else
    /// Nothing: it waits for the client's next request.
    std::optional<TunnelParcel> tunnel = {};
};

}  // namespace carrel::proxy
