#pragma once

/// Counts the frames by which a client makes us work without asking for anything: resets, pings,
/// settings, empty data and the like. Honest clients send a few with each request; who sends
/// hundreds in a row loses the connection. Part of an `Http2Session`.

#include <algorithm>
#include <cstdint>

namespace carrel::proxy {

class Http2Guard {
public:
    /// So many in a row are forgiven; then so many each second.
    static constexpr int64_t burst = 500;
    static constexpr int64_t each_second = 20;

    explicit Http2Guard(int64_t now) : last_(now) {}

    /// One frame of that sort, at `now` milliseconds. False: that was one too many.
    [[nodiscard]] bool spend(int64_t now) {
        auto const seconds = (now - last_) / 1000;
        if (seconds > 0) {
            last_ += seconds * 1000;
            earn(seconds * each_second);
        }
        return --left_ >= 0;
    }
    /// The client has let us do something useful, which brings some such frames with it.
    void earn(int64_t count) { left_ = std::min(burst, std::max<int64_t>(left_, 0) + count); }

private:
    int64_t last_;
    int64_t left_ = burst;
};

}  // namespace carrel::proxy
