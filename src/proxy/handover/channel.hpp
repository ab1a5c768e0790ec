#pragma once

/// The line between two proxies of which one takes over from the other: a unix socket that keeps
/// messages apart (SOCK_SEQPACKET) and carries descriptors.
///
/// Every call blocks, with a limit. `send` and `receive` may be used by one thread each;
/// `shut_down` by any, and lets them end.

#include "proxy/handover/message.hpp"

#include <filesystem>
#include <mutex>
#include <span>
#include <vector>

namespace carrel::proxy {

struct Message {
    MessageKind kind = MessageKind::Hello;
    std::string body;
    std::vector<Socket> descriptors;
};

class HandoverChannel {
public:
    explicit HandoverChannel(Socket socket);
    /// Unavailable: nobody listens there.
    [[nodiscard]] static Result<std::unique_ptr<HandoverChannel>> connect(
        std::filesystem::path const& path);

    /// Big messages go in several pieces. Unavailable: the peer has gone. Timeout: it reads
    /// nothing.
    Result<> send(MessageKind kind, std::string_view body, std::span<int const> descriptors = {});
    /// Timeout: nothing came. Unavailable: the peer has gone. InvalidArgument: it is no proxy, or
    /// sends something that is too large.
    [[nodiscard]] Result<Message> receive(Milliseconds patience);
    /// The same; any other kind is an error, which a refusal explains.
    [[nodiscard]] Result<Message> expect(MessageKind kind, Milliseconds patience);

    /// PermissionDenied: the peer is somebody else's process.
    [[nodiscard]] Result<> check_peer() const;
    void shut_down() const;

private:
    Result<> send_piece(std::string_view piece, std::span<int const> descriptors);
    Result<> receive_piece(Message& message, bool& more);

    Socket socket_;
    std::mutex sending_;
};

/// A private socket that waits for successors; replaces a stale one.
[[nodiscard]] Result<Socket> listen_for_successors(std::filesystem::path const& path);

}  // namespace carrel::proxy
