#pragma once

/// What libnghttp2 calls while it reads and makes frames, in terms of `Http2Session` and its
/// streams. Nothing here calls an inner connection: the library must not be entered from within.

#include "proxy/http2/session.hpp"

#include <nghttp2/nghttp2.h>

#include <string_view>

namespace carrel::proxy {

struct Http2Callbacks {
    /// A session of the server's side; its owner deletes it.
    [[nodiscard]] static nghttp2_session* create(Http2Session& session);
    /// What a stream has for the client, whenever the library can send more.
    [[nodiscard]] static nghttp2_data_provider body_of(Http2Stream& stream);

    static int on_headers_begin(nghttp2_session* raw, nghttp2_frame const* frame, void* user);
    static int on_header(nghttp2_session* raw, nghttp2_frame const* frame, uint8_t const* name,
                         size_t name_size, uint8_t const* value, size_t value_size, uint8_t flags,
                         void* user);
    static int on_invalid_header(nghttp2_session* raw, nghttp2_frame const* frame,
                                 uint8_t const* name, size_t name_size, uint8_t const* value,
                                 size_t value_size, uint8_t flags, void* user);
    static int on_frame(nghttp2_session* raw, nghttp2_frame const* frame, void* user);
    static int on_data(nghttp2_session* raw, uint8_t flags, int32_t id, uint8_t const* bytes,
                       size_t size, void* user);
    static int on_frame_sent(nghttp2_session* raw, nghttp2_frame const* frame, void* user);
    static int on_stream_closed(nghttp2_session* raw, int32_t id, uint32_t error, void* user);
    static int on_error(nghttp2_session* raw, int code, char const* text, size_t size, void* user);
    static ssize_t read_body(nghttp2_session* raw, int32_t id, uint8_t* bytes, size_t size,
                             uint32_t* flags, nghttp2_data_source* source, void* user);
    static int send_body(nghttp2_session* raw, nghttp2_frame* frame, uint8_t const* head,
                         size_t size, nghttp2_data_source* source, void* user);

private:
    static void begin_request(Http2Session& session, int32_t id);
    static int end_request(Http2Session& session, Http2Stream& stream, bool has_body);
};

}  // namespace carrel::proxy
