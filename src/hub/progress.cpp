#include "hub/progress.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carrel {

void ProgressFeed::publish(Progress progress) {
    latest_ = std::move(progress);
    ++version_;
    for (auto& watcher : watchers_) watcher.cancel();
}

Task<> ProgressFeed::wait_for_change(unsigned seen, Milliseconds patience) {
    if (version_ != seen) co_return Result<>();
    auto const watcher = watchers_.emplace(watchers_.end(), executor_, patience);
    co_await watcher->async_wait(asio::as_tuple(asio::use_awaitable));
    watchers_.erase(watcher);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(Code::Cancelled, "watch progress: cancelled");
    co_return Result<>();
}

}  // namespace carrel
