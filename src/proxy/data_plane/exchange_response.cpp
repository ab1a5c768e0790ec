#include "base/text.hpp"
#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/worker.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr size_t most_pending = 65536;
constexpr size_t head_read = 16384;

}  // namespace

/// Some of the response is here and the client does not take it.
bool Exchange::response_waits() const {
    return !client_.out.empty() || !response_pipe_.empty() ||
           (response_started_ && !upstream_->in.empty());
}

bool Exchange::forward_response() {
    if (upstream_ == nullptr || upstream_->connecting()) return false;
    if (!response_started_) {
        // Interim responses wait, too, for a client that does not read.
        if (!client_.out.empty()) return write_response();
        return read_response_head();
    }
    bool progress = false;
    if (splices_response()) {
        progress = splice_response();
    } else {
        progress = read_response_body();
        if (outcome_ != Outcome::Waiting) return true;
        progress |= write_response();
    }
    if (outcome_ != Outcome::Waiting) return true;
    if (response_body_.done && client_.out.empty()) {
        finish();
        return true;
    }
    return progress;
}

bool Exchange::read_response_head() {
    auto& upstream = *upstream_;
    auto const size = scanner_.scan(upstream.in.view());
    auto problem = size ? std::nullopt : std::optional(size.error());
    auto& head = worker_.response_head();
    if (size && *size > 0) problem = parse(upstream.in.view().substr(0, *size), head);
    if (problem) {
        log::warn("upstream_response_malformed",
                  {{"route", for_log(route_ ? route_->path : "")}, {"reason", problem->reason}});
        answer_error(503, "The server behind this address gave a malformed answer.");
        return true;
    }
    if (*size > 0) {
        accept_response_head(head);
        if (upstream_ != nullptr) upstream_->in.consume(*size);
        scanner_.reset();
        return true;
    }
    if (!upstream.socket.readable()) return false;
    switch (upstream.socket.read(upstream.in, worker_.buffers(), head_read)) {
        case Io::Progress:
            return true;
        case Io::Blocked:
            return false;
        default:
            lost_upstream();
            return true;
    }
}

void Exchange::accept_response_head(ResponseHead const& head) {
    bool const switching = head.status == 101;
    bool const interim = head.status < 200 && !switching;
    if (switching && !accept_upgrade(head)) {
        answer_error(503, "The server behind this address gave a malformed answer.");
        return;
    }
    if (interim && minor_version_ == 0) return;
    bool const no_page = error_status_ != 0 && (head.status == 204 || head.status == 304);
    if (no_page) {
        answer_error(error_status_, "There is no page for this error.");
        return;
    }
    Answering answering{.options = worker_.options(),
                        .route = route_.get(),
                        .target = upstream_target_,
                        .client_host = host_,
                        .error_status = error_status_,
                        .client_minor_version = minor_version_,
                        .switching_protocols = switching,
                        .secure = client_.socket.secure()};
    if (!interim && !switching) {
        bool const bodiless = is_head_ || head.status == 204 || head.status == 304;
        response_body_ = Body::of_response(head.framing, bodiless);
        seen_.sent = response_body_.left;
        upstream_keeps_ = head.minor_version == 1 ? !head.framing.close : head.framing.keep_alive;
        if (response_body_.kind == Body::Kind::UntilClose) upstream_keeps_ = false;
        bool const known_end = bodiless || head.framing.content_length.has_value();
        coding_ = bodiless              ? BodyCoding::None
                  : known_end           ? BodyCoding::Length
                  : minor_version_ == 1 ? BodyCoding::Chunked
                                        : BodyCoding::UntilClose;
        // A client that is still sending has to be told now that this is the last answer.
        keep_alive_ = keep_alive_ && request_body_.done && !worker_.draining(client_) &&
                      coding_ != BodyCoding::UntilClose;
        answering.coding = coding_;
        answering.keep_alive = keep_alive_;
        status_ = error_status_ != 0 ? error_status_ : head.status;
        response_started_ = true;
        if (bodiless_ && request_done_) request_.clear();
    }
    if (!write_response_head(client_.out, worker_.buffers(), head, answering))
        outcome_ = Outcome::Abort;
    else if (switching)
        outcome_ = Outcome::Tunnel;
}

