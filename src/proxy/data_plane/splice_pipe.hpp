#pragma once

/// Bytes in transit that never enter the program: splice(2) moves them from a socket into a pipe
/// and from the pipe into another socket.
///
/// A `SplicePipe` is to the kernel's memory what a `Buffer` is to ours. It takes a pipe from the
/// worker's `PipePool` when it is filled and gives it back with its last byte, so that a transfer
/// that waits for its sender holds none. Confined to the worker's thread.

#include "proxy/data_plane/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace carrel::proxy {

class PipePool;

/// Both ends of one pipe.
struct PipeEnds {
    PipePool* pool;
    int output;
    int input;
    uint32_t capacity;
    uint32_t held;  ///< bytes in it
};

/// Empty pipes for reuse: making one costs as much as moving some tens of kilobytes.
class PipePool {
public:
    /// What one step moves at most, and what a peer that does not read may hold besides its
    /// socket's own buffers. A quarter of it cost a fifth more processor time per byte.
    static constexpr int capacity = 1 << 20;

    /// No more than `most` pipes exist at a time.
    explicit PipePool(size_t most) : most_(most) {}
    ~PipePool();
    PipePool(PipePool const&) = delete;
    PipePool& operator=(PipePool const&) = delete;

    /// Null when there are too many already, or no descriptors are left.
    [[nodiscard]] PipeEnds* take();
    /// Closes a pipe that still holds something: nobody else may read it.
    void give_back(PipeEnds* pipe);
    /// Pipes that transfers hold at present.
    [[nodiscard]] size_t in_use() const { return in_use_; }

private:
    static void close(PipeEnds* pipe);

    size_t const most_;
    std::vector<PipeEnds*> free_;
    size_t in_use_ = 0;
};

class SplicePipe {
public:
    SplicePipe() = default;
    ~SplicePipe() { clear(); }
    SplicePipe(SplicePipe&& other) noexcept : pipe_(std::exchange(other.pipe_, nullptr)) {}
    SplicePipe& operator=(SplicePipe&&) = delete;

    [[nodiscard]] bool empty() const { return pipe_ == nullptr || pipe_->held == 0; }
    [[nodiscard]] size_t size() const { return pipe_ ? pipe_->held : 0; }
    /// Makes it possible to `fill`. False when no pipe can be had: copy the bytes instead.
    [[nodiscard]] bool prepare(PipePool& pool);

    /// Takes at most `limit` bytes out of the socket. Only while empty: a pipe that is full could
    /// not be told from a socket that has nothing more.
    Io fill(Socket& from, uint64_t limit);
    /// Gives what it holds to the socket, as much as that takes; `*moved` says how much.
    Io drain(Socket& to, size_t& moved);
    /// Drops the pipe, with whatever is in it.
    void clear();

private:
    PipeEnds* pipe_ = nullptr;
};

}  // namespace carrel::proxy
