#pragma once

/// Keeps tasks that belong together, and ends them together.
///
/// Owned by whoever starts background work (a server, the dispatcher's loop). Confined to the
/// thread of its executor. Destroy it only after `close()` has ended, or after the io_context has
/// stopped.

#include "runtime/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>

namespace carrel {

class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor);
    ~TaskGroup();
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    /// Starts `task`. After `close()` has begun, the task is dropped unstarted.
    void start(std::string name, Task<> task);

    /// Cancels every task and returns once all have ended. Further calls return at once.
    Task<> close();

    [[nodiscard]] size_t size() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace carrel
