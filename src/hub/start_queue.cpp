#include "hub/start_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carrel {

StartQueue::StartQueue(asio::any_io_executor executor, size_t at_once)
    : executor_(std::move(executor)), at_once_(at_once) {}

std::optional<StartQueue::Slot> StartQueue::enter_at_once() {
    if (busy_ >= at_once_ || !line_.empty()) return std::nullopt;
    ++busy_;
    return Slot(*this);
}

Task<StartQueue::Slot> StartQueue::enter(std::function<void(size_t)> moved) {
    if (auto slot = enter_at_once()) co_return *std::move(slot);
    auto const self = line_.insert(
        line_.end(), Waiter{asio::steady_timer(executor_, asio::steady_timer::time_point::max()),
                            std::move(moved)});
    self->moved(line_.size());
    co_await self->turn.async_wait(asio::as_tuple(asio::use_awaitable));
    bool const admitted = self->admitted;
    line_.erase(self);
    if (!admitted) {
        tell_places();
        co_return fail(Code::Cancelled, "wait for a start: cancelled");
    }
    tell_places();
    co_return Slot(*this);
}

void StartQueue::release() {
    for (auto& waiter : line_) {
        if (waiter.admitted) continue;
        // The place passes on directly, so that nobody who comes now overtakes.
        waiter.admitted = true;
        waiter.turn.cancel();
        return;
    }
    --busy_;
}

void StartQueue::tell_places() {
    size_t place = 0;
    for (auto& waiter : line_)
        if (!waiter.admitted) waiter.moved(++place);
}

}  // namespace carrel
