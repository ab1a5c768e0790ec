#include "runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carrel {

void log_task_end(std::string const& name, std::exception_ptr const& exception,
                  Result<> const& result);  // task.cpp

namespace {

/// A cancelled task learns it from the wait that was cancelled, as an error value. Without this,
/// asio would throw at its next co_await, in the middle of whatever it does to end well.
Task<> without_throwing(Task<> task) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_return co_await std::move(task);
}

}  // namespace

struct TaskGroup::State {
    explicit State(asio::any_io_executor where) : executor(where), empty(where) {}

    asio::any_io_executor executor;
    asio::steady_timer empty;  // cancelled when the last task has ended
    std::list<std::shared_ptr<asio::cancellation_signal>> running;
    bool closing = false;
};

void RunningTask::cancel() const {
    if (auto const signal = signal_.lock()) signal->emit(asio::cancellation_type::terminal);
}

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { state_->closing = true; }

size_t TaskGroup::size() const { return state_->running.size(); }

RunningTask TaskGroup::start(std::string name, Task<> task) {
    if (state_->closing) return {};
    auto const signal = std::make_shared<asio::cancellation_signal>();
    auto const place = state_->running.insert(state_->running.end(), signal);
    auto ended = [state = state_, place, name = std::move(name)](
                     std::exception_ptr const& exception, Result<> const& result) {
        log_task_end(name, exception, result);
        state->running.erase(place);
        if (state->running.empty()) state->empty.cancel();
    };
    asio::co_spawn(state_->executor, without_throwing(std::move(task)),
                   asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
    return RunningTask(signal);
}

Task<> TaskGroup::close() {
    state_->closing = true;
    auto const state = state_;
    // A task may be between two waits when the signal is sent; so signal until all have ended.
    while (!state->running.empty()) {
        for (auto signal = state->running.begin(); signal != state->running.end();)
            std::shared_ptr(*signal++)->emit(asio::cancellation_type::terminal);
        if (state->running.empty()) break;
        state->empty.expires_after(Milliseconds(50));
        co_await state->empty.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return Result<>();
}

}  // namespace carrel
