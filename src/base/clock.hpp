#pragma once

/// The time of day, as an argument: everything that decides by time takes a `Clock` or a `Time`.

#include <chrono>
#include <mutex>

namespace carrel {

/// UTC, to the millisecond. What the store, the API and the domain speak.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

class Clock {
public:
    virtual ~Clock() = default;
    /// May jump in either direction when an operator sets the machine's clock.
    [[nodiscard]] virtual Time now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] Time now() const override {
        return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    }
};

/// A clock that tests move by hand. Thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time start) : now_(start) {}
    [[nodiscard]] Time now() const override {
        std::scoped_lock const lock(mutex_);
        return now_;
    }
    void advance(Milliseconds by) {
        std::scoped_lock const lock(mutex_);
        now_ += by;
    }
    void set(Time time) {
        std::scoped_lock const lock(mutex_);
        now_ = time;
    }

private:
    mutable std::mutex mutex_;
    Time now_;
};

}  // namespace carrel
