#pragma once

/// Lets at most so many servers start at once; the others wait in line and know their place.
/// Confined to the control thread.

#include "runtime/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <optional>

namespace carrel {

class StartQueue {
public:
    StartQueue(asio::any_io_executor executor, size_t at_once);

    /// The right to start one server; gives its place to the next in line when destroyed.
    class Slot {
    public:
        explicit Slot(StartQueue& queue) : queue_(&queue) {}
        Slot(Slot&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
        Slot& operator=(Slot&&) = delete;
        ~Slot() {
            if (queue_ != nullptr) queue_->release();
        }

    private:
        StartQueue* queue_;
    };

    /// Nothing: one has to stand in line.
    [[nodiscard]] std::optional<Slot> enter_at_once();
    /// Waits for its turn. `moved` is called with the place in line (1 is next) each time it
    /// changes. Cancelled: the task was cancelled while it waited.
    Task<Slot> enter(std::function<void(size_t place)> moved);

    [[nodiscard]] size_t waiting() const { return line_.size(); }
    [[nodiscard]] size_t starting() const { return busy_; }

private:
    struct Waiter {
        asio::steady_timer turn;
        std::function<void(size_t)> moved;
        bool admitted = false;
    };
    void release();
    void tell_places();

    asio::any_io_executor executor_;
    size_t at_once_;
    size_t busy_ = 0;
    std::list<Waiter> line_;
};

}  // namespace carrel
