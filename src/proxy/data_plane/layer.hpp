#pragma once

/// What may stand between a `Socket` and the bytes of HTTP: TLS, or one stream of an HTTP/2
/// connection.
///
/// A layer answers as the system calls do, so that everything above works with it and without it:
/// -1 and `errno`, EAGAIN when an event has to come first. Whoever makes a layer without a
/// descriptor tells the socket's handler of its events by `EventHandler::on_ready`, in epoll's
/// words. Owned by its `Socket` and confined to the worker's thread.

#include <sys/types.h>
#include <sys/uio.h>
#include <cstddef>
#include <string>
#include <string_view>

namespace carrel::proxy {

class Layer {
public:
    Layer() = default;
    virtual ~Layer() = default;
    Layer(Layer const&) = delete;
    Layer& operator=(Layer const&) = delete;

    /// 0 once bytes can be received and sent, a handshake being over; else -1 and errno.
    virtual int establish() { return 0; }
    /// As recv(2): 0 is the peer's orderly end.
    virtual ssize_t receive(char* bytes, size_t size) = 0;
    /// As writev(2), `parts` not being empty. Taking only some of it does not mean that more would
    /// be refused. After EAGAIN the same bytes come again, perhaps with more behind them.
    virtual ssize_t send(iovec const* parts, int count) = 0;
    /// An event says that there may be something to receive, whatever was known before.
    virtual void note_input() {}
    /// After a `receive` that gave bytes: whether there may be more without another event.
    [[nodiscard]] virtual bool pending() const = 0;
    /// After EAGAIN: a `receive` waits until it can send, or a `send` until it can receive.
    [[nodiscard]] virtual bool crossed() const { return false; }

    /// Tells the peer that nothing more comes.
    virtual void shut_down_writing() = 0;
    /// Tells the peer that the connection ends in good order; destruction follows.
    virtual void close() = 0;
    /// Instead of `close`: what was sent must not look complete.
    virtual void reset() {}

    /// Nobody between the client and us can read along.
    [[nodiscard]] virtual bool secure() const = 0;
    /// The protocol above, when both sides agreed on one: "h2", "http/1.1".
    [[nodiscard]] virtual std::string_view protocol() const { return {}; }
    /// The kernel does the layer's work: bytes may be sent to the descriptor itself, by splice(2).
    [[nodiscard]] virtual bool transparent() const { return false; }
    /// Why it is broken, for the log.
    [[nodiscard]] virtual std::string problem() const { return {}; }
};

}  // namespace carrel::proxy
