#include "proxy/http2/session.hpp"

#include "proxy/data_plane/worker.hpp"
#include "proxy/http2/callbacks.hpp"
#include "runtime/log.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

namespace carrel::proxy {

namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr int64_t first_request_milliseconds = 60000;
constexpr int64_t write_milliseconds = 120000;
constexpr int64_t look_milliseconds = 30000;
/// No more than this waits for the socket.
constexpr size_t most_out = 65536;
constexpr size_t read_size = 16384;

}  // namespace

std::optional<bool> Http2Session::is_preface(std::string_view bytes) {
    auto const known = std::min(bytes.size(), preface.size());
    if (bytes.substr(0, known) != preface.substr(0, known)) return false;
    if (known < preface.size()) return {};
    return true;
}

Http2Session::Http2Session(Worker& worker, Client& client, EventHandler& outer)
    : worker_(worker),
      client_(client),
      outer_(outer),
      guard_(worker.loop().now()),
      idle_until_(worker.loop().now() + first_request_milliseconds) {
    session_ = Http2Callbacks::create(*this);
    std::array const settings = {
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most_streams},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, largest_head},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

Http2Session::~Http2Session() {
    stepping_ = true;
    for (auto& [id, stream] : streams_) stream->end();
    streams_.clear();
    nghttp2_session_del(session_);
}

Outcome Http2Session::step() {
    if (client_.socket.broken()) return Outcome::Abort;
    stepping_ = true;
    bool progress = receive();
    progress |= serve();
    progress |= make_frames();
    progress |= flush();
    sweep();
    stepping_ = false;
    if (broken_ || client_.socket.broken()) return Outcome::Abort;
    if (client_.socket.ended()) return Outcome::Close;
    if (client_.out.empty() && (over_ || nghttp2_session_want_read(session_) == 0) &&
        nghttp2_session_want_write(session_) == 0)
        return Outcome::Close;
    return progress || !queue_.empty() ? Outcome::Progress : Outcome::Waiting;
}

bool Http2Session::receive() {
    // A client that does not read is not read from: its pings would pile up here.
    if (over_ || client_.out.size() >= most_out) return false;
    if (client_.in.empty()) {
        if (!client_.socket.readable()) return false;
        if (client_.socket.read(client_.in, worker_.buffers(), read_size) != Io::Progress)
            return false;
    }
    auto bytes = client_.in.view();
    while (!bytes.empty() && !over_) {
        auto const piece = frames_.next(bytes);
        // libnghttp2 knows each head only once all of it has come, as we do.
        if (piece.head) check(*piece.head);
        take(bytes.substr(0, piece.size));
        bytes.remove_prefix(piece.size);
    }
    client_.in.clear();
    return true;
}

void Http2Session::take(std::string_view bytes) {
    auto const taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<uint8_t const*>(bytes.data()), bytes.size());
    if (taken >= 0) return;
    end_by(taken == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
    over_ = true;
}

/// What libnghttp2 lets pass.
void Http2Session::check(Http2FrameHead const& head) {
    switch (head.type) {
        case NGHTTP2_DATA:
            if (head.size == 0 && (head.flags & NGHTTP2_FLAG_END_STREAM) == 0) count_useless();
            check_stream(head);
            break;
        case NGHTTP2_HEADERS:
            check_stream(head);
            break;
        case NGHTTP2_CONTINUATION:
            break;  // counted by libnghttp2
        case NGHTTP2_PRIORITY:
            if (head.stream == 0 || head.stream == head.depends_on) end_by(NGHTTP2_PROTOCOL_ERROR);
            [[fallthrough]];
        default:
            count_useless();
    }
}

/// Whether the stream of DATA or HEADERS may still have some (RFC 9113 section 5.1).
void Http2Session::check_stream(Http2FrameHead const& head) {
    auto const id = static_cast<int32_t>(head.stream);
    if (id > last_stream_) {
        if (head.type == NGHTTP2_HEADERS) last_stream_ = id;
        return;
    }
    auto const found = streams_.find(id);
    if (found != streams_.end() && !found->second->gone()) return;
    if (std::ranges::find(ended_, id) != ended_.end()) return end_by(NGHTTP2_STREAM_CLOSED);
    // What we ended or never took, the client may not have known; too many may have ended since.
    bool const ours = std::ranges::find(ended_, -id) != ended_.end() || drained_ ||
                      streams_.size() >= most_streams || ended_count_ > ended_.size();
    if (!ours && head.type == NGHTTP2_HEADERS) end_by(NGHTTP2_PROTOCOL_ERROR);
}

void Http2Session::remember(Http2Stream const& stream) {
    bool const by_client = stream.request_ended() || !stream.reset_by_us();
    ended_.at(ended_count_++ % ended_.size()) = by_client ? stream.id() : -stream.id();
}

