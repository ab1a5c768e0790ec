#include "proxy/api/side_connection.hpp"

#include "proxy/message/error_page.hpp"

#include <fmt/format.h>

namespace carrel::proxy {

namespace {

constexpr Milliseconds patience = Milliseconds(75000);
constexpr Milliseconds goodbye_patience = Milliseconds(2000);
constexpr size_t one_read = 65536;
/// More than this waits for the client to read before anything further is answered.
constexpr size_t most_pending = 262144;
constexpr int steps_in_a_row = 64;

}  // namespace

SideConnection::SideConnection(SideServer& server, Socket socket)
    : server_(server), socket_(std::move(socket)) {}

void SideConnection::start() { server_.loop_.set_deadline(*this, patience); }

void SideConnection::close() {
    if (closed_) return;
    closed_ = true;
    feed_.reset();
    job_.reset();
    server_.loop_.before_close(socket_.descriptor());
    socket_.close();
    server_.forget(*this);
}

void SideConnection::on_ready(uint32_t events) {
    if (closed_) return;
    socket_.note(events);
    advance();
}

void SideConnection::advance() {
    if (advancing_) return;  // a feed that wakes us while it is being asked
    advancing_ = true;
    auto outcome = Step::Progress;
    for (int i = 0; i < steps_in_a_row && outcome == Step::Progress; ++i) outcome = step();
    advancing_ = false;
    if (outcome == Step::Gone) return close();
    if (outcome == Step::Progress) server_.loop_.defer(*this);
    // A feed without news may be silent for ever; everybody else has to go on.
    if (feed_ && out_.empty())
        server_.loop_.clear_deadline(*this);
    else
        server_.loop_.set_deadline(*this, told_ ? goodbye_patience : patience);
}

SideConnection::Step SideConnection::step() {
    if (socket_.broken()) return Step::Gone;
    if (!established_) {
        auto const io = socket_.establish();
        if (io != Io::Progress) return io == Io::Blocked ? Step::Blocked : Step::Gone;
        established_ = true;
    }
    while (!feed_ && !job_ && !ending_ && out_.size() < most_pending && take()) {
    }
    if (!out_.empty()) return write();
    if (job_) {
        if (auto done = job_->step()) {
            job_.reset();
            answer(*std::move(done));
        }
        // Others get their turn between two steps of a long job.
        server_.loop_.defer(*this);
        return out_.empty() ? Step::Blocked : Step::Progress;
    }
    if (feed_) return pump();
    if (ending_) return say_goodbye();
    return read();
}

/// What the client is still sending is read and forgotten: a reset could overtake our answer.
SideConnection::Step SideConnection::say_goodbye() {
    if (!told_) socket_.shut_down_writing();
    told_ = true;
    if (socket_.readable()) socket_.discard();
    return socket_.ended() || socket_.broken() ? Step::Gone : Step::Blocked;
}

SideConnection::Step SideConnection::read() {
    if (!socket_.readable()) return Step::Blocked;
    switch (socket_.read(in_, server_.buffers_, one_read)) {
        case Io::Progress:
            return Step::Progress;
        case Io::Blocked:
            return Step::Blocked;
        default:
            return Step::Gone;
    }
}

SideConnection::Step SideConnection::write() {
    if (!socket_.writable()) return Step::Blocked;
    switch (socket_.write(out_, sent_)) {
        case Io::Progress:
            break;
        case Io::Blocked:
            return Step::Blocked;
        default:
            return Step::Gone;
    }
    if (sent_ == out_.size()) {
        sent_ = 0;
        out_.clear();
        if (out_.capacity() > 2 * most_pending) out_.shrink_to_fit();
    }
    return Step::Progress;
}

SideConnection::Step SideConnection::pump() {
    // A client that has gone is noticed by reading. What it may send is for later.
    if (!socket_.ended()) read();
    if (socket_.broken()) return Step::Gone;
    // The size of a chunk is known once the chunk is there. Zeros before it mean nothing.
    constexpr std::string_view place_of_size = "00000000\r\n";
    auto const begin = out_.size();
    if (chunked_) out_ += place_of_size;
    auto const from = out_.size();
    auto const state = feed_->next(out_);
    if (out_.size() == from) {
        out_.resize(begin);
    } else if (chunked_) {
        fmt::format_to(out_.begin() + static_cast<ptrdiff_t>(begin), "{:08x}", out_.size() - from);
        out_ += "\r\n";
    }
    if (state == Feed::State::End) {
        if (chunked_) out_ += "0\r\n\r\n";
        feed_.reset();
    }
    if (!out_.empty() || state != Feed::State::Waiting) return Step::Progress;
    return socket_.ended() ? Step::Gone : Step::Blocked;
}

bool SideConnection::take() { return in_body_ ? take_body() : take_head(); }

bool SideConnection::take_head() {
    while (in_.view().starts_with("\r\n")) in_.consume(2);
    if (in_.empty()) return false;
    auto const size = scanner_.scan(in_.view());
    if (!size) {
        refuse(size.error());
        return true;
    }
    if (*size == 0) return false;
    head_text_.assign(in_.view().substr(0, *size));
    in_.consume(*size);
    scanner_.reset();
    auto& head = server_.head_;
    if (auto const problem = parse(head_text_, head)) {
        refuse(*problem);
        return true;
    }
    request_ = {.method = head.method,
                .target = head.target,
                .path = head.path,
                .host = head.host,
                .accept = head.fields.find(Known::Accept).value_or(""),
                .authorization = head.fields.find(Known::Authorization).value_or(""),
                .body = {}};
    minor_version_ = head.minor_version;
    is_head_ = head.method == "HEAD";
    keep_alive_ = (minor_version_ == 1 ? !head.framing.close : head.framing.keep_alive) &&
                  !server_.last_answers_;
    body_ = Body::of_request(head.framing);
    largest_body_ = server_.handler_.largest_body(request_);
    if (body_.kind == Body::Kind::Length && body_.left > largest_body_) {
        refuse({413, "the body is too large"});
        return true;
    }
    if (head.expects_continue && !body_.done) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (body_.kind == Body::Kind::Length) request_.body.reserve(body_.left);
    in_body_ = !body_.done;
    if (!in_body_) respond();
    return true;
}

bool SideConnection::take_body() {
    if (in_.empty()) return false;
    if (body_.kind == Body::Kind::Length) {
        auto const piece = in_.view().substr(0, body_.left);
        request_.body += piece;
        body_.left -= piece.size();
        body_.done = body_.left == 0;
        in_.consume(piece.size());
    } else {
        auto const step = body_.decoder.next(in_.view());
        if (!step) {
            refuse(step.error());
            return true;
        }
        request_.body += step->data;
        body_.done = step->done;
        if (step->consumed > 0) in_.consume(step->consumed);
        if (request_.body.size() > largest_body_) {
            refuse({413, "the body is too large"});
            return true;
        }
    }
    if (!body_.done) return true;
    in_body_ = false;
    respond();
    return true;
}

void SideConnection::refuse(HeadProblem const& problem) {
    keep_alive_ = in_body_ = false;
    answer({.status = problem.status,
            .content_type = "text/plain; charset=utf-8",
            .body = std::string(problem.reason)});
}

void SideConnection::respond() {
    if (server_.last_answers_) keep_alive_ = false;
    answer(server_.handler_.handle(request_));
}

void SideConnection::answer(SideAnswer answer) {
    if (answer.job) {
        job_ = std::move(answer.job);
        return;
    }
    write_head(answer);
    if (!is_head_) {
        out_ += answer.body;
        feed_ = std::move(answer.feed);
    }
    if (feed_) feed_->wake = [this] { server_.loop_.defer(*this); };
    if (!keep_alive_) ending_ = true;
    request_.body = {};
}

void SideConnection::write_head(SideAnswer const& answer) {
    auto out = std::back_inserter(out_);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", answer.status, reason_phrase(answer.status));
    if (!answer.content_type.empty())
        fmt::format_to(out, "Content-Type: {}\r\n", answer.content_type);
    chunked_ = answer.feed && minor_version_ == 1;
    if (answer.feed && !chunked_) keep_alive_ = false;
    if (chunked_)
        out_ += "Transfer-Encoding: chunked\r\n";
    else if (!answer.feed && answer.status != 204)
        fmt::format_to(out, "Content-Length: {}\r\n", answer.body.size());
    out_ += answer.fields;
    if (!keep_alive_)
        out_ += "Connection: close\r\n";
    else if (minor_version_ == 0)
        out_ += "Connection: keep-alive\r\n";
    out_ += "\r\n";
}

}  // namespace carrel::proxy
