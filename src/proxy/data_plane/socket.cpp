#include "proxy/data_plane/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>

namespace carrel::proxy {

namespace {

/// Up to this size a copy costs less than giving the system two pieces to collect.
constexpr size_t worth_copying = 4096;

}  // namespace

uint32_t const Socket::events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
uint32_t const Socket::input_events = EPOLLIN | EPOLLRDHUP | EPOLLET;

Result<Socket> Socket::connect(Address const& address) {
    int const family = address.storage.ss_family;
    Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return fail_errno("create a socket");
    if (family != AF_UNIX) {
        int const on = 1;
        setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (::connect(socket.descriptor_, address.get(), address.length) == 0) {
        socket.state_.writable = true;
        return socket;
    }
    if (errno == EINPROGRESS) return socket;
    if (errno == EAGAIN) return fail(Code::LimitReached, "connect: the peer's backlog is full");
    auto const text = describe_errno(errno);
    return fail(Code::Unavailable, "connect: {}", text);
}

bool Socket::finish_connecting() {
    int error = 0;
    socklen_t size = sizeof(error);
    return getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

void Socket::note(uint32_t epoll_events) {
    if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        state_.readable = true;
        if (layer_) layer_->note_input();
    }
    if (epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) state_.writable = true;
    if (epoll_events & (EPOLLRDHUP | EPOLLHUP)) state_.hung_up = true;
    if (epoll_events & EPOLLERR) state_.broken = true;
    if (state_.crossed) {
        state_.readable = state_.writable = true;
        state_.crossed = false;
    }
}

Io Socket::establish() {
    if (!layer_ || layer_->establish() == 0) {
        // What has come meanwhile, and how much can be sent, the first calls will tell.
        if (layer_) state_.readable = state_.writable = true;
        return Io::Progress;
    }
    if (errno == EAGAIN) return Io::Blocked;
    state_.broken = true;
    return Io::Broken;
}

ssize_t Socket::receive(char* bytes, size_t size) {
    if (layer_) return layer_->receive(bytes, size);
    ssize_t count = 0;
    do count = recv(descriptor_, bytes, size, 0);
    while (count < 0 && errno == EINTR);
    return count;
}

/// Sends `size` bytes in `parts`, none of which is empty.
ssize_t Socket::send(iovec const* parts, int count, size_t size) {
    if (layer_) return layer_->send(parts, count);
    ssize_t sent = 0;
    if (count == 1) {
        sent = ::send(descriptor_, parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
    } else {
        msghdr message = {};
        message.msg_iov = const_cast<iovec*>(parts);
        message.msg_iovlen = static_cast<size_t>(count);
        sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    }
    if (sent >= 0 && static_cast<size_t>(sent) < size) state_.writable = false;
    return sent;
}

/// A call got EAGAIN. Where the layer needs the other direction for it, the next event of either
/// kind is what it waits for.
void Socket::remember_crossing() {
    if (layer_) state_.crossed = layer_->crossed();
}

Io Socket::read(Buffer& buffer, BufferPool& pool, size_t size) {
    if (!buffer.reserve(pool, size)) return Io::Blocked;
    auto const room = std::max(size, std::min(buffer.room(), BufferPool::bulk_read));
    auto const count = receive(buffer.tail(), room);
    if (count > 0) {
        buffer.commit(static_cast<size_t>(count));
        // A short read has drained the socket; only a hang-up already announced is still to come.
        bool const drained = layer_ ? !layer_->pending() : static_cast<size_t>(count) < room;
        if (drained && !state_.hung_up) state_.readable = false;
        return Io::Progress;
    }
    int const error = errno;
    if (buffer.empty()) buffer.clear();
    state_.readable = false;
    if (count == 0) {
        state_.ended = true;
        return Io::Ended;
    }
    if (error == EAGAIN) {
        remember_crossing();
        return Io::Blocked;
    }
    state_.broken = true;
    return Io::Broken;
}

Io Socket::failed_write() {
    if (errno == EAGAIN || errno == EINTR) {
        state_.writable = false;
        remember_crossing();
        return Io::Blocked;
    }
    state_.broken = true;
    return Io::Broken;
}

Io Socket::write(std::string_view bytes, uint32_t& sent) {
    bytes.remove_prefix(sent);
    if (bytes.empty()) return Io::Progress;
    iovec const part = {const_cast<char*>(bytes.data()), bytes.size()};
    auto const count = send(&part, 1, bytes.size());
    if (count < 0) return failed_write();
    sent += static_cast<uint32_t>(count);
    return Io::Progress;
}

Io Socket::write(Buffer& first, Buffer& second, uint64_t limit, size_t& of_second) {
    of_second = 0;
    auto const head = first.view();
    auto const body = second.view().substr(0, limit);
    if (!head.empty() && !body.empty() && body.size() <= std::min(worth_copying, first.room())) {
        first.put(body);
        of_second = body.size();
        second.consume(of_second);
        return write(first);
    }
    std::array<iovec, 2> const parts = {iovec{const_cast<char*>(head.data()), head.size()},
                                        iovec{const_cast<char*>(body.data()), body.size()}};
    if (head.empty() && body.empty()) return Io::Progress;
    auto const count = send(head.empty() ? parts.data() + 1 : parts.data(),
                            head.empty() || body.empty() ? 1 : 2, head.size() + body.size());
    if (count < 0) return failed_write();
    auto const written = static_cast<size_t>(count);
    auto const of_first = std::min(written, head.size());
    of_second = written - of_first;
    if (of_first > 0) first.consume(of_first);
    if (of_second > 0) second.consume(of_second);
    return Io::Progress;
}

Io Socket::write(Buffer& buffer) {
    Buffer nothing;
    size_t ignored = 0;
    return write(buffer, nothing, 0, ignored);
}

Io Socket::splice_to(int pipe, size_t size, size_t& moved) {
    moved = 0;
    auto const count = splice(descriptor_, nullptr, pipe, nullptr, size, SPLICE_F_NONBLOCK);
    if (count > 0) {
        // Less than `size` may only mean that the pipe's slots are full of small pieces.
        moved = static_cast<size_t>(count);
        return Io::Progress;
    }
    if (count < 0 && errno == EINTR) return Io::Progress;
    state_.readable = false;
    if (count == 0) {
        state_.ended = true;
        return Io::Ended;
    }
    if (errno == EAGAIN) return Io::Blocked;
    state_.broken = true;
    return Io::Broken;
}

Io Socket::splice_from(int pipe, size_t size, size_t& moved) {
    moved = 0;
    auto const count = splice(pipe, nullptr, descriptor_, nullptr, size, SPLICE_F_NONBLOCK);
    if (count < 0) return failed_write();
    moved = static_cast<size_t>(count);
    return Io::Progress;
}

size_t Socket::discard() {
    std::array<char, 16384> scratch;
    size_t total = 0;
    for (int round = 0; round < 16; ++round) {
        auto const count = receive(scratch.data(), scratch.size());
        if (count <= 0) {
            state_.readable = false;
            if (count == 0)
                state_.ended = true;
            else if (errno == EAGAIN)
                remember_crossing();
            else
                state_.broken = true;
            break;
        }
        total += static_cast<size_t>(count);
    }
    return total;
}

void Socket::shut_down_writing() {
    if (layer_) layer_->shut_down_writing();
    if (descriptor_ >= 0) shutdown(descriptor_, SHUT_WR);
}

void Socket::reset() {
    if (layer_) layer_->reset();
    layer_.reset();
    if (descriptor_ < 0) return;
    linger const now{.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
}

void Socket::close() {
    if (layer_) layer_->close();
    layer_.reset();
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace carrel::proxy
