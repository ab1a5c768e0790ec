#include "proxy/http2/stream.hpp"

#include "proxy/data_plane/worker.hpp"
#include "proxy/http2/session.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace carrel::proxy {

namespace {

/// What a stream holds for a client that does not take it.
constexpr size_t most_pending = 65536;
/// Room for a chunk's size and line breaks.
constexpr size_t chunk_framing = 16;

ssize_t failed(int error) {
    errno = error;
    return -1;
}

}  // namespace

/// What the inner connection's socket owns: the stream itself may have to outlive it.
class Http2Stream::Adapter final : public Layer {
public:
    explicit Adapter(Http2Stream& stream)
        : stream_(&stream), secure_(stream.session_.client().socket.secure()) {}
    ~Adapter() override { detach(false); }

    ssize_t receive(char* bytes, size_t size) override {
        return stream_ ? stream_->receive(bytes, size) : failed(ECONNRESET);
    }
    ssize_t send(iovec const* parts, int count) override {
        return stream_ ? stream_->send(parts, count) : failed(EPIPE);
    }
    [[nodiscard]] bool pending() const override { return stream_ && stream_->pending(); }
    void shut_down_writing() override {
        if (stream_ && stream_->is_tunnel()) stream_->end_writing();
    }
    void close() override { detach(true); }
    void reset() override { detach(false); }
    [[nodiscard]] bool secure() const override { return secure_; }

private:
    void detach(bool orderly) {
        if (auto* const stream = std::exchange(stream_, nullptr)) stream->detach(orderly);
    }

    Http2Stream* stream_;
    bool const secure_;
};

Http2Stream::~Http2Stream() { end(); }

void Http2Stream::take_head(Http2Request::Head head) {
    head_ = std::move(head.text);
    chunked_ = head.chunked;
    response_.emplace(head.websocket ? Http2Response::Kind::Tunnel
                      : head.is_head ? Http2Response::Kind::ToHead
                                     : Http2Response::Kind::Ordinary);
}

void Http2Stream::take_problem(HeadProblem const& problem) {
    problem_ = problem;
    response_.emplace(Http2Response::Kind::Ordinary);
}

void Http2Stream::take_data(std::string_view bytes) {
    // The window bounds what can be waiting here.
    if (detached_ || !in_.append(session_.worker().buffers(), bytes))
        session_.consumed(id_, bytes.size());
}

void Http2Stream::take_close() {
    gone_ = true;
    cut_ = !request_ended_ || !out_ended_ || !out_.empty();
    if (!cut_) return;
    session_.consumed(id_, in_.size());
    in_.clear();
    out_.clear();
}

void Http2Stream::serve() {
    queued = false;
    if (inner_ == nullptr) {
        if (!detached_ && !gone_ && response_) start();
        return;
    }
    uint32_t events = 0;
    if (pending()) events |= EPOLLIN;
    if (write_blocked_ && out_.size() <= most_pending / 2) {
        write_blocked_ = false;
        events |= EPOLLOUT;
    }
    if (gone_) events |= cut_ ? EPOLLIN | EPOLLOUT | EPOLLERR : EPOLLIN | EPOLLOUT;
    if (events != 0) inner_->on_ready(events);
}

void Http2Stream::start() {
    auto& worker = session_.worker();
    moved_at_ = worker.loop().now();
    if (worker.full()) {
        detached_ = true;
        cut(Http2Session::refused_stream);
        return;
    }
    inner_ = &worker.adopt(Socket(std::make_unique<Adapter>(*this)), session_.client().address);
    if (problem_)
        inner_->start_refused(*problem_);
    else
        inner_->start();
    if (inner_ != nullptr) inner_->on_ready(EPOLLIN | EPOLLOUT);
}

void Http2Stream::end() {
    gone_ = cut_ = true;
    if (inner_ != nullptr) inner_->close();
}

/// The inner connection has closed its socket.
void Http2Stream::detach(bool orderly) {
    inner_ = nullptr;
    detached_ = true;
    head_ = {};
    session_.consumed(id_, in_.size());
    in_.clear();
    session_.release();
    if (gone_) return;
    session_.look_after_orphans();
    if (orderly && is_tunnel())
        end_writing();
    else if (!out_ended_)
        cut(is_tunnel() ? Http2Session::cancel : Http2Session::internal_error);
}

