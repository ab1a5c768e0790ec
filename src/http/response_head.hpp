#pragma once

/// Turns a `Response` into the bytes of its head. Private to http/.

#include "http/message.hpp"

#include <cstdint>

namespace carrel::http {

/// How the body travels (RFC 9112 section 6). Ours to say, whatever the handler's headers say.
struct Framing {
    std::optional<uint64_t> length;  ///< Content-Length
    bool chunked = false;
    bool keep_alive = true;
};

/// Headers that every answer carries unless the handler has set them itself.
void add_default_headers(Response& response, Request const& request);

/// Leaves out fields that would end the head early or contradict the framing.
[[nodiscard]] std::string format_head(Response const& response, Framing const& framing);

/// True when the client already has what the response's ETag names (RFC 9110 section 13.1.2).
[[nodiscard]] bool is_not_modified(Request const& request, Response const& response);

}  // namespace carrel::http
