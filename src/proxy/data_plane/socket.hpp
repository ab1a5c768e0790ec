#pragma once

/// A non-blocking stream socket together with what epoll has said about it.
///
/// Edge-triggered: `readable()` and `writable()` stay true until a call finds that they no longer
/// are, so a busy connection costs no epoll_ctl at all. A `Layer` (TLS, an HTTP/2 stream) may stand
/// between the descriptor and the bytes, or in place of a descriptor. Confined to the worker's
/// thread.

#include "base/result.hpp"
#include "proxy/data_plane/buffer.hpp"
#include "proxy/data_plane/layer.hpp"
#include "proxy/data_plane/target.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace carrel::proxy {

enum class Io : uint8_t {
    Progress,
    Blocked,
    Ended,   ///< the peer has shut its sending side down; everything it sent has been read
    Broken,  ///< reset, or another error
};

class Socket {
public:
    /// The events that every connection is watched for.
    static uint32_t const events;
    /// Without the one that says that it takes more.
    static uint32_t const input_events;

    Socket() = default;
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    /// Without a descriptor, `layer` is all there is.
    explicit Socket(std::unique_ptr<Layer> layer) : layer_(std::move(layer)) {}
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept { *this = std::move(other); }
    Socket& operator=(Socket&& other) noexcept {
        std::swap(layer_, other.layer_);
        std::swap(descriptor_, other.descriptor_);
        std::swap(state_, other.state_);
        return *this;
    }

    /// Begins to connect. Unavailable: refused at once. LimitReached: no descriptor is left, or a
    /// unix socket's backlog is full.
    [[nodiscard]] static Result<Socket> connect(Address const& address);
    /// After the first event of a connecting socket: whether it is connected.
    [[nodiscard]] bool finish_connecting();

    void set_layer(std::unique_ptr<Layer> layer) { layer_ = std::move(layer); }
    /// Null when bytes go to the descriptor as they are.
    [[nodiscard]] Layer* layer() const { return layer_.get(); }
    /// Has the layer finish its handshake. Progress: it has, or there is none to finish.
    Io establish();

    /// -1 when a layer is all there is.
    [[nodiscard]] int descriptor() const { return descriptor_; }
    /// Gives the descriptor away; there must be no layer.
    [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0 || layer_; }
    /// The layer holds bytes that no event will announce.
    [[nodiscard]] bool unread() const { return layer_ && layer_->pending(); }
    [[nodiscard]] bool secure() const { return layer_ && layer_->secure(); }
    /// What the descriptor gives is what the peer meant, so splice(2) may read from it.
    [[nodiscard]] bool plain_input() const { return !layer_; }
    /// What the descriptor is given reaches the peer as it should, so splice(2) may write to it.
    [[nodiscard]] bool plain_output() const { return !layer_ || layer_->transparent(); }
    [[nodiscard]] bool readable() const { return state_.readable; }
    [[nodiscard]] bool writable() const { return state_.writable; }
    /// The peer has shut its sending side down, though there may be something left to read.
    [[nodiscard]] bool hung_up() const { return state_.hung_up; }
    [[nodiscard]] bool ended() const { return state_.ended; }
    [[nodiscard]] bool broken() const { return state_.broken; }

    /// Remembers what epoll_wait(2) said.
    void note(uint32_t epoll_events);

    /// Reads once, at most `size` bytes or what fits, behind what `buffer` holds.
    Io read(Buffer& buffer, BufferPool& pool, size_t size);
    /// Writes `bytes` from `*sent` on and moves `*sent`; nothing left is Progress.
    Io write(std::string_view bytes, uint32_t& sent);
    /// Writes and consumes `first`, then up to `limit` bytes of `second`; `*of_second` says how
    /// many those were. Some of them may be waiting in `first` then.
    Io write(Buffer& first, Buffer& second, uint64_t limit, size_t& of_second);
    Io write(Buffer& buffer);
    /// Moves up to `size` bytes from the socket into an empty pipe, or from a pipe that holds
    /// `size` bytes into the socket; `*moved` says how many.
    Io splice_to(int pipe, size_t size, size_t& moved);
    Io splice_from(int pipe, size_t size, size_t& moved);
    /// Reads and forgets what there is, to let the peer finish; returns how much.
    size_t discard();

    void shut_down_writing();
    /// The peer gets a reset instead of an orderly end, which would look like a complete answer.
    void reset();
    void close();

private:
    ssize_t receive(char* bytes, size_t size);
    ssize_t send(iovec const* parts, int count, size_t size);
    void remember_crossing();
    Io failed_write();

    struct State {
        bool readable : 1 = false;
        bool writable : 1 = false;
        bool hung_up : 1 = false;
        bool ended : 1 = false;
        bool broken : 1 = false;
        bool crossed : 1 = false;  ///< a call of the layer waits for the other direction
    };
    std::unique_ptr<Layer> layer_;
    int descriptor_ = -1;
    State state_;
};

}  // namespace carrel::proxy
