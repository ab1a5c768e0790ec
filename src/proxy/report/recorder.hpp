#pragma once

/// What a worker remembers of its requests: counters for the metrics, lines for the access log,
/// warnings about errors. Nothing here takes a lock or waits: a counter is written by its worker
/// alone and read by anybody, lines are gathered and handed on in batches. Confined to the worker's
/// thread but for reading the metrics.

#include "proxy/data_plane/event_loop.hpp"
#include "proxy/options.hpp"
#include "proxy/report/access_log.hpp"
#include "proxy/route_table.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::proxy {

/// Written by one thread, read by others.
class Counter {
public:
    void add(uint64_t amount = 1) { set(get() + amount); }
    void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_ = 0;
};

struct Histogram {
    /// Upper bounds in milliseconds, which is as fine as a loop's clock is.
    static constexpr std::array<int64_t, 12> bounds = {1,   2,   5,   10,   25,   50,
                                                       100, 250, 500, 1000, 5000, 30000};
    std::array<Counter, bounds.size() + 1> counts;
    Counter milliseconds;
    void note(int64_t duration);
};

struct WorkerMetrics {
    Counter requests_web;
    Counter requests_ws;
    std::array<Counter, 600> answers;  ///< of targets, and our own errors, by status
    std::array<Histogram, route_classes.size()> durations;
    Counter lookups;
    Counter lookup_nanoseconds;
    Counter bytes_from_clients;
    Counter bytes_to_clients;
    Counter connections;
    Counter open_connections;
    Counter open_tunnels;
    Counter access_lines_lost;
};

/// What is remembered of one request or tunnel.
struct Observation {
    std::string method;  ///< this and the path only where a log wants them
    std::string path;
    std::string request_id;
    RoutePointer route;
    int64_t started = 0;
    uint64_t received = 0;  ///< bytes of the body
    uint64_t sent = 0;
    unsigned status = 0;
    bool websocket = false;
    std::string_view origin;  ///< of an error: "client", "proxy" or "target"; a constant
    std::string_view reason;  ///< a constant
};

class Recorder final : public EventHandler {
public:
    Recorder(EventLoop& loop, Options const& options)
        : loop_(loop), keeps_paths_(options.legacy_log), timed_(options.has_metrics()) {}
    ~Recorder() override { flush(); }

    /// Before the worker's thread begins.
    void write_to(AccessLogWriter& writer) { writer_ = &writer; }
    [[nodiscard]] bool logs() const { return writer_ != nullptr; }
    [[nodiscard]] bool keeps_paths() const { return keeps_paths_ || logs(); }
    /// Somebody wants to know of every request.
    [[nodiscard]] bool active() const { return timed_ || logs(); }
    /// Whether looking a route up is worth two looks at the clock.
    [[nodiscard]] bool timed() const { return timed_; }
    [[nodiscard]] WorkerMetrics& metrics() { return metrics_; }

    /// A request has ended or become a tunnel.
    void count(Observation const& seen);
    /// A request or a tunnel has ended.
    void log(Observation const& seen, std::string_view client);
    /// Says who is to blame, for so many errors in a second and no more.
    void complain(Observation const& seen, std::string_view client);

    void on_ready(uint32_t) override {}
    void on_deadline() override { flush(); }

private:
    void flush();

    EventLoop& loop_;
    bool const keeps_paths_;
    bool const timed_;
    AccessLogWriter* writer_ = nullptr;
    WorkerMetrics metrics_;
    std::string lines_;
    int64_t complained_in_ = 0;  ///< this second
    int complaints_ = 0;
};

/// Measures one look-up of a route, while it lives.
class StopWatch {
public:
    explicit StopWatch(Recorder& recorder) : recorder_(recorder) {
        if (recorder.timed()) begun_ = std::chrono::steady_clock::now();
    }
    ~StopWatch() {
        if (!recorder_.timed()) return;
        auto const elapsed = std::chrono::steady_clock::now() - begun_;
        auto& metrics = recorder_.metrics();
        metrics.lookups.add();
        metrics.lookup_nanoseconds.add(static_cast<uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count()));
    }
    StopWatch(StopWatch const&) = delete;
    StopWatch& operator=(StopWatch const&) = delete;

private:
    Recorder& recorder_;
    std::chrono::steady_clock::time_point begun_;
};

}  // namespace carrel::proxy
