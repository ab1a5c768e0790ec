#pragma once

/// Gives memory back to the system once most connections have gone.
///
/// The allocator keeps what was freed for the next time, which is right from one request to the
/// next and wrong after a lecture, when a thousand connections end for the day. Owned by a worker
/// and confined to its thread.

#include "proxy/data_plane/buffer.hpp"
#include "proxy/data_plane/event_loop.hpp"

#include <cstddef>

namespace carrel::proxy {

class Tidier final : public EventHandler {
public:
    /// Fewer than these are not worth the trouble.
    static constexpr size_t many = 256;

    Tidier(EventLoop& loop, BufferPool& buffers) : loop_(loop), buffers_(buffers) {}
    ~Tidier() override { loop_.clear_deadline(*this); }

    /// How many connections there are now.
    void note(size_t connections) {
        connections_ = connections;
        if (connections > most_) most_ = connections;
        if (!waiting_ && is_worth_it()) wait();
    }

    void on_ready(uint32_t) override {}
    void on_deadline() override;

private:
    [[nodiscard]] bool is_worth_it() const { return most_ >= many && connections_ <= most_ / 2; }
    void wait();

    EventLoop& loop_;
    BufferPool& buffers_;
    size_t connections_ = 0;
    size_t most_ = 0;  ///< since memory was given back
    bool waiting_ = false;
};

}  // namespace carrel::proxy
