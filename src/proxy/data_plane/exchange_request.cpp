#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/worker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr int64_t connect_milliseconds = 10000;
/// More than this waits in no buffer on its way.
constexpr size_t most_pending = 65536;

}  // namespace

void Exchange::connect() {
    auto& pool = worker_.upstreams();
    if (connect_until_ == 0) connect_until_ = worker_.loop().now() + connect_milliseconds;
    for (; address_ < upstream_target_->addresses.size(); ++address_) {
        auto const& address = upstream_target_->addresses[address_];
        // After a reused connection has failed, others of the same age are not to be trusted.
        if (!retried_) upstream_ = pool.take_idle(address, upstream_target_->tls_host, user_);
        if (upstream_ != nullptr) return;
        auto connected = pool.connect(address, upstream_target_->tls_host, user_);
        if (connected) {
            upstream_ = *connected;
            return;
        }
        if (connected.error().code == Code::LimitReached) return;  // `give_up` tries again
    }
    upstream_target_->note_unreachable();
    answer_error(503, "The server behind this address does not answer.");
}

void Exchange::drop_upstream() {
    if (auto* const upstream = std::exchange(upstream_, nullptr))
        worker_.upstreams().close(*upstream);
}

/// The upstream has gone before the first byte of its answer.
void Exchange::lost_upstream() {
    bool const never_connected = upstream_->failed();
    if (!never_connected) upstream_->explain_break();
    // A kept connection that the peer closed at the same moment: sending once more is right when
    // nothing was sent, and harmless when the method says so.
    bool const stale = upstream_->reused() && !retried_ && upstream_->in.empty() &&
                       (!request_started_ || (bodiless_ && idempotent_));
    drop_upstream();
    if (!never_connected && !stale) {
        answer_error(503, "The server behind this address has closed the connection.");
        return;
    }
    if (stale) retried_ = true;
    if (never_connected) ++address_;
    request_sent_ = 0;
    request_started_ = request_done_ = request_broken_ = false;
    scanner_.reset();
    connect();
}

/// Some of an unfinished request is here and the upstream does not take it.
bool Exchange::request_waits() const {
    return !request_.empty() || !request_pipe_.empty() || !client_.in.empty();
}

bool Exchange::forward_request() {
    if (upstream_->connecting() || request_done_ || request_broken_) return false;
    if (splices_request()) return splice_request();
    bool progress = false;
    if (!request_body_.done && request_started_) progress = read_request_body();
    if (outcome_ != Outcome::Waiting || answered_) return true;
    return write_request() || progress;
}

bool Exchange::read_request_body() {
    bool progress = false;
    if (client_.in.empty() && client_.socket.readable()) {
        auto const size =
            request_body_.kind == Body::Kind::Length && request_body_.left <= BufferPool::small_read
                ? BufferPool::small_read
                : BufferPool::bulk_read;
        switch (client_.socket.read(client_.in, worker_.buffers(), size)) {
            case Io::Progress:
                route_->activity->touch(worker_.loop().wall_time());
                progress = true;
                break;
            case Io::Blocked:
                break;
            default:
                outcome_ = Outcome::Abort;
                return true;
        }
    }
    if (request_body_.kind == Body::Kind::Chunked && !client_.in.empty() &&
        request_.size() < most_pending) {
        decode_request_body();
        progress = true;
    }
    return progress;
}

void Exchange::decode_request_body() {
    auto& buffers = worker_.buffers();
    while (!client_.in.empty() && !request_body_.done && request_.size() < most_pending) {
        auto const step = request_body_.decoder.next(client_.in.view());
        if (!step) {
            // The upstream has part of a body that never ends: it must not take it for a whole one.
            refused_ = true;
            if (response_started_)
                outcome_ = Outcome::Abort;
            else
                answer_built_in(step.error().status, step.error().reason);
            return;
        }
        bool fits = true;
        if (!step->data.empty()) {
            fits = request_.append(buffers, fmt::format("{:x}\r\n", step->data.size())) &&
                   request_.append(buffers, step->data) && request_.append(buffers, "\r\n");
        }
        if (step->done) fits = fits && request_.append(buffers, "0\r\n\r\n");
        if (!fits) outcome_ = Outcome::Abort;
        request_body_.done = step->done;
        seen_.received += step->data.size();
        if (step->consumed > 0) client_.in.consume(step->consumed);
    }
}

bool Exchange::write_request() {
    auto& socket = upstream_->socket;
    if (!upstream_->writable()) return false;
    auto io = Io::Progress;
    size_t of_body = 0;
    if (bodiless_) {
        io = socket.write(request_.view(), request_sent_);
        request_done_ = request_sent_ == request_.size();
    } else {
        bool const plain = request_body_.kind == Body::Kind::Length && !client_.in.empty();
        if (request_.empty() && (!plain || request_body_.left == 0)) {
            request_done_ = request_body_.done;
            return request_done_;
        }
        io = socket.write(request_, client_.in, plain ? request_body_.left : 0, of_body);
        request_body_.left -= of_body;
        if (request_body_.kind == Body::Kind::Length && request_body_.left == 0)
            request_body_.done = true;
        request_done_ = request_body_.done && request_.empty();
    }
    if (io == Io::Progress) request_started_ = true;
    // What the upstream said before it stopped reading is still worth having.
    if (io == Io::Broken) request_broken_ = true;
    return io == Io::Progress || io == Io::Broken;
}

}  // namespace carrel::proxy