bool Exchange::accept_upgrade(ResponseHead const& head) {
    auto const upgrade = head.fields.find(Known::Upgrade);
    bool const agreed = websocket_ && error_status_ == 0 && request_done_ && head.framing.upgrade &&
                        upgrade && same_name(*upgrade, "websocket");
    if (!agreed)
        log::warn("upstream_response_malformed", {{"route", for_log(route_ ? route_->path : "")},
                                                  {"reason", "a 101 that was not asked for"}});
    return agreed;
}

bool Exchange::read_response_body() {
    if (response_body_.done) return false;
    auto& upstream = *upstream_;
    bool progress = false;
    if (upstream.in.empty() && upstream.socket.readable()) {
        switch (upstream.socket.read(upstream.in, worker_.buffers(), BufferPool::bulk_read)) {
            case Io::Progress:
                progress = true;
                break;
            case Io::Blocked:
                break;
            case Io::Ended:
                if (response_body_.kind == Body::Kind::UntilClose) {
                    response_body_.done = true;
                    if (coding_ == BodyCoding::Chunked) put_chunk({});
                    return true;
                }
                [[fallthrough]];
            case Io::Broken:
                note_error(status_, "The target ended its answer too soon.");
                outcome_ = Outcome::Abort;
                return true;
        }
    }
    bool const plain = coding_ == BodyCoding::Length;
    if (!plain && !upstream.in.empty() && client_.out.size() < most_pending) {
        decode_response_body();
        progress = true;
    }
    return progress;
}

void Exchange::decode_response_body() {
    auto& in = upstream_->in;
    while (!in.empty() && !response_body_.done && client_.out.size() < most_pending) {
        if (response_body_.kind == Body::Kind::UntilClose) {
            put_chunk(in.view());
            in.consume(in.size());
            return;
        }
        auto const step = response_body_.decoder.next(in.view());
        if (!step) {
            note_error(status_, "The target's answer is malformed.");
            outcome_ = Outcome::Abort;
            return;
        }
        if (!step->data.empty()) put_chunk(step->data);
        response_body_.done = step->done;
        if (step->done && coding_ == BodyCoding::Chunked) put_chunk({});
        if (step->consumed > 0) in.consume(step->consumed);
    }
}

/// Appends a piece of the body as the client's framing wants it; an empty one is the end.
void Exchange::put_chunk(std::string_view data) {
    seen_.sent += data.size();
    auto& buffers = worker_.buffers();
    bool fits = true;
    if (coding_ == BodyCoding::UntilClose)
        fits = client_.out.append(buffers, data);
    else if (data.empty())
        fits = client_.out.append(buffers, "0\r\n\r\n");
    else
        fits = client_.out.append(buffers, fmt::format("{:x}\r\n", data.size())) &&
               client_.out.append(buffers, data) && client_.out.append(buffers, "\r\n");
    if (!fits) outcome_ = Outcome::Abort;
}

bool Exchange::write_response() {
    if (!client_.socket.writable()) return false;
    bool const plain = response_started_ && coding_ == BodyCoding::Length && !response_body_.done;
    auto& in = upstream_->in;
    if (client_.out.empty() && (!plain || in.empty())) return false;
    size_t of_body = 0;
    auto const io = client_.socket.write(client_.out, in, plain ? response_body_.left : 0, of_body);
    if (plain) {
        response_body_.left -= of_body;
        response_body_.done = response_body_.left == 0;
    }
    if (io == Io::Broken) outcome_ = Outcome::Abort;
    return io == Io::Progress;
}

void Exchange::finish() {
    if (status_ < 300 && route_) {
        auto const now = worker_.loop().wall_time();
        if (may_change_)
            route_->activity->touch_by_change(now);
        else
            route_->activity->touch(now);
    }
    auto& upstream = *std::exchange(upstream_, nullptr);
    bool const clean = request_done_ && !request_broken_ && upstream_keeps_ &&
                       upstream.in.empty() && !upstream.socket.hung_up() &&
                       !upstream.socket.unread() && !upstream.socket.broken() &&
                       !worker_.draining();
    if (clean)
        worker_.upstreams().keep(upstream);
    else
        worker_.upstreams().close(upstream);
    outcome_ = keep_alive_ && request_body_.done ? Outcome::KeepAlive : Outcome::Close;
}

}  // namespace carrel::proxy
