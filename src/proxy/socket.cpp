#include "proxy/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>

namespace carrel::proxy {

uint32_t const Socket::events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

Result<Socket> Socket::connect(Address const& address) {
    int const family = address.storage.ss_family;
    Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return fail_errno("create a socket");
    if (family != AF_UNIX) {
        int const on = 1;
        setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (::connect(socket.descriptor_, address.get(), address.length) == 0 || errno == EINPROGRESS)
        return socket;
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
    if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) state_.readable = true;
    if (epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) state_.writable = true;
    if (epoll_events & (EPOLLRDHUP | EPOLLHUP)) state_.hung_up = true;
    if (epoll_events & EPOLLERR) state_.broken = true;
}

Io Socket::read(Buffer& buffer, BufferPool& pool, size_t size) {
    if (!buffer.reserve(pool, size)) return Io::Blocked;
    auto const room = std::max(size, std::min(buffer.room(), BufferPool::bulk_read));
    ssize_t count = 0;
    do count = recv(descriptor_, buffer.tail(), room, 0);
    while (count < 0 && errno == EINTR);
    if (count > 0) {
        buffer.commit(static_cast<size_t>(count));
        // A short read has drained the socket; only a hang-up already announced is still to come.
        if (static_cast<size_t>(count) < room && !state_.hung_up) state_.readable = false;
        return Io::Progress;
    }
    int const error = errno;
    if (buffer.empty()) buffer.clear();
    state_.readable = false;
    if (count == 0) {
        state_.ended = true;
        return Io::Ended;
    }
    if (error == EAGAIN) return Io::Blocked;
    state_.broken = true;
    return Io::Broken;
}

Io Socket::failed_write() {
    if (errno == EAGAIN || errno == EINTR) {
        state_.writable = false;
        return Io::Blocked;
    }
    state_.broken = true;
    return Io::Broken;
}

Io Socket::write(std::string_view bytes, uint32_t& sent) {
    bytes.remove_prefix(sent);
    if (bytes.empty()) return Io::Progress;
    auto const count = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return failed_write();
    sent += static_cast<uint32_t>(count);
    if (static_cast<size_t>(count) < bytes.size()) state_.writable = false;
    return Io::Progress;
}

Io Socket::write(Buffer& first, Buffer& second, uint64_t limit, size_t& of_second) {
    of_second = 0;
    auto const head = first.view();
    auto const body = second.view().substr(0, limit);
    std::array<iovec, 2> parts = {iovec{const_cast<char*>(head.data()), head.size()},
                                  iovec{const_cast<char*>(body.data()), body.size()}};
    if (head.empty() && body.empty()) return Io::Progress;
    msghdr message = {};
    message.msg_iov = head.empty() ? parts.data() + 1 : parts.data();
    message.msg_iovlen = static_cast<size_t>(head.empty() || body.empty() ? 1 : 2);
    auto const count = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (count < 0) return failed_write();
    auto const written = static_cast<size_t>(count);
    if (written < head.size() + body.size()) state_.writable = false;
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

size_t Socket::discard() {
    std::array<char, 16384> scratch;
    size_t total = 0;
    for (int round = 0; round < 16; ++round) {
        auto const count = recv(descriptor_, scratch.data(), scratch.size(), 0);
        if (count <= 0) {
            state_.readable = false;
            if (count == 0) state_.ended = true;
            if (count < 0 && errno != EAGAIN && errno != EINTR) state_.broken = true;
            break;
        }
        total += static_cast<size_t>(count);
    }
    return total;
}

void Socket::shut_down_writing() { shutdown(descriptor_, SHUT_WR); }

void Socket::reset() {
    linger const now{.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
}

void Socket::close() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace carrel::proxy
