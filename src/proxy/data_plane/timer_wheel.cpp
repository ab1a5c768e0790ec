#include "proxy/data_plane/timer_wheel.hpp"

#include <algorithm>

namespace carrel::proxy {

TimerWheel::TimerWheel() {
    for (auto& head : slots_) head.next = head.previous = &head;
}

void TimerWheel::start_at(int64_t now) {
    if (current_ == 0) current_ = now / tick_length;
}

void TimerWheel::set(Timer& timer, int64_t deadline) {
    timer.deadline = deadline;
    // Rounded up, so that a timer never fires early; never the slot that is being handled.
    auto const due = (deadline + tick_length - 1) / tick_length;
    auto const tick =
        std::clamp(due, current_ + 1, current_ + static_cast<int64_t>(slot_count) - 1);
    if (timer.next != nullptr) {
        // Most deadlines only move later: the timer stays where it is and moves when it is visited.
        if (timer.tick <= tick) return;
        unlink(timer);
    }
    link(timer, tick);
}

void TimerWheel::clear(Timer& timer) {
    timer.deadline = 0;
    if (timer.next != nullptr) unlink(timer);
}

void TimerWheel::link(Timer& timer, int64_t tick) {
    auto const slot = slot_of(tick);
    Timer& head = slots_[slot];
    timer.tick = tick;
    timer.previous = head.previous;
    timer.next = &head;
    head.previous->next = &timer;
    head.previous = &timer;
    occupied_[slot / 64] |= 1ULL << (slot % 64);
}

void TimerWheel::unlink(Timer& timer) {
    timer.previous->next = timer.next;
    timer.next->previous = timer.previous;
    timer.previous = timer.next = nullptr;
    auto const slot = slot_of(timer.tick);
    if (slots_[slot].next == &slots_[slot]) occupied_[slot / 64] &= ~(1ULL << (slot % 64));
}

int TimerWheel::time_to_wait(int64_t now) const {
    auto const first = slot_of(current_ + 1);
    for (size_t step = 0; step < slot_count;) {
        auto const slot = (first + step) % slot_count;
        auto const word = occupied_[slot / 64] >> (slot % 64);
        if (word == 0) {
            step += 64 - slot % 64;
            continue;
        }
        step += static_cast<size_t>(std::countr_zero(word));
        auto const when = (current_ + 1 + static_cast<int64_t>(step)) * tick_length;
        return static_cast<int>(std::max<int64_t>(0, when - now));
    }
    return -1;
}

}  // namespace carrel::proxy
