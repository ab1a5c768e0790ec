#pragma once

/// Threads for work that blocks: the store, password hashing, curl, archives.
///
///     CO_TRY(auto course, co_await pool.run([&] { return store.read(…); }));
///
/// The function may refer to the coroutine's locals: the coroutine waits until it has ended, and is
/// resumed on its own executor. A running function is not interrupted by cancellation.
///
/// What has ended is handed back to that executor, also when nobody waits any more: a pool is
/// joined, or gone, before the `io_context` of whoever waits for it.

#include "runtime/task.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
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
        // Cancelling the waiter must not free what `work` still uses, so the wait is not
        // cancellable.
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto outcome = co_await asio::async_initiate<asio::use_awaitable_t<> const, void(Outcome)>(
            [this, &work](auto waiter) { this->run_for(std::move(waiter), work); },
            asio::use_awaitable);
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
    template <class Work>
    static std::invoke_result_t<Work&> outcome_of(Work& work) {
        try {
            return work();
        } catch (std::exception const& error) {
            return fail(Code::Internal, "unexpected: {}", error.what());
        } catch (...) {
            return fail(Code::Internal, "unexpected: an exception of an unknown kind");
        }
    }

    /// From the waiter's thread to one of the pool and back, and through no other on the way.
    template <class Waiter, class Work>
    void run_for(Waiter waiter, Work& work) {
        auto guard = asio::make_work_guard(asio::get_associated_executor(waiter));
        asio::post(pool_, [guard = std::move(guard), waiter = std::move(waiter), &work]() mutable {
            auto outcome = outcome_of(work);
            auto const executor = guard.get_executor();
            asio::post(executor, [guard = std::move(guard), waiter = std::move(waiter),
                                  outcome = std::move(outcome)]() mutable {
                std::move(waiter)(std::move(outcome));
            });
        });
    }

    asio::thread_pool pool_;
};

}  // namespace carrel
