#include "base/encoding.hpp"
#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/worker.hpp"
#include "proxy/message/error_page.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace carrel::proxy {

void Exchange::answer(Answer const& answer) {
    drop_upstream();
    answered_ = true;
    status_ = answer.status;
    // What the client is still sending would be taken for its next request.
    keep_alive_ = keep_alive_ && request_body_.done && !refused_ && !worker_.draining(client_);
    fmt::memory_buffer text;
    auto out = std::back_inserter(text);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", answer.status, reason_phrase(answer.status));
    if (!answer.content_type.empty())
        fmt::format_to(out, "Content-Type: {}\r\n", answer.content_type);
    fmt::format_to(out, "Content-Length: {}\r\n{}X-Request-Id: {}\r\n", answer.body.size(),
                   answer.fields, request_id_);
    if (client_.socket.secure() && worker_.options().hsts.count() > 0)
        fmt::format_to(out, "{}", hsts_field(worker_.options()));
    if (!keep_alive_)
        fmt::format_to(out, "Connection: close\r\n");
    else if (minor_version_ == 0)
        fmt::format_to(out, "Connection: keep-alive\r\n");
    fmt::format_to(out, "\r\n{}", is_head_ ? std::string_view() : answer.body);
    if (!client_.out.append(worker_.buffers(), {text.data(), text.size()}))
        outcome_ = Outcome::Abort;
}

void Exchange::answer_error(unsigned status, std::string_view detail) {
    note_error(status, detail);
    drop_upstream();
    if (error_status_ == 0 && fetch_error_page(status)) return;
    answer_built_in(error_status_ != 0 ? error_status_ : status, detail);
}

void Exchange::answer_built_in(unsigned status, std::string_view detail) {
    note_error(status, detail);
    // The control process comes back by itself; a notebook server has to be started.
    bool const comes_back = status == 503 && route_ && route_->trusted;
    if (comes_back) detail = "The service is restarting. This page tries again by itself.";
    std::string fields;
    if (comes_back) fields += "Retry-After: 1\r\n";
    if (status == 405) fields += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";
    fields += "Cache-Control: no-store\r\n";
    // A failed upgrade is answered without a body, as nobody would read it.
    if (websocket_ && status != 403) {
        keep_alive_ = false;
        answer({.status = status, .content_type = {}, .body = {}, .fields = fields});
        return;
    }
    if (auto const page = read_error_page(status)) {
        answer({.status = status,
                .content_type = content_type(true),
                .body = *page,
                .fields = fields});
        return;
    }
    bool const html = accepts_html_ && status != 403;
    auto const body = render({.status = status,
                              .detail = detail,
                              .request_id = request_id_,
                              .html = html,
                              .refresh = comes_back});
    answer({.status = status, .content_type = content_type(html), .body = body, .fields = fields});
}

/// Asks --error-target for the page: GET <target>/<status>?url=<what was asked for>. The upstream's
/// answer then goes to the client as any other does, with our status instead of its own.
bool Exchange::fetch_error_page(unsigned status) {
    auto const& target = worker_.options().error_target;
    // Upgrades get no page, and what the client still sends must not reach the error target.
    if (!target || websocket_ || !request_body_.done) return false;
    auto const text =
        fmt::format("GET {}/{}?url={} HTTP/1.1\r\nHost: {}\r\nX-Request-Id: {}\r\n{}\r\n",
                    target->path, status, percent_encode(target_), target->authority, request_id_,
                    accepts_html_ ? "Accept: text/html\r\n" : "");
    request_.clear();
    if (!request_.append(worker_.buffers(), text)) return false;
    error_status_ = status;
    upstream_target_ = &*target;
    connect_until_ = 0;
    address_ = request_sent_ = 0;
    bodiless_ = idempotent_ = true;
    retried_ = request_started_ = request_done_ = request_broken_ = false;
    scanner_.reset();
    connect();
    return true;
}

/// The page for a status in --error-path: "<status>.html", else "error.html".
std::optional<std::string> Exchange::read_error_page(unsigned status) const {
    auto const& folder = worker_.options().error_path;
    if (folder.empty()) return {};
    for (auto const& name : {fmt::format("{}.html", status), std::string("error.html")}) {
        std::ifstream file(folder / name, std::ios::binary);
        if (file) return std::string(std::istreambuf_iterator<char>(file), {});
    }
    return {};
}

Outcome Exchange::flush() {
    if (outcome_ != Outcome::Waiting) return outcome_;
    if (client_.out.empty()) return keep_alive_ ? Outcome::KeepAlive : Outcome::Close;
    if (!client_.socket.writable()) return Outcome::Waiting;
    switch (client_.socket.write(client_.out)) {
        case Io::Progress:
            return Outcome::Progress;
        case Io::Blocked:
            return Outcome::Waiting;
        default:
            return Outcome::Abort;
    }
}

}  // namespace carrel::proxy
