#pragma once

/// One request and its response, between a client and an upstream.
///
/// A state machine without a thread: `step()` does what can be done without waiting, and is called
/// again after each event on either side. Bytes are read from one side only when the other has
/// taken what was read before: that is the whole of backpressure. Owned by its `Connection`.

#include "proxy/data_plane/body.hpp"
#include "proxy/data_plane/splice_pipe.hpp"
#include "proxy/data_plane/upstream.hpp"
#include "proxy/edge_auth.hpp"
#include "proxy/message/rewrite.hpp"
#include "proxy/report/recorder.hpp"
#include "proxy/route_table.hpp"

#include <optional>
#include <string>

namespace carrel::proxy {

class Worker;

/// The client's side of a connection, which lasts longer than an exchange.
struct Client {
    Socket socket;
    Buffer in;            ///< received, not yet used
    Buffer out;           ///< to be sent before anything else
    std::string address;  ///< "192.0.2.1"; "" over a unix socket
};

enum class Outcome : uint8_t {
    Waiting,    ///< nothing more can be done before the next event
    Progress,   ///< call again
    KeepAlive,  ///< done; the client may send its next request
    Close,      ///< done; say goodbye to the client
    Abort,      ///< cut the client off
    Tunnel,     ///< switched protocols: `take_upstream()` and relay bytes
};

class Exchange {
public:
    Exchange(Worker& worker, Client& client, UpstreamUser& user);
    ~Exchange();
    Exchange(Exchange const&) = delete;
    Exchange& operator=(Exchange const&) = delete;

    /// Decides what becomes of the request. `head` refers to the client's buffer, whose bytes the
    /// caller consumes afterwards.
    void start(RequestHead const& head);
    /// Answers a request that is malformed; the connection ends with it.
    void refuse(HeadProblem const& problem);

    Outcome step();
    /// `patience()` has passed without an event.
    Outcome give_up();
    /// How long to wait for the next event; 0 is for ever.
    [[nodiscard]] Milliseconds patience() const;

    /// The client has more to send than was read: closing needs care.
    [[nodiscard]] bool request_unread() const { return !request_body_.done || refused_; }
    [[nodiscard]] EdgeTokenPointer const& token() const { return decision_.token; }
    [[nodiscard]] RoutePointer const& route() const { return route_; }
    /// For the tunnel that goes on with it; null when nobody wants to know.
    [[nodiscard]] std::unique_ptr<Observation> take_observation();
    [[nodiscard]] Upstream* take_upstream() { return std::exchange(upstream_, nullptr); }

private:
    // exchange.cpp: what is decided
    void read_preferences(RequestHead const& head);
    bool answer_locally(RequestHead const& head);
    [[nodiscard]] bool find_route(RequestHead const& head);
    [[nodiscard]] bool authorize(RequestHead const& head);
    void forward(RequestHead const& head);

    // exchange_answer.cpp: what the proxy says itself
    struct Answer {
        unsigned status = 200;
        std::string_view content_type;
        std::string_view body;
        std::string_view fields;  ///< complete further field lines
    };
    void answer(Answer const& answer);
    void answer_error(unsigned status, std::string_view detail);
    void answer_built_in(unsigned status, std::string_view detail);
    [[nodiscard]] bool fetch_error_page(unsigned status);
    [[nodiscard]] std::optional<std::string> read_error_page(unsigned status) const;
    Outcome flush();

    // exchange_https.cpp: the way to TLS
    [[nodiscard]] bool answer_challenge(RequestHead const& head);
    [[nodiscard]] bool lead_to_https(RequestHead const& head);

    // exchange_note.cpp: what is remembered of it
    void note_start(RequestHead const& head);
    void note_error(unsigned status, std::string_view reason);
    void note_end();

    // exchange_request.cpp: towards the upstream
    void connect();
    void lost_upstream();
    [[nodiscard]] bool request_waits() const;
    void drop_upstream();
    bool forward_request();
    bool read_request_body();
    bool write_request();
    void decode_request_body();

    // exchange_response.cpp: towards the client
    bool forward_response();
    [[nodiscard]] bool response_waits() const;
    bool read_response_head();
    void accept_response_head(ResponseHead const& head);
    bool accept_upgrade(ResponseHead const& head);
    bool read_response_body();
    bool write_response();
    void decode_response_body();
    void put_chunk(std::string_view data);
    void finish();

    // exchange_splice.cpp: big bodies, past the program
    [[nodiscard]] bool splices_request();
    bool splice_request();
    [[nodiscard]] bool splices_response();
    bool splice_response();

    Worker& worker_;
    Client& client_;
    UpstreamUser& user_;

    RoutePointer route_;
    EdgeAuth::Decision decision_;
    Observation seen_;
    std::string request_id_;
    std::string target_;  ///< as the client sent it; kept only for --error-target
    std::string host_;    ///< likewise, for --auto-rewrite
    Outcome outcome_ = Outcome::Waiting;

    // The request.
    Body request_body_;
    Buffer request_;              ///< what the upstream gets next, beginning with the head
    SplicePipe request_pipe_;     ///< of a big body, after the head
    uint32_t request_sent_ = 0;   ///< of a bodiless request, which is kept to be sent again
    unsigned minor_version_ = 1;  ///< the client's
    bool keep_alive_ = false;
    bool is_head_ = false;
    bool idempotent_ = false;
    bool may_change_ = false;
    bool bodiless_ = false;
    bool websocket_ = false;
    bool accepts_html_ = false;
    bool refused_ = false;
    bool request_started_ = false;  ///< some of it has been sent upstream
    bool request_done_ = false;     ///< all of it has been
    bool request_broken_ = false;   ///< the upstream reads no more, but may still answer

    // The upstream.
    Upstream* upstream_ = nullptr;
    Target const* upstream_target_ = nullptr;  ///< the route's, or the error target
    int64_t connect_until_ = 0;
    uint32_t address_ = 0;  ///< which of the target's addresses is being tried
    bool retried_ = false;
    unsigned error_status_ = 0;  ///< an error page is being fetched for this status

    // The response.
    HeadScanner scanner_;
    Body response_body_;
    SplicePipe response_pipe_;
    BodyCoding coding_ = BodyCoding::None;
    unsigned status_ = 0;
    bool answered_ = false;          ///< by the proxy itself: `client_.out` is all there is
    bool response_started_ = false;  ///< its head has gone to `client_.out`
    bool upstream_keeps_ = false;    ///< the upstream connection may be used again
};

}  // namespace carrel::proxy
