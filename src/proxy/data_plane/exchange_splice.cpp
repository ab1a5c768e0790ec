#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/worker.hpp"

#include <limits>

namespace carrel::proxy {

namespace {

/// What is shorter is copied: that takes no pipe, and one write can carry the head as well.
constexpr uint64_t worth_splicing = 131072;

}  // namespace

/// Whether what comes next of the response can go from socket to socket: the client gets the same
/// framing as the upstream sends, and nothing waits in our own memory.
bool Exchange::splices_response() {
    if (!response_pipe_.empty()) return true;
    bool const same_framing =
        (response_body_.kind == Body::Kind::Length && coding_ == BodyCoding::Length &&
         response_body_.left >= worth_splicing) ||
        (response_body_.kind == Body::Kind::UntilClose && coding_ == BodyCoding::UntilClose);
    return same_framing && !response_body_.done && upstream_->in.empty() && client_.out.empty() &&
           upstream_->socket.readable() && upstream_->socket.plain_input() &&
           client_.socket.plain_output() && response_pipe_.prepare(worker_.pipes());
}

bool Exchange::splice_response() {
    bool progress = false;
    bool const until_close = response_body_.kind == Body::Kind::UntilClose;
    if (response_pipe_.empty()) {
        auto const limit = until_close ? std::numeric_limits<uint64_t>::max() : response_body_.left;
        auto const io = response_pipe_.fill(upstream_->socket, limit);
        progress = io == Io::Progress;
        if (io == Io::Ended && until_close) {
            response_body_.done = true;
            return true;
        }
        // The client must see that the body breaks off.
        if (io == Io::Ended || io == Io::Broken) {
            note_error(status_, "The target ended its answer too soon.");
            outcome_ = Outcome::Abort;
        }
    }
    if (response_pipe_.empty() || !client_.socket.writable()) return progress;
    size_t moved = 0;
    auto const io = response_pipe_.drain(client_.socket, moved);
    if (until_close) {
        seen_.sent += moved;
    } else {
        response_body_.left -= moved;
        response_body_.done = response_body_.left == 0;
    }
    if (io == Io::Broken) outcome_ = Outcome::Abort;
    return progress || io == Io::Progress;
}

bool Exchange::splices_request() {
    if (!request_pipe_.empty()) return true;
    return request_body_.kind == Body::Kind::Length && !request_body_.done && request_started_ &&
           request_body_.left >= worth_splicing && request_.empty() && client_.in.empty() &&
           client_.socket.readable() && client_.socket.plain_input() &&
           upstream_->socket.plain_output() && request_pipe_.prepare(worker_.pipes());
}

bool Exchange::splice_request() {
    bool progress = false;
    if (request_pipe_.empty()) {
        auto const io = request_pipe_.fill(client_.socket, request_body_.left);
        progress = io == Io::Progress;
        if (progress) route_->activity->touch(worker_.loop().wall_time());
        if (io == Io::Ended || io == Io::Broken) outcome_ = Outcome::Abort;
    }
    if (request_pipe_.empty() || !upstream_->writable()) return progress;
    size_t moved = 0;
    auto const io = request_pipe_.drain(upstream_->socket, moved);
    request_body_.left -= moved;
    if (request_body_.left == 0) request_body_.done = request_done_ = true;
    // What the upstream said before it stopped reading is still worth having.
    if (io == Io::Broken) request_broken_ = true;
    return progress || io != Io::Blocked;
}

}  // namespace carrel::proxy
