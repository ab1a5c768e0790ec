#include "proxy/data_plane/buffer.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace carrel::proxy {

namespace {

/// How many free blocks of each size are kept for reuse.
constexpr std::array<size_t, 4> kept = {1024, 256, 64, 4};

}  // namespace

BufferPool::~BufferPool() { forget_spares(); }

size_t BufferPool::spare() const {
    size_t count = 0;
    for (auto const& list : free_) count += list.size();
    return count;
}

void BufferPool::forget_spares() {
    for (auto& list : free_) {
        for (auto* block : list) std::free(block);
        list = {};
    }
}

BufferBlock* BufferPool::take(size_t size) {
    uint32_t size_class = 0;
    while (capacities.at(size_class) < size) ++size_class;
    ++in_use_;
    auto& list = free_[size_class];
    if (!list.empty()) {
        auto* block = list.back();
        list.pop_back();
        block->begin = block->end = 0;
        return block;
    }
    void* memory = std::malloc(sizeof(BufferBlock) + capacities[size_class]);
    if (memory == nullptr) throw std::bad_alloc();
    return new (memory) BufferBlock{this, capacities[size_class], 0, 0, size_class};
}

void BufferPool::give_back(BufferBlock* block) {
    --in_use_;
    auto& list = free_[block->size_class];
    if (list.size() < kept[block->size_class])
        list.push_back(block);
    else
        std::free(block);
}

bool Buffer::reserve(BufferPool& pool, size_t size) {
    if (room() >= size) return true;
    auto const content = view();
    auto const needed = content.size() + size;
    if (needed > BufferPool::largest) return false;
    if (block_ && block_->capacity >= needed) {
        std::memmove(block_->bytes(), content.data(), content.size());
        block_->begin = 0;
        block_->end = static_cast<uint32_t>(content.size());
        return true;
    }
    auto* bigger = pool.take(needed);
    if (!content.empty()) std::memcpy(bigger->bytes(), content.data(), content.size());
    bigger->end = static_cast<uint32_t>(content.size());
    clear();
    block_ = bigger;
    return true;
}

void Buffer::clear() {
    if (block_ == nullptr) return;
    block_->pool->give_back(block_);
    block_ = nullptr;
}

}  // namespace carrel::proxy
