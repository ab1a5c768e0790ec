#pragma once

/// TLS in front of a server that has none: the REST API's. It accepts, shakes hands, and relays the
/// bytes to a unix socket that nobody else can reach. One thread, which it owns; not for the data
/// plane, whose connections carry TLS themselves.

#include "proxy/buffer.hpp"
#include "proxy/event_loop.hpp"
#include "proxy/options.hpp"
#include "proxy/tls_server.hpp"

#include <filesystem>
#include <thread>
#include <vector>

namespace carrel::proxy {

class TlsFront {
public:
    /// Listens where `listening` says (its ip and port, or socket). Conflict: somebody else does.
    [[nodiscard]] static Result<std::unique_ptr<TlsFront>> create(Options const& listening);
    ~TlsFront();
    TlsFront(TlsFront const&) = delete;
    TlsFront& operator=(TlsFront const&) = delete;

    /// Where the server behind is to listen: a socket in a folder of our own.
    [[nodiscard]] std::filesystem::path inner_socket() const { return folder_ / "inner.sock"; }
    [[nodiscard]] unsigned short port() const { return port_; }

    /// What new connections are accepted with. Thread-safe.
    void use(TlsServerPointer server);
    void start();
    void stop();

private:
    class Acceptor;
    class Relay;
    TlsFront(std::unique_ptr<EventLoop> loop, std::filesystem::path folder);
    void accept();

    std::unique_ptr<EventLoop> loop_;
    std::filesystem::path const folder_;
    unsigned short port_ = 0;
    BufferPool buffers_;
    TlsServerPointer server_;
    std::unique_ptr<Acceptor> acceptor_;
    std::vector<Relay*> relays_;
    std::thread thread_;
};

}  // namespace carrel::proxy
