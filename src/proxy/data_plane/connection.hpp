#pragma once

/// A client's connection, from accept to close: one request after the other, or a tunnel at last;
/// or many streams of HTTP/2, each of which is again such a connection, without a descriptor.
///
/// Pipelined requests wait in the socket and are answered in order. An idle connection owns no
/// buffer and no exchange. Belongs to a worker and is confined to its thread.

#include "proxy/data_plane/event_loop.hpp"
#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/tunnel.hpp"
#include "proxy/http2/session.hpp"

#include <memory>
#include <string>

namespace carrel::proxy {

class Connection final : public EventHandler, public UpstreamUser {
public:
    Connection(Worker& worker, Socket socket, std::string address);

    void on_ready(uint32_t events) override;
    void on_deadline() override;

    /// Waits for the first request.
    void start();
    /// Answers a request that was refused before it came here, and closes.
    void start_refused(HeadProblem const& problem);
    /// The proxy is stopping: an idle connection closes now, a busy one after its answer.
    void drain();
    // Handover (handover/connection.cpp). What can travel is an idle connection or a tunnel,
    // without a layer on either side.
    [[nodiscard]] bool can_travel() const;
    /// Takes the connection out of the loop until `thaw` or `close`; nothing when it cannot travel.
    [[nodiscard]] std::optional<Parcel> freeze();
    void thaw();
    [[nodiscard]] bool is_frozen() const { return frozen_; }
    /// Fills a new connection. False: there is no descriptor or memory for it.
    [[nodiscard]] bool adopt(Parcel& parcel);
    /// What it uses at present; null when that is nothing.
    [[nodiscard]] Route const* route() const;

    /// The end of the proxy need not wait for it.
    [[nodiscard]] bool is_tunnel() const {
        return tunnel_ != nullptr || (http2_ != nullptr && http2_->quiet());
    }
    /// With whose token it was opened; null when no token was needed or nothing is under way.
    [[nodiscard]] EdgeTokenPointer token() const;
    /// At once, both sides; the object lives until the round of events ends.
    void close();

private:
    friend class Worker;
    enum class State : uint8_t { Handshake, Head, Exchange, Tunnel, Http2, Lingering, Closed };

    void on_upstream_ready() override { advance(); }
    void advance();
    /// True when calling it again may do more.
    bool step();
    bool shake_hands();
    bool read_head();
    bool read_more_head();
    bool begin_http2();
    bool begin_exchange(std::string_view bytes);
    void refuse(HeadProblem const& problem);
    bool step_exchange();
    bool step_tunnel();
    bool step_http2();
    [[nodiscard]] bool may_be_http2() const;
    bool linger();
    void expect_request();
    [[nodiscard]] bool is_newcomer() const;
    void say_goodbye(bool unread);
    /// Resets the client's socket; `close` has to follow.
    void cut_off();
    void set_patience(Milliseconds patience);

    Worker& worker_;
    Client client_;
    std::unique_ptr<Exchange> exchange_;
    std::unique_ptr<Tunnel> tunnel_;
    std::unique_ptr<Http2Session> http2_;
    HeadScanner scanner_;
    uint32_t index_ = 0;  ///< where the worker keeps it
    State state_ = State::Head;
    bool first_ = true;        ///< no request has been read yet
    bool head_begun_ = false;  ///< the first byte of the next head has arrived
    bool advancing_ = false;
    bool frozen_ = false;  ///< it may be on its way to another process
};

}  // namespace carrel::proxy
