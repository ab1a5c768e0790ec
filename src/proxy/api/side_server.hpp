#pragma once

/// The small HTTP/1.1 server for everything beside the data plane: REST API, metrics, redirect to
/// HTTPS. It shares sockets, TLS layers and the one strict parser with the data plane, but runs on
/// a loop of its own, so that a long listing delays nobody's keystrokes. Pipelined requests are
/// answered with one write. Confined to its loop's thread.

#include "proxy/api/side_message.hpp"
#include "proxy/data_plane/event_loop.hpp"
#include "proxy/data_plane/socket.hpp"
#include "proxy/message/head.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace carrel::proxy {

class SideConnection;

class SideServer {
public:
    /// Gives an accepted connection its layer; null for plain HTTP.
    using MakeLayer = std::function<std::unique_ptr<Layer>(int descriptor)>;

    /// Serves `listener`, which listens and does not block, from the loop's first round on.
    [[nodiscard]] static Result<std::unique_ptr<SideServer>> create(EventLoop& loop,
                                                                    Socket listener,
                                                                    SideHandler& handler,
                                                                    MakeLayer make_layer = {});
    ~SideServer();
    SideServer(SideServer const&) = delete;
    SideServer& operator=(SideServer const&) = delete;

    /// The TCP port; 0 for a unix socket.
    [[nodiscard]] unsigned short port() const { return port_; }
    /// The listening socket, for a successor; -1 once it is closed.
    [[nodiscard]] int descriptor() const;
    /// A successor has the listening socket: accepts nothing more, and ends each connection after
    /// its next answer.
    void give_up_listening();

private:
    friend class SideConnection;
    class Listener;
    SideServer(EventLoop& loop, SideHandler& handler, MakeLayer make_layer);
    void accept_connections();
    void forget(SideConnection& connection);

    EventLoop& loop_;
    SideHandler& handler_;
    MakeLayer make_layer_;
    BufferPool buffers_;
    RequestHead head_;  ///< scratch space of the connection that is reading
    std::unique_ptr<Listener> listener_;
    std::vector<SideConnection*> connections_;
    unsigned short port_ = 0;
    bool last_answers_ = false;
};

}  // namespace carrel::proxy
