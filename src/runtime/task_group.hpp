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

/// A task of a group, for who may want to end it before its time. Confined like its group, which it
/// may outlive.
class RunningTask {
public:
    RunningTask() = default;
    explicit RunningTask(std::weak_ptr<asio::cancellation_signal> signal)
        : signal_(std::move(signal)) {}

    /// Ends the wait that the task is in. Between two waits it hears nothing, so whoever wants it
    /// to end cancels again until it has.
    void cancel() const;
    [[nodiscard]] bool has_ended() const { return signal_.expired(); }

private:
    std::weak_ptr<asio::cancellation_signal> signal_;
};

class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor);
    ~TaskGroup();
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    /// Starts `task`. After `close()` has begun, the task is dropped unstarted.
    RunningTask start(std::string name, Task<> task);

    /// Cancels every task and returns once all have ended. Further calls return at once.
    Task<> close();

    [[nodiscard]] size_t size() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace carrel
