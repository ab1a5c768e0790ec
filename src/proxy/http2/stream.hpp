#pragma once

/// One request and its response on an HTTP/2 connection, as the socket of an ordinary `Connection`.
///
/// The inner connection reads the request as HTTP/1.1 text and writes the response as such; what it
/// has not read keeps the client's window closed, and what the client does not take keeps the inner
/// connection from writing. So routing, authorization, rewriting, limits and backpressure are those
/// of HTTP/1.1. Owned by its `Http2Session`, and alive until both sides have done with it.

#include "proxy/data_plane/buffer.hpp"
#include "proxy/data_plane/layer.hpp"
#include "proxy/http2/request.hpp"
#include "proxy/http2/response.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace carrel::proxy {

class Connection;
class Http2Session;

class Http2Stream {
public:
    Http2Stream(Http2Session& session, int32_t id) : session_(session), id_(id) {}
    ~Http2Stream();
    Http2Stream(Http2Stream const&) = delete;
    Http2Stream& operator=(Http2Stream const&) = delete;

    [[nodiscard]] int32_t id() const { return id_; }
    /// An extended CONNECT.
    [[nodiscard]] bool is_upgrade() const {
        return response_ && response_->kind() == Http2Response::Kind::Tunnel;
    }
    [[nodiscard]] bool is_tunnel() const { return response_ && response_->tunnel(); }
    /// The session has no such stream any more.
    [[nodiscard]] bool gone() const { return gone_; }
    /// Neither the session nor an inner connection needs it any more.
    [[nodiscard]] bool finished() const { return gone_ && inner_ == nullptr; }
    /// The inner connection has finished, and the client has not yet taken all that it left.
    [[nodiscard]] bool orphaned() const { return detached_ && !gone_; }
    [[nodiscard]] int64_t moved_at() const { return moved_at_; }

    // What the client does, told by the session's callbacks. Nothing of this calls the inner
    // connection: the session does so later, by `serve`.
    void take_head(Http2Request::Head head);
    /// A request that is to be answered with a refusal.
    void take_problem(HeadProblem const& problem);
    void take_data(std::string_view bytes);
    void take_end() { request_ended_ = true; }
    /// The session has no such stream any more.
    void take_close();

    /// Lets the inner connection do what has become possible, after starting it.
    void serve();
    /// Closes the inner connection, for the client has gone.
    void end();

    // For the session, which makes frames of it.
    [[nodiscard]] Buffer& out() { return out_; }
    [[nodiscard]] bool out_ended() const { return out_ended_; }
    [[nodiscard]] bool request_ended() const { return request_ended_; }
    /// We have cut it off ourselves, which is no fault of the client's.
    [[nodiscard]] bool cut_by_us() const { return cut_by_us_; }
    /// We have sent RST_STREAM, whatever the reason: more of it may be on its way already.
    void note_reset() { reset_by_us_ = true; }
    [[nodiscard]] bool reset_by_us() const { return reset_by_us_; }
    void sent(size_t size);

    bool queued = false;    ///< for `serve`
    bool deferred = false;  ///< the session waits for more to send

private:
    class Adapter;
    void start();
    [[nodiscard]] ssize_t receive(char* bytes, size_t size);
    [[nodiscard]] ssize_t receive_chunk(char* bytes, size_t size);
    [[nodiscard]] bool pending() const;
    [[nodiscard]] bool at_end() const;
    ssize_t send(iovec const* parts, int count);
    /// How many of the bytes were taken; less than all when `out_` is full; -1 with errno.
    ssize_t write(std::string_view bytes);
    bool take_part(Http2Response::Step const& step, ResponseHead const& head);
    void end_writing();
    void detach(bool orderly);
    void cut(uint32_t error);

    Http2Session& session_;
    Connection* inner_ = nullptr;
    std::string head_;  ///< the request's, as far as it has not been read
    Buffer in_;         ///< what of the request's body has not been read
    Buffer out_;        ///< what of the response's body has not been sent
    std::optional<Http2Response> response_;
    std::optional<HeadProblem> problem_;
    int64_t moved_at_ = 0;  ///< when the client last took something
    int32_t const id_;
    bool chunked_ = false;
    bool request_ended_ = false;
    bool last_chunk_read_ = false;
    bool out_ended_ = false;
    bool write_blocked_ = false;
    bool detached_ = false;  ///< the inner connection has come and gone
    bool gone_ = false;
    bool cut_ = false;  ///< gone before it was complete
    bool cut_by_us_ = false;
    bool reset_by_us_ = false;
};

}  // namespace carrel::proxy
