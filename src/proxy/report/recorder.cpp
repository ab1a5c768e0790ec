#include "proxy/report/recorder.hpp"

#include "base/text.hpp"
#include "proxy/report/journal.hpp"

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr Milliseconds flush_after = Milliseconds(500);
constexpr size_t flush_size = 65536;
constexpr int most_complaints = 20;

}  // namespace

void Histogram::note(int64_t duration) {
    auto const bucket = std::ranges::lower_bound(bounds, duration) - bounds.begin();
    counts[static_cast<size_t>(bucket)].add();
    milliseconds.add(static_cast<uint64_t>(std::max<int64_t>(duration, 0)));
}

void Recorder::count(Observation const& seen) {
    // What the proxy says of itself (its health) is no traffic.
    if (!seen.route && seen.origin.empty()) return;
    (seen.websocket ? metrics_.requests_ws : metrics_.requests_web).add();
    if (seen.status < metrics_.answers.size()) metrics_.answers[seen.status].add();
    if (!seen.route || seen.status == 101) return;
    metrics_.bytes_from_clients.add(seen.received);
    metrics_.bytes_to_clients.add(seen.sent);
    metrics_.durations[static_cast<size_t>(seen.route->kind)].note(loop_.now() - seen.started);
}

void Recorder::log(Observation const& seen, std::string_view client) {
    if (writer_ == nullptr) return;
    if (lines_.empty()) loop_.set_deadline(*this, flush_after);
    append_line(lines_, {.time = loop_.wall_time(),
                         .client = client,
                         .method = seen.method,
                         .path = seen.path,
                         .status = seen.status,
                         .route = seen.route ? std::string_view(seen.route->path) : "",
                         .target = seen.route && seen.route->target
                                       ? std::string_view(seen.route->target->url)
                                       : "",
                         .received = seen.received,
                         .sent = seen.sent,
                         .milliseconds = loop_.now() - seen.started,
                         .request_id = seen.request_id,
                         .websocket = seen.websocket,
                         .origin = seen.origin,
                         .reason = seen.reason});
    if (lines_.size() >= flush_size) flush();
}

void Recorder::flush() {
    if (lines_.empty()) return;
    if (!writer_->write(std::move(lines_))) metrics_.access_lines_lost.add();
    lines_.clear();
}

void Recorder::complain(Observation const& seen, std::string_view client) {
    auto const second = loop_.now() / 1000;
    if (second != complained_in_) {
        if (complaints_ > most_complaints)
            log::warn("requests_failed_too", {{"count", complaints_ - most_complaints}});
        complained_in_ = second;
        complaints_ = 0;
    }
    if (++complaints_ > most_complaints) return;
    auto const* route = seen.route.get();
    journal::request_failed(
        {.status = seen.status,
         .origin = seen.origin,
         .reason = seen.reason,
         .method = seen.method,
         .path = seen.path,
         .route = route ? std::string_view(route->path) : "",
         .target = route && route->target ? std::string_view(route->target->url) : "",
         .client = client,
         .request_id = seen.request_id});
}

}  // namespace carrel::proxy
