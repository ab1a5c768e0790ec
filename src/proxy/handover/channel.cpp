#include "proxy/handover/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace carrel::proxy {

namespace {

constexpr size_t largest_piece = 32768;
constexpr size_t largest_message = size_t{8} * 1024 * 1024;
constexpr size_t most_descriptors = 2;
constexpr timeval send_patience{.tv_sec = 10, .tv_usec = 0};
constexpr int most_tries = 2000;
constexpr useconds_t try_again_after = 5000;
/// Before each piece: its kind, and whether more of the same message follows.
constexpr size_t header_size = 2;

Socket new_socket() { return Socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)); }

union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> space;
};

/// Everything the kernel has put into our table is owned from here on, whatever comes next.
void collect(msghdr& message, std::vector<Socket>& into) {
    for (auto* each = CMSG_FIRSTHDR(&message); each != nullptr;
         each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
        auto const count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(each) + i * sizeof(int), sizeof(int));
            into.emplace_back(descriptor);
        }
    }
}

}  // namespace

HandoverChannel::HandoverChannel(Socket socket) : socket_(std::move(socket)) {
    setsockopt(socket_.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &send_patience,
               sizeof(send_patience));
}

Result<std::unique_ptr<HandoverChannel>> HandoverChannel::connect(
    std::filesystem::path const& path) {
    TRY(auto const address, unix_address(path.string()));
    auto socket = new_socket();
    if (!socket.is_open() || ::connect(socket.descriptor(), address.get(), address.length) != 0)
        return fail_errno("reach the running proxy at {}", path.string());
    auto channel = std::make_unique<HandoverChannel>(std::move(socket));
    TRY_VOID(channel->check_peer());
    return channel;
}

Result<> HandoverChannel::check_peer() const {
    ucred peer = {};
    socklen_t size = sizeof(peer);
    if (getsockopt(socket_.descriptor(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return fail_errno("look who is at the other end of a handover");
    if (peer.uid != geteuid() && peer.uid != 0)
        return fail(Code::PermissionDenied, "hand over: the peer belongs to user {}", peer.uid);
    return {};
}

Result<> HandoverChannel::send(MessageKind kind, std::string_view body,
                               std::span<int const> descriptors) {
    std::scoped_lock const lock(sending_);
    do {
        auto const part = body.substr(0, largest_piece);
        body.remove_prefix(part.size());
        std::string piece;
        piece.reserve(header_size + part.size());
        piece += static_cast<char>(kind);
        piece += static_cast<char>(body.empty() ? 0 : 1);
        piece += part;
        TRY_VOID(send_piece(piece, descriptors));
        descriptors = {};
    } while (!body.empty());
    return {};
}

Result<> HandoverChannel::send_piece(std::string_view piece, std::span<int const> descriptors) {
    iovec part{const_cast<char*>(piece.data()), piece.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    Control control = {};
    if (!descriptors.empty()) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        auto* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    for (int tries = 0;; ++tries) {
        if (sendmsg(socket_.descriptor(), &message, MSG_NOSIGNAL) >= 0) return {};
        if (errno == EINTR) continue;
        // The kernel bounds how many descriptors may be on their way; the peer takes them out.
        if (errno == ETOOMANYREFS && tries < most_tries) {
            usleep(try_again_after);
            continue;
        }
        if (errno == EAGAIN) return fail(Code::Timeout, "hand over: the peer reads nothing");
        return fail_errno("hand over");
    }
}

Result<Message> HandoverChannel::receive(Milliseconds patience) {
    pollfd event{.fd = socket_.descriptor(), .events = POLLIN, .revents = 0};
    Message message;
    for (bool more = true; more;) {
        int const count = poll(&event, 1, static_cast<int>(patience.count()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("wait for the other side of a handover");
        if (count == 0) return fail(Code::Timeout, "hand over: the peer says nothing");
        TRY_VOID(receive_piece(message, more));
    }
    return message;
}

Result<> HandoverChannel::receive_piece(Message& message, bool& more) {
    std::array<char, header_size + largest_piece> bytes;
    iovec part{bytes.data(), bytes.size()};
    Control control = {};
    msghdr header = {};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = &control;
    header.msg_controllen = sizeof(control);
    ssize_t size = 0;
    do size = recvmsg(socket_.descriptor(), &header, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0) return fail_errno("read from the other side of a handover");
    bool const first = message.body.empty() && message.descriptors.empty();
    auto const had = message.descriptors.size();
    collect(header, message.descriptors);
    if (size == 0) return fail(Code::Unavailable, "hand over: the peer has gone");
    auto const kind = static_cast<uint8_t>(bytes[0]);
    bool const fits =
        (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
        static_cast<size_t>(size) >= header_size && kind >= 1 &&
        kind <= static_cast<uint8_t>(last_message_kind) && (bytes[1] == 0 || bytes[1] == 1) &&
        (first ||
         (kind == static_cast<uint8_t>(message.kind) && message.descriptors.size() == had)) &&
        message.body.size() + static_cast<size_t>(size) <= largest_message;
    if (!fits) return fail(Code::InvalidArgument, "hand over: a malformed message");
    message.kind = static_cast<MessageKind>(kind);
    more = bytes[1] == 1;
    message.body.append(bytes.data() + header_size, static_cast<size_t>(size) - header_size);
    return {};
}

Result<Message> HandoverChannel::expect(MessageKind kind, Milliseconds patience) {
    TRY(auto message, receive(patience));
    if (message.kind == kind) return message;
    if (message.kind == MessageKind::Refusal) {
        TRY(auto const refusal, decode<RefusalMessage>(message.body));
        return fail(Code::Conflict, "the running proxy refuses: {}", refusal.reason);
    }
    return fail(Code::InvalidArgument, "hand over: message {} where {} was expected",
                static_cast<int>(message.kind), static_cast<int>(kind));
}

void HandoverChannel::shut_down() const { shutdown(socket_.descriptor(), SHUT_RDWR); }

Result<Socket> listen_for_successors(std::filesystem::path const& path) {
    TRY(auto const address, unix_address(path.string()));
    auto socket = new_socket();
    if (!socket.is_open()) return fail_errno("create a socket");
    // A predecessor may still listen under this name; it has nothing to hand over any more.
    struct stat status = {};
    if (lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path.c_str());
    if (bind(socket.descriptor(), address.get(), address.length) != 0 ||
        chmod(path.c_str(), 0600) != 0 || listen(socket.descriptor(), 8) != 0)
        return fail_errno("listen for successors on {}", path.string());
    return socket;
}

}  // namespace carrel::proxy
