#pragma once

/// How far a server's start has come, for those who watch it. Confined to the control thread.

#include "runtime/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>
#include <optional>
#include <string>

namespace carrel {

struct Progress {
    int percent = 0;
    std::string message;
    std::optional<size_t> queue_place;  ///< 1 is next; nothing when not waiting in line
    bool ready = false;
    bool failed = false;
    std::string log_tail;  ///< when failed

    [[nodiscard]] bool over() const { return ready || failed; }
};

/// The latest progress, and a way to wait for the next.
class ProgressFeed {
public:
    explicit ProgressFeed(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    void publish(Progress progress);
    [[nodiscard]] Progress const& latest() const { return latest_; }
    [[nodiscard]] unsigned version() const { return version_; }

    /// Returns once the version differs from `seen`, or after `patience`.
    Task<> wait_for_change(unsigned seen, Milliseconds patience);

private:
    Progress latest_;
    unsigned version_ = 0;
    asio::any_io_executor executor_;
    std::list<asio::steady_timer> watchers_;  // one for each, so that none wakes the others
};

}  // namespace carrel
