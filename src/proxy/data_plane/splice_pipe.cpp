#include "proxy/data_plane/splice_pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace carrel::proxy {

namespace {

constexpr size_t kept = 8;

}  // namespace

PipePool::~PipePool() {
    for (auto* pipe : free_) close(pipe);
}

PipeEnds* PipePool::take() {
    if (!free_.empty()) {
        auto* const pipe = free_.back();
        free_.pop_back();
        ++in_use_;
        return pipe;
    }
    std::array<int, 2> ends = {};
    if (in_use_ >= most_ || pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
    // An unprivileged user who has many pipes gets small ones; those work, too.
    fcntl(ends[1], F_SETPIPE_SZ, capacity);
    auto const size = fcntl(ends[1], F_GETPIPE_SZ);
    ++in_use_;
    return new PipeEnds{this, ends[0], ends[1], static_cast<uint32_t>(std::max(size, 4096)), 0};
}

void PipePool::give_back(PipeEnds* pipe) {
    --in_use_;
    if (pipe->held == 0 && free_.size() < kept)
        free_.push_back(pipe);
    else
        close(pipe);
}

void PipePool::close(PipeEnds* pipe) {
    ::close(pipe->output);
    ::close(pipe->input);
    delete pipe;
}

bool SplicePipe::prepare(PipePool& pool) {
    if (pipe_ == nullptr) pipe_ = pool.take();
    return pipe_ != nullptr;
}

Io SplicePipe::fill(Socket& from, uint64_t limit) {
    size_t moved = 0;
    auto const wanted = static_cast<size_t>(std::min<uint64_t>(limit, pipe_->capacity));
    auto const io = from.splice_to(pipe_->input, wanted, moved);
    pipe_->held = static_cast<uint32_t>(moved);
    if (moved == 0) clear();
    return io;
}

Io SplicePipe::drain(Socket& to, size_t& moved) {
    auto const io = to.splice_from(pipe_->output, pipe_->held, moved);
    pipe_->held -= static_cast<uint32_t>(moved);
    if (pipe_->held == 0) clear();
    return io;
}

void SplicePipe::clear() {
    if (auto* const pipe = std::exchange(pipe_, nullptr)) pipe->pool->give_back(pipe);
}

}  // namespace carrel::proxy
