#pragma once

/// Many timers of which few ever fire: set, moved and cleared in constant time, to a precision of
/// one tick (64 ms). Confined to one thread.

#include <array>
#include <bit>
#include <cstdint>
#include <functional>

namespace carrel::proxy {

/// Part of what it times. Not linked anywhere while it is clear.
struct Timer {
    Timer* previous = nullptr;
    Timer* next = nullptr;
    int64_t deadline = 0;  ///< in milliseconds; 0 when clear
    int64_t tick = 0;      ///< the tick whose slot it is linked in, at or before the deadline's
};

class TimerWheel {
public:
    static constexpr int64_t tick_length = 64;
    static constexpr size_t slot_count = 1024;

    TimerWheel();
    TimerWheel(TimerWheel const&) = delete;
    TimerWheel& operator=(TimerWheel const&) = delete;

    /// Says what time it is before the first timer is set; later calls change nothing.
    void start_at(int64_t now);
    void set(Timer& timer, int64_t deadline);
    void clear(Timer& timer);
    /// Calls `fire` for each timer whose deadline has passed; each is clear by then and may be set
    /// again.
    template <class Fire>
    void advance(int64_t now, Fire fire);
    /// How long epoll_wait may sleep, in milliseconds; -1 when there are no timers.
    [[nodiscard]] int time_to_wait(int64_t now) const;

private:
    void link(Timer& timer, int64_t tick);
    void unlink(Timer& timer);
    [[nodiscard]] static size_t slot_of(int64_t tick) {
        return static_cast<size_t>(tick) % slot_count;
    }

    std::array<Timer, slot_count> slots_;  ///< heads of circular lists
    std::array<uint64_t, slot_count / 64> occupied_ = {};
    int64_t current_ = 0;  ///< the last tick that was handled
};

template <class Fire>
void TimerWheel::advance(int64_t now, Fire fire) {
    int64_t const target = now / tick_length;
    // After a long sleep each slot needs to be visited once only.
    if (target - current_ > static_cast<int64_t>(slot_count))
        current_ = target - static_cast<int64_t>(slot_count);
    while (current_ < target) {
        ++current_;
        Timer& head = slots_[slot_of(current_)];
        if (head.next == &head) continue;
        // What is set while firing goes to another list, so this one only gets shorter.
        Timer due;
        due.next = head.next;
        due.previous = head.previous;
        due.next->previous = due.previous->next = &due;
        head.next = head.previous = &head;
        occupied_[slot_of(current_) / 64] &= ~(1ULL << (slot_of(current_) % 64));
        while (due.next != &due) {
            Timer& timer = *due.next;
            unlink(timer);
            if (timer.deadline > now) {
                auto const deadline = timer.deadline;
                set(timer, deadline);
                continue;
            }
            timer.deadline = 0;
            fire(timer);
        }
    }
}

}  // namespace carrel::proxy
