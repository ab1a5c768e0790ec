#pragma once

/// Carrel's own HTTP/1.1 server for its API and pages, on Boost.Beast.
///
/// It listens on a unix socket (behind our proxy) or on loopback; it is not made to face the
/// internet. Limits: heads of 64 KiB, bodies of `largest_body`, a head within 30 s, an idle
/// connection for 75 s. Confined to the executor it is created with.

#include "http/message.hpp"
#include "runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <variant>

namespace carrel::http {

struct UnixSocket {
    std::filesystem::path path;  ///< a stale socket file is replaced; made with mode 0600
};
struct TcpAddress {
    std::string address = "127.0.0.1";
    unsigned short port = 0;  ///< 0: any free one
};
/// A listening socket that somebody else opened; it is taken over. The file of a unix socket stays
/// theirs to remove.
struct Inherited {
    int descriptor;
};
using ListenAddress = std::variant<UnixSocket, TcpAddress, Inherited>;

struct ServerLimits {
    size_t largest_body = 1024UL * 1024UL;
    /// On a unix socket, of each of the machine's users (SO_PEERCRED); further ones are closed at
    /// once. 0: any number.
    size_t connections_of_a_user = 0;
};

class Server {
public:
    using Respond = std::function<asio::awaitable<Response>(Request&)>;

    /// Binds and listens at once. Conflict: the address is in use.
    [[nodiscard]] static Result<std::unique_ptr<Server>> create(asio::any_io_executor executor,
                                                                ListenAddress const& address,
                                                                Respond respond,
                                                                ServerLimits limits = {});
    ~Server();

    /// Accepts connections, from now on and in the background.
    void start();
    /// Answers as before, but each answer is the last on its connection. Returns when no connection
    /// waits for another request, or `longest` has passed: a `stop` then surprises no client that
    /// keeps connections for less.
    Task<> wind_down(Milliseconds longest);
    /// Accepts nothing more, lets answers under way finish until `grace` has passed, then cuts.
    /// Who has connected and not been answered yet still is.
    Task<> stop(Milliseconds grace);

    /// The TCP port; 0 for a unix socket.
    [[nodiscard]] unsigned short port() const;
    /// The listening socket, for a successor; -1 once it is closed.
    [[nodiscard]] int descriptor() const;
    /// A successor has the listening socket: accepts nothing more, leaves the socket's file where
    /// it is, and ends each connection after its next answer.
    void give_up_listening();

private:
    struct State;
    explicit Server(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace carrel::http
