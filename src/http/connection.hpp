#pragma once

/// Serves the requests of one connection, one after the other. Private to http/.

#include "http/server.hpp"
#include "http/wire.hpp"
#include "runtime/blocking_pool.hpp"

namespace carrel::http {

/// What all connections of a server share. Outlives them.
struct ServerContext {
    Server::Respond respond;
    ServerLimits limits;
    bool stopping = false;
    bool last_answers = false;  ///< what is asked is still answered, once on each connection
    BlockingPool files{1};      ///< reads the bodies that are files
};

/// Ends when the peer has gone, a limit is exceeded, or the server stops.
Task<> serve_connection(std::shared_ptr<Wire> wire, std::shared_ptr<ServerContext> context);

/// Sends the answer. True: the connection can carry another request.
Task<bool> send_response(Wire& wire, ServerContext& context, Request const& request,
                         Response& response, bool keep_alive, bool can_chunk);

}  // namespace carrel::http
