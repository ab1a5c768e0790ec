#pragma once

/// Threads for work that blocks: the store, password hashing, curl, archives.
///
///     CO_TRY(auto course, co_await pool.run([&] { return store.read(…); }));
///
/// The function may refer to the coroutine's locals: the coroutine waits until it has ended, and is
/// resumed on its own executor. A running function is not interrupted by cancellation.
///
/// A thread of the pool may still let go of that executor after the coroutine has gone on, so a
/// pool is joined, or gone, before the `io_context` of whoever waits for it.

#include "runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <type_traits>

namespace carrel {

class BlockingPool {
public:
    explicit BlockingPool(size_t threads) : pool_(threads) {}

    /// Runs `work`, which returns a Result, on a thread of the pool.
    /// Internal when `work` throws.
    template <class Work>
    auto run(Work work) -> asio::awaitable<std::invoke_result_t<Work&>> {
        using Outcome = std::invoke_result_t<Work&>;
        auto job = [](Work& function) -> asio::awaitable<Outcome> {
            try {
                co_return function();
            } catch (std::exception const& error) {
                co_return fail(Code::Internal, "unexpected: {}", error.what());
            }
        };
        // Cancelling the waiter must not free what `work` still uses, so the wait is not
        // cancellable.
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto outcome = co_await asio::co_spawn(pool_, job(work), asio::use_awaitable);
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        co_return outcome;
    }

    /// Runs `work` without waiting for it.
    template <class Work>
    void post(Work work) {
        asio::post(pool_, std::move(work));
    }

    /// Waits for what is running; nothing new starts.
    void join() { pool_.join(); }

private:
    asio::thread_pool pool_;
};

}  // namespace carrel
