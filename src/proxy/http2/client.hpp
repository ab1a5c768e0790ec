#pragma once

/// For tests: a client that speaks HTTP/2 with prior knowledge over a `Peer`, and frames made by
/// hand for what no client would send.

#include "proxy/testing/peers.hpp"

#include <nghttp2/nghttp2.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carrel::proxy {

struct Http2Answer {
    std::string status;
    std::vector<std::string> interim;  ///< statuses that came before
    std::map<std::string, std::string> fields;
    std::string body;
    bool ended = false;  ///< END_STREAM has come
    bool closed = false;
    uint32_t error = 0;  ///< of RST_STREAM
};

class Http2Client {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;
    enum class Windows { Open, Shut };

    /// `Shut`: the client takes what the initial windows allow, and nothing more before `take`.
    explicit Http2Client(Peer peer, Windows windows = Windows::Open);
    ~Http2Client();
    Http2Client(Http2Client const&) = delete;
    Http2Client& operator=(Http2Client const&) = delete;

    /// A whole request for "http://a" + `path`; returns its stream.
    int32_t ask(std::string const& method, std::string const& path, Fields const& more = {},
                std::optional<std::string> const& body = {});
    /// A request exactly as given, which is not ended.
    int32_t open(Fields const& fields);
    int32_t open_websocket(std::string const& path, Fields const& more = {});
    /// Queues DATA; `last`: with END_STREAM.
    void send(int32_t stream, std::string const& bytes, bool last = false);
    /// How much of it is still here.
    [[nodiscard]] size_t unsent(int32_t stream) {
        return outgoing_[stream].bytes.size() - outgoing_[stream].sent;
    }
    void reset(int32_t stream, uint32_t error = NGHTTP2_CANCEL);

    /// Reads and writes until the condition holds or the connection ends.
    template <class Condition>
    void run_until(Condition condition) {
        flush();
        while (!condition() && receive()) {
        }
    }
    Http2Answer& wait(int32_t stream);
    Http2Answer& wait_for_head(int32_t stream);
    Http2Answer& wait_for_body(int32_t stream, std::string const& end);
    void flush();
    /// Whether the connection ended.
    bool wait_for_end();

    /// The answers so far.
    Http2Answer& answer(int32_t stream) { return answers_[stream]; }
    [[nodiscard]] std::optional<uint32_t> goaway() const { return goaway_; }
    [[nodiscard]] nghttp2_session* session() { return session_; }
    Peer& peer() { return peer_; }

private:
    struct Outgoing {
        std::string bytes;
        size_t sent = 0;
        bool last = false;
        bool deferred = false;
    };
    bool receive();
    static ssize_t read_body(nghttp2_session* session, int32_t stream, uint8_t* bytes, size_t size,
                             uint32_t* flags, nghttp2_data_source* source, void* user);

    Peer peer_;
    nghttp2_session* session_ = nullptr;
    std::map<int32_t, Http2Answer> answers_;
    std::map<int32_t, Outgoing> outgoing_;
    std::optional<uint32_t> goaway_;
    bool ended_ = false;
};

/// The connection's preface with empty settings.
std::string http2_preface();
std::string http2_frame(uint8_t type, uint8_t flags, uint32_t stream,
                        std::string const& payload = {});
/// A header block without compression.
std::string http2_block(Http2Client::Fields const& fields);
/// The block of GET http://a/.
std::string http2_get();
/// The error code of a GOAWAY among the frames in `bytes`.
std::optional<uint32_t> find_goaway(std::string_view bytes);

}  // namespace carrel::proxy
