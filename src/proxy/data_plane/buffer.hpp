#pragma once

/// Bytes in transit. An empty `Buffer` is one null pointer and owns no memory, so a thousand idle
/// connections cost a thousand pointers. Blocks come from the worker's `BufferPool` and go back as
/// soon as their last byte is consumed. Confined to the worker's thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::proxy {

class BufferPool;

/// The memory behind a non-empty Buffer; its bytes follow it.
struct BufferBlock {
    BufferPool* pool;
    uint32_t capacity;
    uint32_t begin;
    uint32_t end;
    uint32_t size_class;

    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

/// Free lists of blocks in a few sizes. Last in, first out: the hot blocks stay in the cache.
class BufferPool {
public:
    static constexpr std::array<uint32_t, 4> capacities = {4096, 16384, 65536, 196608};
    /// What one read from a socket asks for: enough for bulk, little enough for many.
    static constexpr size_t small_read = 4096;
    static constexpr size_t bulk_read = 65536;
    static constexpr size_t largest = capacities.back();

    BufferPool() = default;
    ~BufferPool();
    BufferPool(BufferPool const&) = delete;
    BufferPool& operator=(BufferPool const&) = delete;

    /// A block that holds at least `size` bytes, which must not exceed `largest`.
    BufferBlock* take(size_t size);
    void give_back(BufferBlock* block);
    /// Blocks that buffers hold at present.
    [[nodiscard]] size_t in_use() const { return in_use_; }
    /// Blocks that wait for the next buffer.
    [[nodiscard]] size_t spare() const;
    void forget_spares();

private:
    std::array<std::vector<BufferBlock*>, capacities.size()> free_;
    size_t in_use_ = 0;
};

class Buffer {
public:
    Buffer() = default;
    ~Buffer() { clear(); }
    Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }

    [[nodiscard]] bool empty() const { return block_ == nullptr || block_->begin == block_->end; }
    [[nodiscard]] size_t size() const { return block_ ? block_->end - block_->begin : 0; }
    [[nodiscard]] std::string_view view() const {
        return block_ ? std::string_view(block_->bytes() + block_->begin, size())
                      : std::string_view();
    }
    /// How many bytes fit behind the present ones without moving anything.
    [[nodiscard]] size_t room() const { return block_ ? block_->capacity - block_->end : 0; }
    [[nodiscard]] char* tail() { return block_->bytes() + block_->end; }

    /// Makes room for `size` more bytes, moving to a bigger block when needed. False when the
    /// content would exceed the largest block.
    [[nodiscard]] bool reserve(BufferPool& pool, size_t size);
    /// `size` bytes have been written at `tail()`.
    void commit(size_t size) { block_->end += static_cast<uint32_t>(size); }
    /// `size` bytes at the front are done with.
    void consume(size_t size) {
        block_->begin += static_cast<uint32_t>(size);
        if (block_->begin == block_->end) clear();
    }
    [[nodiscard]] bool append(BufferPool& pool, std::string_view bytes) {
        if (bytes.empty()) return true;
        if (room() < bytes.size() && !reserve(pool, bytes.size())) return false;
        put(bytes);
        return true;
    }
    /// Appends what there is room for.
    void put(std::string_view bytes) {
        std::memcpy(tail(), bytes.data(), bytes.size());
        commit(bytes.size());
    }
    /// Returns the block even though bytes may be left.
    void clear();

private:
    BufferBlock* block_ = nullptr;
};

}  // namespace carrel::proxy
