#pragma once

/// One thread's events: descriptors by epoll (edge-triggered), one timer per handler, and work
/// posted from other threads. Each proxy worker owns one; only `post` and `stop` may be called from
/// elsewhere.

#include "base/clock.hpp"
#include "base/result.hpp"
#include "proxy/data_plane/time_source.hpp"
#include "proxy/data_plane/timer_wheel.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace carrel::proxy {

class EventLoop;

/// Something with a descriptor and a deadline. It is destroyed through `EventLoop::retire`, because
/// events for it may still be under way in the current round.
class EventHandler : private Timer {
public:
    EventHandler() = default;
    virtual ~EventHandler() = default;
    EventHandler(EventHandler const&) = delete;
    EventHandler& operator=(EventHandler const&) = delete;

    /// `events` as epoll_wait(2) gave them; 0 when called because of `EventLoop::defer`.
    virtual void on_ready(uint32_t events) = 0;
    virtual void on_deadline() = 0;

private:
    friend class EventLoop;
    bool deferred_ = false;
};

class EventLoop {
public:
    /// `time`: null is the system's.
    [[nodiscard]] static Result<std::unique_ptr<EventLoop>> create(
        TimeSource const* time = nullptr);
    ~EventLoop();
    EventLoop(EventLoop const&) = delete;
    EventLoop& operator=(EventLoop const&) = delete;

    /// Watches `descriptor` until it is closed.
    [[nodiscard]] Result<> watch(int descriptor, EventHandler& handler, uint32_t events);
    /// Watches for other events from now on, and says at once which of them are there.
    void rewatch(int descriptor, EventHandler& handler, uint32_t events);
    void unwatch(int descriptor);
    /// Before a watched descriptor is closed. Closing ends the watch only when no other process
    /// holds the same socket, as a predecessor does for a moment, or a child between fork and exec.
    void before_close(int descriptor) {
        if (others_hold_) unwatch(descriptor);
    }
    /// From now on that may be so. Before `run`.
    void let_others_hold() { others_hold_ = true; }

    /// Calls `handler.on_ready(0)` after the current round: how a busy connection lets others on.
    void defer(EventHandler& handler);
    /// Calls `handler.on_deadline()` after `delay`, once; replaces an earlier deadline.
    void set_deadline(EventHandler& handler, Milliseconds delay);
    void clear_deadline(EventHandler& handler);
    /// Destroys the handler when no event of this round can refer to it any more.
    void retire(std::unique_ptr<EventHandler> handler);

    /// Runs `work` on the loop's thread, soon. Thread-safe.
    void post(std::move_only_function<void()> work);
    /// Ends `run()` after the current round. Thread-safe.
    void stop();
    void run();

    /// The steady clock in milliseconds, read once per round.
    [[nodiscard]] int64_t now() const { return now_; }
    /// The time of day in milliseconds since 1970, read once per round.
    [[nodiscard]] int64_t wall_time() const { return wall_time_; }

private:
    EventLoop(int epoll, int wakeup, TimeSource const* time);
    void run_posted();
    void run_deferred();
    void read_clocks();
    [[nodiscard]] int time_to_wait() const;

    int const epoll_;
    int const wakeup_;
    TimeSource const* const time_;
    int64_t now_ = 0;
    int64_t wall_time_ = 0;
    TimerWheel timers_;
    std::vector<EventHandler*> deferred_;
    std::vector<std::unique_ptr<EventHandler>> retired_;
    bool others_hold_ = false;
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;  ///< guards posted_
    std::vector<std::move_only_function<void()>> posted_;
};

}  // namespace carrel::proxy
