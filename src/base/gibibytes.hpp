#pragma once

/// How much memory or storage is, from how people say it to how the kernel counts it. Pure.

#include <cmath>

namespace carrel {

[[nodiscard]] inline long long bytes_of_gib(double gib) {
    return std::llround(gib * 1024 * 1024 * 1024);
}

}  // namespace carrel
