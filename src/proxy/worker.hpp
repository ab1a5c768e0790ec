#pragma once

/// One thread of the data plane: its listener, its connections, its upstream pool, its routes.
///
/// Workers share nothing that changes but the activity of routes. What the admin API decides
/// reaches a worker as an `Update`, applied before the next look-up, so that a client that was told
/// of a new route can use it at once on any connection.

#include "proxy/connection.hpp"
#include "proxy/edge_auth.hpp"
#include "proxy/event_loop.hpp"
#include "proxy/options.hpp"
#include "proxy/route_table.hpp"
#include "proxy/tls_server.hpp"
#include "proxy/upstream.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <variant>
#include <vector>

namespace carrel::proxy {

struct RemoveRoute {
    std::string path;
};
/// What changes in a worker's view of the world: a route put or removed, a revocation, or new
/// certificates.
using Update =
    std::variant<RoutePointer, RemoveRoute, Revocation, TlsServerPointer, TlsClientPointer>;

class Worker {
public:
    /// Takes over `listener`, a listening non-blocking socket.
    [[nodiscard]] static Result<std::unique_ptr<Worker>> create(Options const& options,
                                                                Socket listener, unsigned number);
    ~Worker();
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;

    /// The thread's whole life; returns after `stop`.
    void run();
    /// Thread-safe.
    void push(Update update);
    /// Accepts nothing more and lets answers under way finish until `grace` has passed; then closes
    /// everything, tunnels last, and ends `run()`. Thread-safe.
    void stop(Milliseconds grace);

    // For its connections, on its thread.
    [[nodiscard]] Options const& options() const { return options_; }
    [[nodiscard]] EventLoop& loop() { return *loop_; }
    [[nodiscard]] BufferPool& buffers() { return buffers_; }
    [[nodiscard]] PipePool& pipes() { return pipes_; }
    [[nodiscard]] UpstreamPool& upstreams() { return upstreams_; }
    [[nodiscard]] RouteTable const& routes();
    [[nodiscard]] EdgeAuth& auth() { return auth_; }
    [[nodiscard]] bool draining() const { return draining_; }
    /// Scratch space for the head that is being parsed.
    [[nodiscard]] RequestHead& request_head() { return request_head_; }
    [[nodiscard]] ResponseHead& response_head() { return response_head_; }
    [[nodiscard]] std::string next_request_id();
    /// No further connection is accepted.
    [[nodiscard]] bool full() const { return connections_.size() >= most_connections_; }
    /// A connection of ours over a socket without a descriptor; its maker tells it of events.
    Connection& adopt(Socket socket, std::string address);
    void forget(Connection& connection);

private:
    class Listener;
    class Stopper;
    Worker(Options const& options, std::unique_ptr<EventLoop> loop, unsigned number);

    void accept_connections();
    void adopt(int descriptor, std::string address);
    void keep(std::unique_ptr<Connection> connection);
    void stop_accepting_for_now();
    void apply_updates();
    void apply(Update& update);
    void revoke(Revocation const& revocation);
    void begin_stop(Milliseconds grace);
    void end_if_quiet();
    void close_everything();

    Options const& options_;
    std::unique_ptr<EventLoop> loop_;
    BufferPool buffers_;
    PipePool pipes_;
    UpstreamPool upstreams_;
    RouteTable routes_;
    EdgeAuth auth_;
    TlsServerPointer tls_;
    RequestHead request_head_;
    ResponseHead response_head_;
    std::string request_id_prefix_;
    uint64_t requests_ = 0;
    size_t most_connections_ = 0;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<Stopper> stopper_;
    std::vector<Connection*> connections_;
    bool draining_ = false;

    std::atomic<uint64_t> version_ = 0;  ///< counts pushed updates
    uint64_t seen_version_ = 0;
    std::mutex mutex_;  ///< guards pushed_
    std::vector<Update> pushed_;
};

}  // namespace carrel::proxy
