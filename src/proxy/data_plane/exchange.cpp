#include "proxy/data_plane/exchange.hpp"

#include "base/encoding.hpp"
#include "proxy/data_plane/worker.hpp"
#include "proxy/message/path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carrel::proxy {

namespace {

constexpr Milliseconds body_patience = Milliseconds(60000);
constexpr Milliseconds write_patience = Milliseconds(120000);
/// A client that has only shut down its sending side gets this long for an answer to begin or to
/// move on; one that has gone looks just the same until we write to it.
constexpr Milliseconds hung_up_patience = Milliseconds(2000);
constexpr Milliseconds backlog_patience = Milliseconds(64);

/// RFC 9110 section 9.2.1.
bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
           method == "DELETE";
}

/// "/" + Host without its port + path, the key of --host-routing.
std::string host_key(RequestHead const& head, std::string_view path) {
    auto host = head.host;
    auto const colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
        host = host.substr(0, colon);
    return fmt::format("/{}{}", host, path);
}

}  // namespace

Exchange::Exchange(Worker& worker, Client& client, UpstreamUser& user)
    : worker_(worker), client_(client), user_(user) {}

Exchange::~Exchange() {
    drop_upstream();
    note_end();
}

void Exchange::start(RequestHead const& head) {
    read_preferences(head);
    note_start(head);
    if (answer_locally(head) || !find_route(head) || !authorize(head)) return;
    forward(head);
}

void Exchange::refuse(HeadProblem const& problem) {
    refused_ = true;
    request_id_ = worker_.next_request_id();
    answer_built_in(problem.status, problem.reason);
}

void Exchange::read_preferences(RequestHead const& head) {
    minor_version_ = head.minor_version;
    auto const& framing = head.framing;
    keep_alive_ = minor_version_ == 1 ? !framing.close : framing.keep_alive && !framing.close;
    request_body_ = Body::of_request(framing);
    bodiless_ = request_body_.done;
    is_head_ = head.method == "HEAD";
    idempotent_ = is_idempotent(head.method);
    may_change_ = !is_safe(head.method);
    websocket_ = head.websocket;
    if (auto const accept = head.fields.find(Known::Accept))
        accepts_html_ = accept->find("text/html") != std::string_view::npos;
    request_id_ = worker_.next_request_id();
    if (worker_.options().error_target) target_ = head.target;
    if (worker_.options().auto_rewrite) host_ = head.host;
}

bool Exchange::answer_locally(RequestHead const& head) {
    if (answer_challenge(head) || lead_to_https(head)) return true;
    if (head.path == "*") {
        answer({.status = 200, .content_type = {}, .body = {}, .fields = {}});
        return true;
    }
    if (head.path == "/_chp_healthz") {
        answer({.status = 200,
                .content_type = "application/json",
                .body = R"({"status":"OK"})",
                .fields = {}});
        return true;
    }
    return false;
}

bool Exchange::find_route(RequestHead const& head) {
    std::string storage;
    auto const path = decode_path(head.path, storage);
    if (!path) {
        answer_built_in(400, "The address is malformed.");
        return false;
    }
    StopWatch const watch(worker_.recorder());
    auto const* route = worker_.options().host_routing
                            ? worker_.routes().find(host_key(head, *path))
                            : worker_.routes().find(*path);
    if (route == nullptr) {
        answer_error(404, "There is nothing at this address.");
        return false;
    }
    route_ = *route;
    may_change_ = may_change_ && !is_idle_change(*route_, *path);
    return true;
}

bool Exchange::authorize(RequestHead const& head) {
    using Verdict = EdgeAuth::Verdict;
    if (auto const elsewhere = EdgeAuth::check_origin(*route_, head))
        decision_ = *elsewhere;
    else if (!route_->login)
        return true;
    else
        decision_ = worker_.auth().decide(*route_, head, worker_.loop().wall_time());
    if (decision_.verdict == Verdict::Pass) return true;
    if (decision_.verdict == Verdict::Forbid) {
        answer_built_in(403, decision_.reason);
        return false;
    }
    auto const where = decision_.verdict == Verdict::Elsewhere
                           ? fmt::format("{}{}", route_->origin, head.target)
                           : fmt::format("{}?next={}", *route_->login, percent_encode(head.target));
    auto const fields = fmt::format("Location: {}\r\nCache-Control: no-store\r\n", where);
    answer({.status = 302, .content_type = {}, .body = {}, .fields = fields});
    return false;
}

void Exchange::forward(RequestHead const& head) {
    if (!route_->target) {
        answer_error(route_->target.error().code == Code::NotFound ? 503 : 500,
                     "The server behind this address cannot be reached.");
        return;
    }
    upstream_target_ = &*route_->target;
    Forwarding const forwarding{.options = worker_.options(),
                                .route = *route_,
                                .target = *upstream_target_,
                                .decision = decision_,
                                .client_address = client_.address,
                                .secure = client_.socket.secure(),
                                .new_request_id = request_id_};
    if (!write_request_head(request_, worker_.buffers(), head, forwarding)) {
        refused_ = true;
        answer_built_in(431, "the request head is too large");
        return;
    }
    connect();
}

Outcome Exchange::step() {
    if (client_.socket.broken()) return Outcome::Abort;
    if (answered_) return flush();
    if (upstream_ == nullptr) return Outcome::Waiting;
    if (upstream_->failed()) {
        lost_upstream();
        return Outcome::Progress;
    }
    bool progress = forward_request();
    if (outcome_ == Outcome::Waiting && !answered_) progress |= forward_response();
    if (outcome_ != Outcome::Waiting) return outcome_;
    return progress || answered_ ? Outcome::Progress : Outcome::Waiting;
}

Milliseconds Exchange::patience() const {
    if (answered_) return body_patience;
    if (upstream_ == nullptr) return backlog_patience;
    if (upstream_->connecting())
        return Milliseconds(std::max<int64_t>(1, connect_until_ - worker_.loop().now()));
    if (response_waits()) return write_patience;
    if (!request_body_.done) {
        if (request_waits() || request_broken_) return write_patience;
        auto const wanted = worker_.options().client_timeout;
        return wanted.count() > 0 ? wanted : body_patience;
    }
    if (client_.socket.hung_up()) return hung_up_patience;
    return worker_.options().upstream_timeout;
}

Outcome Exchange::give_up() {
    bool const theirs = request_body_.done && !response_waits() && !client_.socket.hung_up();
    if (!answered_ && response_started_ && theirs)
        note_error(status_, "The target did not go on with its answer.");
    if (answered_ || response_started_) return Outcome::Abort;
    if (upstream_ == nullptr || upstream_->connecting()) {
        bool const waiting = upstream_ == nullptr && worker_.loop().now() < connect_until_;
        drop_upstream();
        if (waiting) {
            connect();
        } else {
            upstream_target_->note_unreachable();
            answer_error(503, "The server behind this address does not answer.");
        }
        return Outcome::Progress;
    }
    if (!request_body_.done && !request_waits() && !request_broken_) {
        drop_upstream();
        answer_built_in(408, "The request did not arrive in time.");
        return Outcome::Progress;
    }
    if (client_.socket.hung_up()) return Outcome::Abort;
    drop_upstream();
    answer_error(503, "The server behind this address did not answer in time.");
    return Outcome::Progress;
}

}  // namespace carrel::proxy
