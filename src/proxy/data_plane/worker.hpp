#pragma once

/// One thread of the data plane: its listener, its connections, its upstream pool, its routes.
///
/// Workers share nothing that changes but the activity of routes. What the admin API decides
/// reaches a worker as an `Update`, applied before the next look-up, so that a client that was told
/// of a new route can use it at once on any connection.

#include "proxy/data_plane/connection.hpp"
#include "proxy/data_plane/event_loop.hpp"
#include "proxy/data_plane/tidier.hpp"
#include "proxy/data_plane/upstream.hpp"
#include "proxy/edge_auth.hpp"
#include "proxy/handover/parcel.hpp"
#include "proxy/options.hpp"
#include "proxy/report/recorder.hpp"
#include "proxy/route_table.hpp"
#include "proxy/tls/server.hpp"

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

    // Handover to a successor, from another thread (handover/worker.cpp).
    using HandOn = std::function<void(Parcel)>;
    [[nodiscard]] int listener_descriptor() const;
    /// Stops accepting and takes everything that can travel out of the loop.
    [[nodiscard]] std::vector<Parcel> freeze();
    /// The handover has failed: everything goes on.
    void thaw();
    /// The handover is done: closes what has travelled, gives whatever becomes able to travel to
    /// `hand_on`, and ends `run()` when nothing is left or `patience` has passed.
    void leave(HandOn hand_on, Milliseconds patience);
    /// A connection that a predecessor gave away.
    void adopt(Parcel parcel);
    /// Tells, on its thread and soon, which routes are used by what is under way.
    void report_activity(std::function<void(Route const&)> report);

    // For its connections, on its thread.
    [[nodiscard]] Options const& options() const { return options_; }
    [[nodiscard]] EventLoop& loop() { return *loop_; }
    [[nodiscard]] BufferPool& buffers() { return buffers_; }
    [[nodiscard]] PipePool& pipes() { return pipes_; }
    [[nodiscard]] UpstreamPool& upstreams() { return upstreams_; }
    [[nodiscard]] RouteTable const& routes();
    [[nodiscard]] EdgeAuth& auth() { return auth_; }
    [[nodiscard]] Recorder& recorder() { return recorder_; }
    [[nodiscard]] bool draining() const { return draining_; }
    /// Whether this client's connection ends with the answer under way. It need not when it
    /// travels.
    [[nodiscard]] bool draining(Client const& client) const;
    /// Draining because a successor has taken over.
    [[nodiscard]] bool leaving() const { return hand_on_ != nullptr; }
    /// True: the connection is on its way to a successor, and closed here.
    bool hand_on(Connection& connection);
    /// The route at exactly this path, or one of that name that nobody else knows.
    [[nodiscard]] RoutePointer route_of_parcel(std::string const& path);
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
    void note_connections();
    /// Watches and starts a new connection; `parcel` is what came with it, or null.
    void add(std::unique_ptr<Connection> connection, Parcel* parcel);
    void pause_accepting();
    void resume_accepting();
    void close_listener();
    void stop_accepting_for_now();
    void apply_updates();
    void apply(Update& update);
    void revoke(Revocation const& revocation);
    void begin_stop(Milliseconds grace);
    void begin_draining(Milliseconds patience);
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
    Recorder recorder_;
    RequestHead request_head_;
    ResponseHead response_head_;
    std::string request_id_prefix_;
    uint64_t requests_ = 0;
    size_t most_connections_ = 0;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<Stopper> stopper_;
    std::vector<Connection*> connections_;
    Tidier tidier_;
    bool draining_ = false;
    HandOn hand_on_;  ///< set while a successor takes what is left

    std::atomic<uint64_t> version_ = 0;  ///< counts pushed updates
    uint64_t seen_version_ = 0;
    std::mutex mutex_;  ///< guards pushed_
    std::vector<Update> pushed_;
};

}  // namespace carrel::proxy