void Http2Stream::cut(uint32_t error) {
    cut_by_us_ = true;
    session_.reset_stream(id_, error);
}

bool Http2Stream::at_end() const {
    if (is_tunnel()) return request_ended_ || gone_;
    return out_ended_ || gone_;
}

bool Http2Stream::pending() const {
    return !head_.empty() || !in_.empty() || (chunked_ && request_ended_ && !last_chunk_read_) ||
           at_end();
}

ssize_t Http2Stream::receive(char* bytes, size_t size) {
    if (cut_) return failed(ECONNRESET);
    if (!head_.empty()) {
        auto const count = head_.copy(bytes, size);
        if (count == head_.size())
            head_ = {};
        else
            head_.erase(0, count);
        return static_cast<ssize_t>(count);
    }
    if (!in_.empty() && !chunked_) {
        auto const count = in_.view().copy(bytes, size);
        in_.consume(count);
        session_.consumed(id_, count);
        return static_cast<ssize_t>(count);
    }
    if (chunked_ && !last_chunk_read_ && (!in_.empty() || request_ended_))
        return receive_chunk(bytes, size);
    if (at_end()) return 0;
    return failed(EAGAIN);
}

/// One chunk of as much as there is, and the last chunk when all has been read.
ssize_t Http2Stream::receive_chunk(char* bytes, size_t size) {
    if (size <= chunk_framing) return failed(EAGAIN);
    auto* out = bytes;
    if (!in_.empty()) {
        auto const data = in_.view().substr(0, size - chunk_framing);
        out = fmt::format_to(out, "{:x}\r\n", data.size());
        out = std::ranges::copy(data, out).out;
        out = std::ranges::copy(std::string_view("\r\n"), out).out;
        auto const count = data.size();
        in_.consume(count);
        session_.consumed(id_, count);
    }
    constexpr std::string_view last = "0\r\n\r\n";
    if (in_.empty() && request_ended_ && bytes + size - out >= std::ssize(last)) {
        out = std::ranges::copy(last, out).out;
        last_chunk_read_ = true;
    }
    return out - bytes;
}

ssize_t Http2Stream::send(iovec const* parts, int count) {
    ssize_t total = 0;
    for (int i = 0; i < count; ++i) {
        std::string_view const bytes(static_cast<char const*>(parts[i].iov_base), parts[i].iov_len);
        auto const taken = write(bytes);
        if (taken < 0) return total > 0 ? total : taken;
        total += taken;
        if (static_cast<size_t>(taken) < bytes.size()) break;
    }
    return total > 0 ? total : failed(EAGAIN);
}

ssize_t Http2Stream::write(std::string_view bytes) {
    size_t taken = 0;
    ResponseHead head;
    while (taken < bytes.size()) {
        if (gone_ || out_ended_) return failed(EPIPE);
        auto rest = bytes.substr(taken);
        if (response_->begun()) {
            if (out_.size() >= most_pending) {
                write_blocked_ = true;
                break;
            }
            rest = rest.substr(0, most_pending - out_.size());
        }
        auto const step = response_->next(rest, head);
        if (!step || !take_part(*step, head)) {
            cut(Http2Session::internal_error);
            return failed(EPROTO);
        }
        taken += step->consumed;
    }
    return static_cast<ssize_t>(taken);
}

bool Http2Stream::take_part(Http2Response::Step const& step, ResponseHead const& head) {
    switch (step.part) {
        case Http2Response::Part::Nothing:
            break;
        case Http2Response::Part::Interim:
            return session_.respond(*this, head);
        case Http2Response::Part::Head:
            out_ended_ = response_->done();
            return session_.respond(*this, head);
        case Http2Response::Part::Data:
            if (!out_.append(session_.worker().buffers(), step.data)) return false;
            session_.resume(*this);
            break;
    }
    if (response_->done()) end_writing();
    return true;
}

void Http2Stream::end_writing() {
    if (out_ended_ || gone_) return;
    out_ended_ = true;
    session_.resume(*this);
}

void Http2Stream::sent(size_t size) {
    if (size > 0) out_.consume(size);
    moved_at_ = session_.worker().loop().now();
    if (write_blocked_ && out_.size() <= most_pending / 2) session_.queue(*this);
}

}  // namespace carrel::proxy
