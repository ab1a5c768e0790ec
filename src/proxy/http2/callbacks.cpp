#include "proxy/http2/callbacks.hpp"

#include "proxy/data_plane/worker.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

/// A header block may be so much longer than what is accepted before the connection ends with it.
constexpr size_t most_excess = 4;
constexpr int64_t head_milliseconds = 60000;
/// Frames that may come with each DATA frame we send: the stream's window and the connection's.
constexpr int64_t updates_of_data = 3;
constexpr size_t frame_head_size = 9;
constexpr size_t most_settings = 32;
constexpr size_t most_unsent_answers = 100;
constexpr size_t compression_table = 4096;
/// Enough for the connection's buffer of what is to be sent; see `Http2Session::make_frames`.
constexpr size_t most_out = 65536;

Http2Session& session_of(void* user) { return *static_cast<Http2Session*>(user); }

Http2Stream* stream_of(nghttp2_session* raw, int32_t id) {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(raw, id));
}

std::string_view text_of(uint8_t const* bytes, size_t size) {
    return {reinterpret_cast<char const*>(bytes), size};
}

bool is_request(nghttp2_frame const* frame) {
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

bool ends_stream(nghttp2_frame_hd const& head) {
    return (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

nghttp2_session_callbacks* make_callbacks() {
    using Callbacks = Http2Callbacks;
    nghttp2_session_callbacks* all = nullptr;
    nghttp2_session_callbacks_new(&all);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, Callbacks::on_headers_begin);
    nghttp2_session_callbacks_set_on_header_callback(all, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(all, Callbacks::on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, Callbacks::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, Callbacks::on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, Callbacks::on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, Callbacks::on_stream_closed);
    nghttp2_session_callbacks_set_error_callback2(all, Callbacks::on_error);
    nghttp2_session_callbacks_set_send_data_callback(all, Callbacks::send_body);
    return all;
}

nghttp2_option* make_options() {
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    // Windows open as inner connections read.
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_max_settings(options, most_settings);
    nghttp2_option_set_max_outbound_ack(options, most_unsent_answers);
    nghttp2_option_set_max_deflate_dynamic_table_size(options, compression_table);
    nghttp2_option_set_stream_reset_rate_limit(options, Http2Guard::burst, Http2Guard::each_second);
    return options;
}

}  // namespace

nghttp2_session* Http2Callbacks::create(Http2Session& session) {
    // The same for every session; the library copies both.
    static auto* const callbacks = make_callbacks();
    static auto* const options = make_options();
    nghttp2_session* raw = nullptr;
    if (nghttp2_session_server_new2(&raw, callbacks, &session, options) != 0)
        throw std::bad_alloc();
    return raw;
}

int Http2Callbacks::on_headers_begin(nghttp2_session*, nghttp2_frame const* frame, void* user) {
    auto& session = session_of(user);
    session.head_until_ = session.worker_.loop().now() + head_milliseconds;
    session.head_stream_ = frame->hd.stream_id;
    if (is_request(frame)) begin_request(session, frame->hd.stream_id);
    return 0;
}

void Http2Callbacks::begin_request(Http2Session& session, int32_t id) {
    session.request_ = {};
    auto& stream = session.streams_[id];
    stream = std::make_unique<Http2Stream>(session, id);
    nghttp2_session_set_stream_user_data(session.session_, id, stream.get());
}

int Http2Callbacks::on_header(nghttp2_session*, nghttp2_frame const* frame, uint8_t const* name,
                              size_t name_size, uint8_t const* value, size_t value_size, uint8_t,
                              void* user) {
    auto& session = session_of(user);
    if (!is_request(frame)) return 0;  // trailers are dropped
    session.request_.add(text_of(name, name_size), text_of(value, value_size));
    if (session.request_.size() <= most_excess * largest_head) return 0;
    session.end_by(NGHTTP2_ENHANCE_YOUR_CALM);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/// The library would only leave the field out.
int Http2Callbacks::on_invalid_header(nghttp2_session* raw, nghttp2_frame const* frame,
                                      uint8_t const*, size_t, uint8_t const*, size_t, uint8_t,
                                      void*) {
    nghttp2_submit_rst_stream(raw, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int Http2Callbacks::on_frame(nghttp2_session* raw, nghttp2_frame const* frame, void* user) {
    auto& session = session_of(user);
    auto const type = frame->hd.type;
    if (type == NGHTTP2_HEADERS) session.head_until_ = 0;
    if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return 0;
    auto* const stream = stream_of(raw, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    bool const ended = ends_stream(frame->hd);
    if (ended) stream->take_end();
    if (is_request(frame)) return end_request(session, *stream, !ended);
    if (type == NGHTTP2_DATA && !ended && frame->hd.length > 0 &&
        frame->hd.length <= frame->data.padlen)
        session.count_useless();
    session.queue(*stream);
    return 0;
}

int Http2Callbacks::end_request(Http2Session& session, Http2Stream& stream, bool has_body) {
    auto head = session.request_.finish(has_body);
    if (head) {
        stream.take_head(std::move(*head));
    } else if (head.error().status == 400) {
        session.reset_stream(stream.id(), NGHTTP2_PROTOCOL_ERROR);
        return 0;
    } else {
        stream.take_problem(head.error());
    }
    // Every stream gets its turn, whatever the client thinks of their order: one long download
    // must not keep a WebSocket waiting.
    nghttp2_extpri const turns{.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
    nghttp2_session_change_extpri_stream_priority(session.session_, stream.id(), &turns, 1);
    session.queue(stream);
    return 0;
}

int Http2Callbacks::on_data(nghttp2_session* raw, uint8_t, int32_t id, uint8_t const* bytes,
                            size_t size, void* user) {
    auto& session = session_of(user);
    auto* const stream = stream_of(raw, id);
    if (stream == nullptr) {
        session.consumed(id, size);
        return 0;
    }
    stream->take_data(text_of(bytes, size));
    session.queue(*stream);
    return 0;
}

int Http2Callbacks::on_frame_sent(nghttp2_session* raw, nghttp2_frame const* frame, void* user) {
    auto& session = session_of(user);
    auto* const stream = stream_of(raw, frame->hd.stream_id);
    switch (frame->hd.type) {
        case NGHTTP2_RST_STREAM:
            if (stream) stream->note_reset();
            // What made us reset the stream was the client's doing.
            if (frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
                !(stream && stream->cut_by_us()))
                session.count_useless();
            break;
        case NGHTTP2_DATA:
            session.guard_.earn(updates_of_data);
            [[fallthrough]];
        case NGHTTP2_HEADERS:
            // Nobody is going to read the rest of the request (RFC 9113 section 8.1).
            if (ends_stream(frame->hd) && stream && !stream->request_ended())
                nghttp2_submit_rst_stream(raw, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                          NGHTTP2_NO_ERROR);
            break;
        default:
            break;
    }
    return 0;
}

int Http2Callbacks::on_stream_closed(nghttp2_session* raw, int32_t id, uint32_t, void* user) {
    auto& session = session_of(user);
    if (id == session.head_stream_) session.head_until_ = 0;
    auto* const stream = stream_of(raw, id);
    if (stream == nullptr) return 0;
    stream->take_close();
    session.remember(*stream);
    session.queue(*stream);
    session.release();
    return 0;
}

int Http2Callbacks::on_error(nghttp2_session*, int, char const* text, size_t size, void* user) {
    log::debug("http2_error", {{"client", session_of(user).client_.address},
                               {"reason", std::string_view(text, size)}});
    return 0;
}

nghttp2_data_provider Http2Callbacks::body_of(Http2Stream& stream) {
    return {.source = {.ptr = &stream}, .read_callback = read_body};
}

ssize_t Http2Callbacks::read_body(nghttp2_session*, int32_t, uint8_t*, size_t size, uint32_t* flags,
                                  nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Http2Stream*>(source->ptr);
    auto const ready = stream.out().size();
    if (ready == 0 && !stream.out_ended()) {
        stream.deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    auto const count = std::min(ready, size);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (count == ready && stream.out_ended()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
}

int Http2Callbacks::send_body(nghttp2_session*, nghttp2_frame*, uint8_t const* head, size_t size,
                              nghttp2_data_source* source, void* user) {
    auto& session = session_of(user);
    auto& stream = *static_cast<Http2Stream*>(source->ptr);
    auto& out = session.client_.out;
    auto& buffers = session.worker_.buffers();
    if (out.size() >= most_out) return NGHTTP2_ERR_WOULDBLOCK;
    if (size > stream.out().size()) return NGHTTP2_ERR_CALLBACK_FAILURE;
    bool const fits = out.append(buffers, text_of(head, frame_head_size)) &&
                      out.append(buffers, stream.out().view().substr(0, size));
    if (!fits) return NGHTTP2_ERR_CALLBACK_FAILURE;
    stream.sent(size);
    return 0;
}

bool Http2Session::respond(Http2Stream& stream, ResponseHead const& head) {
    std::array<nghttp2_nv, most_fields + 1> fields;
    size_t count = 0;
    auto const add = [&](std::string_view name, std::string_view value) {
        fields[count++] = {
            .name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
            .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
            .namelen = name.size(),
            .valuelen = value.size(),
            .flags = NGHTTP2_NV_FLAG_NONE,
        };
    };
    // An upgrade that was not made must not look like one that was.
    bool const declined = stream.is_upgrade() && head.status >= 200 && head.status < 300;
    auto const status = std::to_string(stream.is_tunnel() ? 200 : declined ? 503 : head.status);
    add(":status", status);
    for (auto const& field : head.fields)
        if (Http2Response::passes(field, stream.is_tunnel())) add(field.name, field.value);
    int result = 0;
    if (head.status < 200 && !stream.is_tunnel()) {
        result = nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id(), nullptr,
                                        fields.data(), count, nullptr);
    } else {
        auto const body = Http2Callbacks::body_of(stream);
        result = nghttp2_submit_response(session_, stream.id(), fields.data(), count,
                                         stream.out_ended() ? nullptr : &body);
    }
    wake();
    return result == 0;
}

}  // namespace carrel::proxy
