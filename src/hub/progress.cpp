#include "hub/progress.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carrel {

void ProgressFeed::publish(Progress progress) {
    latest_ = std::move(progress);
    ++version_;
    changed_.cancel();
}

Task<> ProgressFeed::wait_for_change(unsigned seen, Milliseconds patience) {
    if (version_ != seen) co_return Result<>();
    // All watchers wait on one timer. Publishing, and setting it anew for another watcher, wakes
    // them all; they look at the version and wait again, so an early wake-up is harmless.
    changed_.expires_after(patience);
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(Code::Cancelled, "watch progress: cancelled");
    co_return Result<>();
}

}  // namespace carrel
