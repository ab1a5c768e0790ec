#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/worker.hpp"

namespace carrel::proxy {

void Exchange::note_start(RequestHead const& head) {
    auto const& recorder = worker_.recorder();
    if (recorder.active()) seen_.started = worker_.loop().now();
    seen_.websocket = head.websocket;
    seen_.received = request_body_.left;
    if (!recorder.keeps_paths()) return;
    seen_.method = head.method;
    seen_.path = head.path;
}

/// The first thing that goes wrong is what the rest follows from.
void Exchange::note_error(unsigned status, std::string_view reason) {
    if (!seen_.origin.empty()) return;
    if (seen_.started == 0) seen_.started = worker_.loop().now();
    seen_.status = status;
    seen_.reason = reason;
    bool const by_target = route_ && route_->target && (status >= 500 || response_started_);
    seen_.origin = by_target ? "target" : status >= 500 || status == 404 ? "proxy" : "client";
    if (seen_.origin == "client") return;
    seen_.request_id = request_id_;
    seen_.route = route_;
    worker_.recorder().complain(seen_, client_.address);
}

void Exchange::note_end() {
    auto& recorder = worker_.recorder();
    if (!recorder.active()) return;
    if (answered_ && client_.out.empty() && outcome_ == Outcome::Waiting) outcome_ = Outcome::Close;
    bool const whole =
        outcome_ == Outcome::KeepAlive || outcome_ == Outcome::Close || outcome_ == Outcome::Tunnel;
    seen_.status = outcome_ == Outcome::Tunnel ? 101 : status_;
    seen_.route = std::move(route_);
    if (!whole && seen_.origin.empty()) {
        auto const& socket = client_.socket;
        bool const stopped =
            worker_.draining() && !socket.broken() && !socket.ended() && !socket.hung_up();
        seen_.origin = stopped ? "proxy" : "client";
        seen_.reason = stopped ? "The proxy was stopped." : "The client went away.";
    }
    if (response_body_.kind == Body::Kind::Length) seen_.sent -= response_body_.left;
    if (request_body_.kind == Body::Kind::Length) seen_.received -= request_body_.left;
    recorder.count(seen_);
    if (outcome_ == Outcome::Tunnel || !recorder.logs()) return;
    seen_.request_id = std::move(request_id_);
    recorder.log(seen_, client_.address);
}

std::unique_ptr<Observation> Exchange::take_observation() {
    if (!worker_.recorder().logs()) return nullptr;
    auto seen = std::make_unique<Observation>();
    seen->method = seen_.method;
    seen->path = seen_.path;
    seen->request_id = request_id_;
    seen->route = route_;
    seen->started = seen_.started;
    seen->status = 101;
    seen->websocket = true;
    return seen;
}

}  // namespace carrel::proxy
