#pragma once

/// An HTTP/2 connection with a client (RFC 9113, 8441), from its preface to its end.
///
/// libnghttp2 knows the frames; the session feeds it what the client sends, keeps the streams, and
/// writes what it has to say. Streams become inner connections, which the worker counts and closes
/// like others. Owned by the client's `Connection` and confined to its worker's thread.

#include "proxy/data_plane/exchange.hpp"
#include "proxy/http2/frames.hpp"
#include "proxy/http2/guard.hpp"
#include "proxy/http2/request.hpp"
#include "proxy/http2/stream.hpp"

#include <array>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

struct nghttp2_session;

namespace carrel::proxy {

class Http2Session {
public:
    // Error codes of RFC 9113 section 7.
    static constexpr uint32_t internal_error = 0x2;
    static constexpr uint32_t refused_stream = 0x7;
    static constexpr uint32_t cancel = 0x8;

    static constexpr uint32_t most_streams = 128;
    /// What one stream, and all of them, may send before an upstream has taken any of it.
    static constexpr int32_t stream_window = 131072;
    static constexpr int32_t connection_window = 1 << 20;

    /// `client.in` begins with the client's preface. Nothing else of `outer` is used than that it
    /// can be deferred.
    Http2Session(Worker& worker, Client& client, EventHandler& outer);
    ~Http2Session();
    Http2Session(Http2Session const&) = delete;
    Http2Session& operator=(Http2Session const&) = delete;

    /// Whether `bytes`, the first of a connection, are the preface; nothing while they may become
    /// it.
    [[nodiscard]] static std::optional<bool> is_preface(std::string_view bytes);

    /// Does what can be done without waiting.
    Outcome step();
    /// How long to wait for the next event; 0 is for ever.
    [[nodiscard]] Milliseconds patience() const;
    /// `patience()` has passed without an event.
    Outcome give_up();
    /// Takes no more streams and ends after those that it has.
    void drain();
    /// Nothing would be lost by cutting it off that the inner connections do not account for.
    [[nodiscard]] bool quiet() const;
    /// The end was no error, after which the client may still be sending.
    [[nodiscard]] bool orderly() const { return orderly_; }

    // For its streams.
    [[nodiscard]] Worker& worker() { return worker_; }
    [[nodiscard]] Client const& client() const { return client_; }
    bool respond(Http2Stream& stream, ResponseHead const& head);
    void resume(Http2Stream& stream);
    void reset_stream(int32_t id, uint32_t error);
    /// An inner connection has taken `size` bytes of a request's body.
    void consumed(int32_t id, size_t size);
    /// `stream.serve()` is to be called soon.
    void queue(Http2Stream& stream);
    /// A stream may have been left by its last user.
    void release();
    /// The client is still to take what a stream has, whose inner connection has finished.
    void look_after_orphans();
    /// Has `step` called soon.
    void wake();

private:
    friend struct Http2Callbacks;

    bool receive();
    void take(std::string_view bytes);
    void check(Http2FrameHead const& head);
    void check_stream(Http2FrameHead const& head);
    void count_useless();
    void remember(Http2Stream const& stream);
    bool serve();
    bool make_frames();
    bool flush();
    void sweep();
    void end_by(uint32_t error);

    Worker& worker_;
    Client& client_;
    EventHandler& outer_;
    nghttp2_session* session_ = nullptr;
    std::unordered_map<int32_t, std::unique_ptr<Http2Stream>> streams_;
    std::vector<Http2Stream*> queue_;  ///< to be served
    Http2Request request_;             ///< the header block that is arriving
    Http2FrameReader frames_;
    Http2Guard guard_;
    /// The last streams that ended, in a ring: by what the client had done, or by us, and then
    /// negative.
    std::array<int32_t, 32> ended_ = {};
    uint32_t ended_count_ = 0;
    int32_t last_stream_ = 0;
    int64_t idle_until_;       ///< while there are no streams
    int64_t head_until_ = 0;   ///< 0: no header block is arriving
    int32_t head_stream_ = 0;  ///< whose header block that is
    int64_t write_until_ = 0;
    int64_t look_at_ = 0;  ///< when orphaned streams are looked at
    bool stepping_ = false;
    bool sweeping_ = false;  ///< some streams may be finished
    bool failed_ = false;
    bool orderly_ = false;
    bool drained_ = false;
    bool broken_ = false;  ///< nothing more can be said to the client
    bool over_ = false;    ///< libnghttp2 takes no more input
};

}  // namespace carrel::proxy
