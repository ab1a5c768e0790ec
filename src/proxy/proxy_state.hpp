#pragma once

/// What a `Proxy` consists of. Private to proxy.cpp and proxy_handover.cpp.

#include "proxy/api/admin_api.hpp"
#include "proxy/api/side_server.hpp"
#include "proxy/data_plane/worker.hpp"
#include "proxy/handover/gate.hpp"
#include "proxy/handover/giver.hpp"
#include "proxy/handover/taker.hpp"
#include "proxy/proxy.hpp"
#include "proxy/report/metrics_page.hpp"
#include "proxy/tls/setup.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace carrel::proxy {

struct Proxy::State final : HandoverSource {
    explicit State(Options given) : options(std::move(given)) {}

    [[nodiscard]] Result<> set_tls_up();
    [[nodiscard]] Result<> listen_for_redirects();
    [[nodiscard]] Result<> serve_metrics();

    void let_others_hold_sockets();
    /// Restores what an earlier process knew.
    void load_routes();
    /// Will follow targets whose host names lead elsewhere later.
    void watch_names();
    /// Keeps the routes on disk from now on.
    [[nodiscard]] Result<> keep_routes();

    /// To every worker, and to a predecessor that still finishes something.
    void push(Update const& update);

    // HandoverSource, for the giver's thread.
    [[nodiscard]] Settled settle() override;
    void unsettle() override;
    [[nodiscard]] std::vector<Parcel> freeze() override;
    void thaw() override;
    void leave(std::function<void(Parcel)> hand_on) override;
    void revoke(Revocation const& revocation) override;
    void report_activity(std::function<void(ActivityMessage const&)> report) override;

    void adopt_later(Parcel parcel);
    void note_activity(ActivityMessage const& message);
    /// Waits, on a thread of its own, until nothing is left to finish.
    void wait_until_drained();
    void set_departure(Departure departure);

    Options options;
    std::unique_ptr<AccessLogWriter> access_log;  ///< workers hand lines over until they are gone
    Options redirect_options;                     ///< of the worker that leads to https
    SystemClock clock;
    unsigned short port = 0;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::thread> threads;
    std::unique_ptr<Worker> redirects;
    std::atomic<TlsServerPointer> api_tls;
    std::unique_ptr<TlsSetup> tls;
    // Everything beside the data plane, on a thread of its own. The loop goes last.
    std::unique_ptr<EventLoop> side_loop;
    std::unique_ptr<AdminApi> api;
    std::unique_ptr<RouteSnapshot> snapshot;
    std::unique_ptr<NameWatch> names;
    std::unique_ptr<HandoverGate> gate;
    std::unique_ptr<SideServer> api_server;
    std::unique_ptr<MetricsPage> metrics;
    std::unique_ptr<SideServer> metrics_server;
    std::filesystem::path own_socket;          ///< to be removed at the end
    std::filesystem::path own_metrics_socket;  ///< likewise
    std::thread side_thread;

    // Handover.
    std::unique_ptr<HandoverTaker> predecessor;
    std::unique_ptr<HandoverGiver> giver;
    std::function<void()> on_departure;
    std::thread drain_thread;
    std::mutex mutex;  ///< guards the next four
    std::condition_variable changed;
    Departure departure = Departure::None;
    bool stopping = false;
    std::function<void(Parcel)> hand_on;  ///< set: a successor serves
    size_t next_worker = 0;               ///< who gets the next adopted connection
};

}  // namespace carrel::proxy
