#pragma once

/// The moment until which an operation may take. Steady: a jump of the machine's clock does not
/// move it.

#include "base/clock.hpp"

#include <algorithm>

namespace carrel {

class Deadline {
public:
    using Steady = std::chrono::steady_clock;

    [[nodiscard]] static Deadline after(Milliseconds duration) {
        return Deadline(Steady::now() + duration);
    }
    [[nodiscard]] bool passed() const { return Steady::now() >= at_; }
    /// Never negative.
    [[nodiscard]] Milliseconds left() const {
        return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(at_ - Steady::now()));
    }
    [[nodiscard]] Steady::time_point at() const { return at_; }

private:
    explicit Deadline(Steady::time_point at) : at_(at) {}
    Steady::time_point at_;
};

}  // namespace carrel
