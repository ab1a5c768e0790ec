#include "proxy/data_plane/connection.hpp"

#include "proxy/data_plane/worker.hpp"
#include "proxy/message/characters.hpp"
#include "runtime/log.hpp"

#include <sys/socket.h>

namespace carrel::proxy {

namespace {

/// For the first byte of the first request; browsers open connections before they need them.
constexpr Milliseconds first_patience = Milliseconds(60000);
constexpr Milliseconds goodbye_patience = Milliseconds(2000);
/// After this many steps other connections get their turn.
constexpr int steps_in_a_row = 32;

/// What can be said of the beginning of a head, while the rest is still to come.
std::optional<HeadProblem> check_beginning(std::string_view bytes, RequestHead& scratch) {
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    if (bytes.empty() || bytes == "\r") return {};
    if (!is_token(bytes.front())) return HeadProblem{400, "this is not HTTP"};
    auto const end = bytes.find('\n');
    if (end != std::string_view::npos) return parse_request_line(bytes.substr(0, end + 1), scratch);
    if (bytes.size() > largest_target + 64)
        return HeadProblem{414, "the request target is longer than 16 KiB"};
    return {};
}

/// A TLS connection begins with the byte 22, a request with a letter.
bool speaks_plainly(Socket const& socket) {
    char first = 0;
    return socket.descriptor() >= 0 && recv(socket.descriptor(), &first, 1, MSG_PEEK) == 1 &&
           first >= 'A' && first <= 'Z';
}

}  // namespace

Connection::Connection(Worker& worker, Socket socket, std::string address) : worker_(worker) {
    client_.socket = std::move(socket);
    client_.address = std::move(address);
}

void Connection::start() {
    // A layer without a descriptor, a stream of HTTP/2, is ready as it is.
    if (client_.socket.layer() != nullptr && client_.socket.descriptor() >= 0)
        state_ = State::Handshake;
    set_patience(state_ == State::Handshake ? handshake_patience : first_patience);
}

void Connection::start_refused(HeadProblem const& problem) { refuse(problem); }

void Connection::on_ready(uint32_t events) {
    if (state_ == State::Closed || frozen_) return;
    client_.socket.note(events);
    advance();
}

void Connection::on_deadline() {
    switch (state_) {
        case State::Closed:
            return;
        case State::Handshake:
            close();
            return;
        case State::Head:
            if (head_begun_) {
                refuse({408, "the request head did not arrive in time"});
                break;
            }
            close();
            return;
        case State::Exchange:
            if (exchange_->give_up() == Outcome::Abort) {
                cut_off();
                close();
                return;
            }
            break;
        case State::Http2:
            if (http2_->give_up() == Outcome::Abort) {
                cut_off();
                close();
                return;
            }
            break;
        case State::Tunnel:
        case State::Lingering:
            close();
            return;
    }
    advance();
}

void Connection::advance() {
    if (advancing_ || frozen_ || state_ == State::Closed) return;
    advancing_ = true;
    int steps = 0;
    while (state_ != State::Closed && step())
        if (++steps == steps_in_a_row) {
            worker_.loop().defer(*this);
            break;
        }
    advancing_ = false;
    if (state_ == State::Exchange) set_patience(exchange_->patience());
    if (state_ == State::Tunnel) set_patience(tunnel_->patience());
    if (state_ == State::Http2) set_patience(http2_->patience());
}

void Connection::set_patience(Milliseconds patience) {
    if (patience.count() > 0)
        worker_.loop().set_deadline(*this, patience);
    else
        worker_.loop().clear_deadline(*this);
}

bool Connection::step() {
    switch (state_) {
        case State::Handshake:
            return shake_hands();
        case State::Head:
            return read_head();
        case State::Exchange:
            return step_exchange();
        case State::Tunnel:
            return step_tunnel();
        case State::Http2:
            return step_http2();
        case State::Lingering:
            return linger();
        case State::Closed:
            return false;
    }
    return false;
}

bool Connection::shake_hands() {
    // Somebody who typed http:// for https:// is told the way instead of nothing.
    if (speaks_plainly(client_.socket)) client_.socket.set_layer(nullptr);
    auto const io = client_.socket.establish();
    if (io == Io::Blocked) return false;
    if (io == Io::Progress) {
        expect_request();
        set_patience(first_patience);
        return true;
    }
    log::debug("handshake_failed", {{"origin", "client"},
                                    {"address", client_.address},
                                    {"reason", client_.socket.layer()->problem()}});
    close();
    return false;
}

bool Connection::read_head() {
    if (!client_.in.empty()) {
        // The deadline is for the whole head: what trickles in does not move it.
        if (!head_begun_) set_patience(worker_.options().head_timeout);
        head_begun_ = true;
        auto const bytes = client_.in.view();
        if (first_ && may_be_http2()) {
            auto const preface = Http2Session::is_preface(bytes);
            if (!preface) return read_more_head();
            if (*preface) return begin_http2();
            if (client_.socket.layer()) {  // it had promised
                close();
                return false;
            }
        }
        auto const size = scanner_.scan(bytes);
        if (!size) {
            refuse(size.error());
            return true;
        }
        if (*size > 0) return begin_exchange(bytes.substr(0, *size));
        if (auto const problem = check_beginning(bytes, worker_.request_head())) {
            refuse(*problem);
            return true;
        }
    }
    return read_more_head();
}

bool Connection::read_more_head() {
    if (!client_.socket.readable()) return false;
    auto const io = client_.socket.read(client_.in, worker_.buffers(), BufferPool::small_read);
    if (io == Io::Ended || io == Io::Broken) close();
    return io == Io::Progress;
}

/// With TLS both sides have agreed on it; without, the client just begins.
bool Connection::may_be_http2() const {
    auto const* const layer = client_.socket.layer();
    return layer ? layer->protocol() == "h2" : worker_.options().cleartext_http2;
}

bool Connection::begin_http2() {
    http2_ = std::make_unique<Http2Session>(worker_, client_, *this);
    state_ = State::Http2;
    if (worker_.draining()) http2_->drain();
    return true;
}

bool Connection::begin_exchange(std::string_view bytes) {
    first_ = false;
    auto& head = worker_.request_head();
    if (auto const problem = parse(bytes, head)) {
        refuse(*problem);
        return true;
    }
    exchange_ = std::make_unique<Exchange>(worker_, client_, *this);
    state_ = State::Exchange;
    exchange_->start(head);
    client_.in.consume(bytes.size());
    return true;
}

void Connection::refuse(HeadProblem const& problem) {
    exchange_ = std::make_unique<Exchange>(worker_, client_, *this);
    state_ = State::Exchange;
    exchange_->refuse(problem);
}

bool Connection::step_exchange() {
    switch (exchange_->step()) {
        case Outcome::Waiting:
            return false;
        case Outcome::Progress:
            return true;
        case Outcome::KeepAlive:
            exchange_.reset();
            expect_request();
            return true;
        case Outcome::Close:
            say_goodbye(exchange_->request_unread());
            return true;
        case Outcome::Abort:
            cut_off();
            close();
            return false;
        case Outcome::Tunnel:
            tunnel_ = std::make_unique<Tunnel>(worker_, client_, *exchange_);
            exchange_.reset();
            state_ = State::Tunnel;
            return !worker_.hand_on(*this);
    }
    return false;
}

bool Connection::step_tunnel() {
    auto const outcome = tunnel_->step();
    if (outcome == Outcome::Close) close();
    return outcome == Outcome::Progress;
}

bool Connection::step_http2() {
    switch (http2_->step()) {
        case Outcome::Progress:
            return true;
        case Outcome::Waiting:
            return false;
        case Outcome::Close:
            say_goodbye(!client_.socket.ended() && !http2_->orderly());
            return true;
        default:
            cut_off();
            close();
            return false;
    }
}

void Connection::expect_request() {
    if (worker_.draining(client_) && !is_newcomer()) {
        say_goodbye(false);
        return;
    }
    state_ = State::Head;
    scanner_.reset();
    head_begun_ = false;
    if (worker_.hand_on(*this)) return;
    set_patience(worker_.options().keep_alive_timeout);
}

/// Closing a socket that has unread input resets the connection, and a reset makes the client's
/// system throw away the answer. So what still arrives is read for a moment.
void Connection::say_goodbye(bool unread) {
    exchange_.reset();
    http2_.reset();
    if (!unread && client_.in.empty() && !client_.socket.readable()) {
        close();
        return;
    }
    client_.in.clear();
    client_.socket.shut_down_writing();
    state_ = State::Lingering;
    set_patience(goodbye_patience);
}

bool Connection::linger() {
    if (!client_.socket.readable()) return false;
    auto const size = client_.socket.discard();
    if (client_.socket.ended() || client_.socket.broken()) close();
    return size > 0;
}

/// Somebody who has just come, while a successor takes over: closing now would be an error to the
/// client, which has been told nothing yet, so the first request is still answered here.
bool Connection::is_newcomer() const { return first_ && worker_.leaving(); }

void Connection::drain() {
    if (is_newcomer() && (state_ == State::Handshake || state_ == State::Head)) return;
    if (state_ == State::Handshake) close();
    if (state_ == State::Head && !head_begun_ && client_.in.empty()) close();
    if (state_ == State::Http2) http2_->drain();
}

Route const* Connection::route() const {
    if (tunnel_) return &tunnel_->route();
    return exchange_ ? exchange_->route().get() : nullptr;
}

EdgeTokenPointer Connection::token() const {
    if (tunnel_) return tunnel_->token();
    return exchange_ ? exchange_->token() : nullptr;
}

void Connection::close() {
    if (state_ == State::Closed) return;
    state_ = State::Closed;
    worker_.loop().before_close(client_.socket.descriptor());
    client_.socket.close();
    tunnel_.reset();
    exchange_.reset();
    http2_.reset();
    client_.in.clear();
    client_.out.clear();
    worker_.forget(*this);
}

}  // namespace carrel::proxy
