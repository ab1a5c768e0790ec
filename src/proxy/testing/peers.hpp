#pragma once

/// For tests of the whole proxy: a raw client and a scripted upstream on real sockets, and a proxy
/// of one's own. Everything blocks, with a limit of ten seconds that only a failure reaches.

#include "proxy/proxy.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace carrel::proxy {

/// One end of a connection.
class Peer {
public:
    explicit Peer(int descriptor);
    static Peer connect(unsigned short port);
    static Peer connect(std::string const& socket_path);
    ~Peer();
    Peer(Peer&& other) noexcept;

    void send(std::string_view bytes) const;
    /// As much as the socket takes at once without waiting; 0 when it takes nothing.
    [[nodiscard]] size_t send_some(std::string_view bytes) const;
    /// Reads until what has been read ends with or contains `end`, which stays included.
    std::string read_until(std::string_view end);
    std::string read_exactly(size_t size);
    /// What has come, at least a byte; "" when the peer has closed.
    std::string read_some();
    /// Everything until the peer closes.
    std::string read_to_end();
    /// A head; then its body by Content-Length or as it comes chunked (still encoded).
    std::string read_head() { return read_until("\r\n\r\n"); }
    std::string read_message();
    /// True when the peer closes (or resets) without another byte.
    [[nodiscard]] bool is_closed();
    /// Whether it has done so by now; does not wait.
    [[nodiscard]] bool has_closed() const;
    void half_close() const;
    void close();
    void reset();

private:
    bool fill();
    int descriptor_;
    std::string pending_;
};

/// Runs `script` for each connection it accepts, on threads of its own.
class ScriptedUpstream {
public:
    using Script = std::function<void(Peer&)>;
    explicit ScriptedUpstream(Script script, std::string const& socket_path = {});
    ~ScriptedUpstream();
    ScriptedUpstream(ScriptedUpstream const&) = delete;
    ScriptedUpstream& operator=(ScriptedUpstream const&) = delete;

    [[nodiscard]] unsigned short port() const { return port_; }
    [[nodiscard]] std::string url() const;
    [[nodiscard]] int connections() const { return connections_; }

private:
    Script script_;
    std::string socket_path_;
    int listener_ = -1;
    unsigned short port_ = 0;
    std::atomic<int> connections_ = 0;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// Answers every request with `body`, on connections that are kept.
ScriptedUpstream::Script always_answer(std::string body);
/// Answers every request with the request itself (head and body).
ScriptedUpstream::Script echo();

/// A proxy on free ports, with the REST API open to `api`.
class TestProxy {
public:
    explicit TestProxy(Options options = {});
    ~TestProxy();

    [[nodiscard]] Peer connect() const { return Peer::connect(proxy_->port()); }
    /// One request on a connection of its own.
    [[nodiscard]] std::string ask(std::string const& request) const;
    [[nodiscard]] std::string get(std::string const& target, std::string const& fields = {}) const;
    /// One call of the REST API; returns the whole answer.
    std::string api(std::string const& method, std::string const& path,
                    std::string const& body = {}, std::string const& token = "secret") const;
    void add_route(std::string const& path, std::string const& target,
                   std::string const& more = {}) const;
    Proxy& operator*() { return *proxy_; }
    static Options options();

private:
    std::unique_ptr<Proxy> proxy_;
};

}  // namespace carrel::proxy
