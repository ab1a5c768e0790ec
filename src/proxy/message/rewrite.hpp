#pragma once

/// Writes the heads that go on: the request's to the upstream, the response's to the client.
/// Everything that is for one hop only is left out, and framing is always written anew.

#include "proxy/data_plane/buffer.hpp"
#include "proxy/edge_auth.hpp"
#include "proxy/message/head.hpp"
#include "proxy/options.hpp"
#include "proxy/route_table.hpp"

#include <string_view>

namespace carrel::proxy {

/// What a forwarded request is told about where it comes from and where it goes.
struct Forwarding {
    Options const& options;
    Route const& route;
    Target const& target;
    EdgeAuth::Decision const& decision;
    std::string_view client_address;  ///< "" when it came over a unix socket
    bool secure = false;              ///< the client speaks TLS with us
    std::string_view new_request_id;  ///< used when the client sent none, or an unfit one
};

/// False when the head does not fit into the largest buffer.
[[nodiscard]] bool write_request_head(Buffer& buffer, BufferPool& pool, RequestHead const& head,
                                      Forwarding const& forwarding);

/// The line that has browsers insist on TLS (--hsts).
[[nodiscard]] std::string hsts_field(Options const& options);

/// How the body goes to the client.
enum class BodyCoding : uint8_t { None, Length, Chunked, UntilClose };

struct Answering {
    Options const& options;
    Route const* route = nullptr;       ///< null when there is none and an error page comes instead
    Target const* target = nullptr;     ///< where the answer comes from
    std::string_view client_host = {};  ///< Host as the client sent it
    unsigned error_status = 0;          ///< not 0: the answer is the page for this status
    BodyCoding coding = BodyCoding::None;
    unsigned client_minor_version = 1;
    bool keep_alive = true;
    bool switching_protocols = false;
    bool secure = false;  ///< the client speaks TLS with us
};

[[nodiscard]] bool write_response_head(Buffer& buffer, BufferPool& pool, ResponseHead const& head,
                                       Answering const& answering);

}  // namespace carrel::proxy
