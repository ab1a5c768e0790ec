#include "proxy/api/side_server.hpp"

#include "proxy/api/side_connection.hpp"
#include "runtime/log.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <cstring>

namespace carrel::proxy {

namespace {

constexpr Milliseconds accept_pause = Milliseconds(200);
constexpr size_t most_connections = 1000;

unsigned short port_of(int descriptor) {
    sockaddr_storage address = {};
    socklen_t length = sizeof(address);
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    if (address.ss_family == AF_UNIX) return 0;
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));  // the port is at the same place in IPv6
    return ntohs(v4.sin_port);
}

}  // namespace

class SideServer::Listener final : public EventHandler {
public:
    Listener(SideServer& server, Socket given) : socket(std::move(given)), server_(server) {}
    void on_ready(uint32_t) override { server_.accept_connections(); }
    void on_deadline() override {
        if (socket.is_open() && server_.loop_.watch(socket.descriptor(), *this, EPOLLIN))
            server_.accept_connections();
    }
    Socket socket;

private:
    SideServer& server_;
};

Result<std::unique_ptr<SideServer>> SideServer::create(EventLoop& loop, Socket listener,
                                                       SideHandler& handler, MakeLayer make_layer) {
    auto server = std::unique_ptr<SideServer>(new SideServer(loop, handler, std::move(make_layer)));
    server->port_ = port_of(listener.descriptor());
    server->listener_ = std::make_unique<Listener>(*server, std::move(listener));
    TRY_VOID(loop.watch(server->descriptor(), *server->listener_, EPOLLIN));
    return server;
}

SideServer::SideServer(EventLoop& loop, SideHandler& handler, MakeLayer make_layer)
    : loop_(loop), handler_(handler), make_layer_(std::move(make_layer)) {}

SideServer::~SideServer() {
    auto const all = connections_;
    for (auto* connection : all) connection->close();
    if (listener_) loop_.clear_deadline(*listener_);
}

int SideServer::descriptor() const { return listener_->socket.descriptor(); }

void SideServer::give_up_listening() {
    last_answers_ = true;
    loop_.clear_deadline(*listener_);
    if (!listener_->socket.is_open()) return;
    // The successor holds the same socket, and it would stay watched as long as that does.
    loop_.unwatch(listener_->socket.descriptor());
    listener_->socket.close();
}

void SideServer::accept_connections() {
    while (listener_->socket.is_open()) {
        int descriptor = -1;
        if (connections_.size() < most_connections)
            descriptor = accept4(listener_->socket.descriptor(), nullptr, nullptr,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        else
            errno = EMFILE;
        if (descriptor < 0 && (errno == ECONNABORTED || errno == EINTR)) continue;
        if (descriptor < 0 && errno == EAGAIN) return;
        if (descriptor < 0) {
            // Asking again and again would only burn the processor.
            log::warn("side_accept_paused", {{"connections", connections_.size()}});
            loop_.unwatch(listener_->socket.descriptor());
            loop_.set_deadline(*listener_, accept_pause);
            return;
        }
        Socket socket(descriptor);
        if (make_layer_) socket.set_layer(make_layer_(descriptor));
        auto connection = std::make_unique<SideConnection>(*this, std::move(socket));
        if (!loop_.watch(descriptor, *connection, Socket::events)) continue;
        connection->index_ = static_cast<uint32_t>(connections_.size());
        connections_.push_back(connection.release());
        connections_.back()->start();
    }
}

void SideServer::forget(SideConnection& connection) {
    auto* const last = connections_.back();
    connections_[connection.index_] = last;
    last->index_ = connection.index_;
    connections_.pop_back();
    loop_.retire(std::unique_ptr<EventHandler>(&connection));
}

}  // namespace carrel::proxy