void Http2Session::count_useless() {
    if (failed_ || guard_.spend(worker_.loop().now())) return;
    log::info("http2_flood", {{"client", client_.address}});
    end_by(NGHTTP2_ENHANCE_YOUR_CALM);
}

bool Http2Session::serve() {
    bool progress = false;
    while (!queue_.empty()) {
        std::vector<Http2Stream*> streams;
        streams.swap(queue_);
        for (auto* stream : streams) stream->serve();
        progress = true;
        if (!queue_.empty()) continue;
        streams.clear();
        queue_.swap(streams);  // keeps the memory
    }
    return progress;
}

bool Http2Session::make_frames() {
    bool progress = false;
    while (client_.out.size() < most_out && !broken_) {
        uint8_t const* bytes = nullptr;
        auto const size = nghttp2_session_mem_send(session_, &bytes);
        if (size < 0) {
            log::warn("http2_failed", {{"reason", nghttp2_strerror(static_cast<int>(size))}});
            broken_ = true;
            return true;
        }
        if (size == 0) break;
        progress = true;
        std::string_view const piece(reinterpret_cast<char const*>(bytes),
                                     static_cast<size_t>(size));
        broken_ = !client_.out.append(worker_.buffers(), piece);
    }
    return progress;
}

bool Http2Session::flush() {
    if (client_.out.empty()) return false;
    auto const now = worker_.loop().now();
    if (write_until_ == 0) write_until_ = now + write_milliseconds;
    bool progress = false;
    while (!client_.out.empty() && client_.socket.writable()) {
        if (client_.socket.write(client_.out) != Io::Progress) break;
        progress = true;
        write_until_ = now + write_milliseconds;
    }
    if (client_.out.empty()) write_until_ = 0;
    return progress;
}

/// Frees the streams that nobody needs any more.
void Http2Session::sweep() {
    if (!sweeping_ || !queue_.empty()) return;
    sweeping_ = false;
    std::erase_if(streams_, [](auto const& entry) { return entry.second->finished(); });
    if (streams_.empty())
        idle_until_ = worker_.loop().now() + worker_.options().keep_alive_timeout.count();
}

/// Tells the client why, and takes nothing more from it.
void Http2Session::end_by(uint32_t error) {
    if (failed_) return;
    failed_ = error != NGHTTP2_NO_ERROR;
    orderly_ = orderly_ && !failed_;
    nghttp2_session_terminate_session(session_, error);
}

Milliseconds Http2Session::patience() const {
    int64_t next = streams_.empty() ? idle_until_ : look_at_;
    for (auto const until : {head_until_, write_until_})
        if (until != 0 && (next == 0 || until < next)) next = until;
    if (next == 0) return Milliseconds(0);
    return Milliseconds(std::max<int64_t>(1, next - worker_.loop().now()));
}

Outcome Http2Session::give_up() {
    auto const now = worker_.loop().now();
    if (write_until_ != 0 && now >= write_until_) return Outcome::Abort;
    if (head_until_ != 0 && now >= head_until_) {
        end_by(NGHTTP2_ENHANCE_YOUR_CALM);
        head_until_ = 0;
    }
    if (streams_.empty()) {
        if (now >= idle_until_) {
            orderly_ = true;
            end_by(NGHTTP2_NO_ERROR);
        }
        return Outcome::Progress;
    }
    look_at_ = 0;
    for (auto& [id, stream] : streams_) {
        if (!stream->orphaned()) continue;
        look_after_orphans();
        if (now - stream->moved_at() >= write_milliseconds) reset_stream(id, cancel);
    }
    return Outcome::Progress;
}

void Http2Session::drain() {
    drained_ = orderly_ = true;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    wake();
}

bool Http2Session::quiet() const {
    return client_.out.empty() && nghttp2_session_want_write(session_) == 0 &&
           std::ranges::all_of(streams_,
                               [](auto const& entry) { return entry.second->is_tunnel(); });
}

void Http2Session::resume(Http2Stream& stream) {
    if (!stream.deferred) return;
    stream.deferred = false;
    nghttp2_session_resume_data(session_, stream.id());
    wake();
}

void Http2Session::reset_stream(int32_t id, uint32_t error) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, error);
    wake();
}

void Http2Session::consumed(int32_t id, size_t size) {
    if (size == 0) return;
    nghttp2_session_consume(session_, id, size);
    wake();
}

void Http2Session::queue(Http2Stream& stream) {
    if (stream.queued) return;
    stream.queued = true;
    queue_.push_back(&stream);
    wake();
}

void Http2Session::release() {
    sweeping_ = true;
    wake();
}

void Http2Session::look_after_orphans() {
    if (look_at_ == 0) look_at_ = worker_.loop().now() + look_milliseconds;
}

void Http2Session::wake() {
    if (!stepping_) worker_.loop().defer(outer_);
}

}  // namespace carrel::proxy
