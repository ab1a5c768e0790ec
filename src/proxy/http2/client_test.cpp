#include "proxy/http2/client.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace carrel::proxy {

namespace {

Http2Client& client_of(void* user) { return *static_cast<Http2Client*>(user); }

std::string text_of(uint8_t const* bytes, size_t size) {
    return {reinterpret_cast<char const*>(bytes), size};
}

std::string big_endian(uint32_t value, size_t size) {
    std::string bytes;
    for (size_t i = size; i > 0; --i) bytes += static_cast<char>(value >> (8 * (i - 1)) & 0xffU);
    return bytes;
}

int on_header(nghttp2_session*, nghttp2_frame const* frame, uint8_t const* name, size_t name_size,
              uint8_t const* value, size_t value_size, uint8_t, void* user) {
    auto& answer = client_of(user).answer(frame->hd.stream_id);
    auto const key = text_of(name, name_size);
    auto const text = text_of(value, value_size);
    if (key == ":status" && !answer.status.empty()) answer.interim.push_back(answer.status);
    if (key == ":status")
        answer.status = text;
    else
        answer.fields[key] += text;
    return 0;
}

int on_data(nghttp2_session*, uint8_t, int32_t stream, uint8_t const* bytes, size_t size,
            void* user) {
    client_of(user).answer(stream).body += text_of(bytes, size);
    return 0;
}

int on_frame(nghttp2_session*, nghttp2_frame const* frame, void* user) {
    bool const carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        client_of(user).answer(frame->hd.stream_id).ended = true;
    return 0;
}

int on_close(nghttp2_session*, int32_t stream, uint32_t error, void* user) {
    auto& answer = client_of(user).answer(stream);
    answer.closed = true;
    answer.error = error;
    return 0;
}

std::vector<nghttp2_nv> values_of(Http2Client::Fields const& fields) {
    std::vector<nghttp2_nv> values;
    for (auto const& [name, value] : fields)
        values.push_back({.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                          .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
                          .namelen = name.size(),
                          .valuelen = value.size(),
                          .flags = NGHTTP2_NV_FLAG_NONE});
    return values;
}

}  // namespace

Http2Client::Http2Client(Peer peer, Windows windows) : peer_(std::move(peer)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, windows == Windows::Shut ? 1 : 0);
    nghttp2_session_client_new2(&session_, callbacks, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    flush();
}

Http2Client::~Http2Client() { nghttp2_session_del(session_); }

int32_t Http2Client::ask(std::string const& method, std::string const& path, Fields const& more,
                         std::optional<std::string> const& body) {
    Fields fields = {
        {":method", method}, {":scheme", "http"}, {":authority", "a"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    if (body) {
        auto const stream = open(fields);
        send(stream, *body, true);
        return stream;
    }
    auto const values = values_of(fields);
    return nghttp2_submit_request(session_, nullptr, values.data(), values.size(), nullptr, this);
}

int32_t Http2Client::open(Fields const& fields) {
    auto const values = values_of(fields);
    nghttp2_data_provider const body = {.source = {.ptr = this}, .read_callback = read_body};
    return nghttp2_submit_request(session_, nullptr, values.data(), values.size(), &body, this);
}

int32_t Http2Client::open_websocket(std::string const& path, Fields const& more) {
    // The server says first that it has extended CONNECT.
    run_until([&] {
        return nghttp2_session_get_remote_settings(session_,
                                                   NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
    });
    Fields fields = {{":method", "CONNECT"},
                     {":protocol", "websocket"},
                     {":scheme", "http"},
                     {":authority", "a"},
                     {":path", path},
                     {"origin", "http://a"},
                     {"sec-websocket-version", "13"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return open(fields);
}

void Http2Client::send(int32_t stream, std::string const& bytes, bool last) {
    auto& outgoing = outgoing_[stream];
    outgoing.bytes += bytes;
    outgoing.last = last;
    if (std::exchange(outgoing.deferred, false)) nghttp2_session_resume_data(session_, stream);
}

void Http2Client::reset(int32_t stream, uint32_t error) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error);
    flush();
}

ssize_t Http2Client::read_body(nghttp2_session*, int32_t stream, uint8_t* bytes, size_t size,
                               uint32_t* flags, nghttp2_data_source*, void* user) {
    auto& outgoing = client_of(user).outgoing_[stream];
    auto const left = outgoing.bytes.size() - outgoing.sent;
    if (left == 0 && !outgoing.last) {
        outgoing.deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    auto const count = outgoing.bytes.copy(reinterpret_cast<char*>(bytes), size, outgoing.sent);
    outgoing.sent += count;
    if (outgoing.last && count == left) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
}

void Http2Client::flush() {
    uint8_t const* bytes = nullptr;
    for (;;) {
        auto const size = nghttp2_session_mem_send(session_, &bytes);
        if (size <= 0) return;
        peer_.send(text_of(bytes, static_cast<size_t>(size)));
    }
}

bool Http2Client::receive() {
    auto const bytes = peer_.read_some();
    if (bytes.empty()) {
        ended_ = true;
        return false;
    }
    if (auto const found = find_goaway(bytes)) goaway_ = found;
    EXPECT_EQ(nghttp2_session_mem_recv(session_, reinterpret_cast<uint8_t const*>(bytes.data()),
                                       bytes.size()),
              std::ssize(bytes));
    flush();
    return true;
}

Http2Answer& Http2Client::wait(int32_t stream) {
    run_until([&] { return answer(stream).closed; });
    return answer(stream);
}

Http2Answer& Http2Client::wait_for_head(int32_t stream) {
    run_until([&] { return answer(stream).closed || !answer(stream).status.empty(); });
    return answer(stream);
}

Http2Answer& Http2Client::wait_for_body(int32_t stream, std::string const& end) {
    run_until([&] { return answer(stream).closed || answer(stream).body.ends_with(end); });
    return answer(stream);
}

bool Http2Client::wait_for_end() {
    run_until([] { return false; });
    return ended_;
}

std::string http2_frame(uint8_t type, uint8_t flags, uint32_t stream, std::string const& payload) {
    return big_endian(static_cast<uint32_t>(payload.size()), 3) + static_cast<char>(type) +
           static_cast<char>(flags) + big_endian(stream, 4) + payload;
}

std::string http2_preface() {
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2_frame(NGHTTP2_SETTINGS, 0, 0);
}

std::string http2_block(Http2Client::Fields const& fields) {
    // Literals without indexing (RFC 7541 section 6.2.2), with lengths of 7 or more bits.
    auto const literal = [](std::string const& text) {
        if (text.size() < 127) return static_cast<char>(text.size()) + text;
        std::string length = "\x7f";
        auto rest = text.size() - 127;
        for (; rest >= 128; rest /= 128) length += static_cast<char>(rest % 128 + 128);
        return length + static_cast<char>(rest) + text;
    };
    std::string block;
    for (auto const& [name, value] : fields) block += '\0' + literal(name) + literal(value);
    return block;
}

std::string http2_get() {
    return http2_block(
        {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}});
}

std::optional<uint32_t> find_goaway(std::string_view bytes) {
    while (bytes.size() >= 9) {
        auto const byte = [&](size_t at) {
            return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at]));
        };
        auto const size = byte(0) << 16U | byte(1) << 8U | byte(2);
        if (byte(3) == NGHTTP2_GOAWAY && bytes.size() >= 17)
            return byte(13) << 24U | byte(14) << 16U | byte(15) << 8U | byte(16);
        bytes.remove_prefix(std::min<size_t>(bytes.size(), 9 + size));
    }
    return {};
}

}  // namespace carrel::proxy
