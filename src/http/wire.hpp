#pragma once

/// The socket of one accepted connection with its watchdog. Private to http/.
///
/// Every wait on a peer is bounded: the watchdog closes the socket, which ends whatever waits on
/// it. Confined to the server's executor.

#include "runtime/task.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string_view>

namespace carrel::http {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol>;

class Wire : public std::enable_shared_from_this<Wire> {
public:
    explicit Wire(Socket socket) : socket_(std::move(socket)), watchdog_(socket_.get_executor()) {}

    [[nodiscard]] Socket& socket() { return socket_; }

    /// Closes the socket when `duration` passes without another call of this or `no_limit`.
    void limit(Milliseconds duration);
    void no_limit();

    /// Writes all of `data`, and `more` behind it. Unavailable: the peer is gone, or took nothing
    /// for a minute.
    Task<> write(std::string_view data, std::string_view more = {});

    /// Ends both directions at once; whatever waits on the socket ends with an error.
    void cut();

    /// Says that we send no more, and takes what still arrives for a moment, so that the peer can
    /// read our last answer before the reset that unread data would cause.
    Task<> linger();

    /// True while no request is under way: then it may be cut without losing an answer.
    bool idle = true;
    /// Something has been asked on it. Before, a request may be on its way here.
    bool answered = false;
    /// The last answer said, or says, that another request may follow.
    bool kept = false;

private:
    Socket socket_;
    asio::steady_timer watchdog_;
};

}  // namespace carrel::http
