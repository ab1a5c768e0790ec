#pragma once

/// Where the event loops get their time from, so that tests need not wait for a deadline.
/// Thread-safe.

#include "base/clock.hpp"

#include <atomic>
#include <cstdint>

namespace carrel::proxy {

/// Both in milliseconds.
class TimeSource {
public:
    virtual ~TimeSource() = default;
    /// Since some moment in the past; never goes back.
    [[nodiscard]] virtual int64_t steady() const = 0;
    /// Since 1970; jumps when somebody sets the machine's clock.
    [[nodiscard]] virtual int64_t wall() const = 0;
};

/// Stands still until a test moves it.
class ManualTime final : public TimeSource {
public:
    [[nodiscard]] int64_t steady() const override { return now_.load(); }
    [[nodiscard]] int64_t wall() const override { return 1'800'000'000'000 + now_.load(); }
    void advance(Milliseconds by) { now_ += by.count(); }

private:
    std::atomic<int64_t> now_ = 1'000'000;
};

}  // namespace carrel::proxy
