#include "spawn/process/relay.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace carrel {

namespace {

/// More than this waits in no direction; who reads slowly slows the other side down.
constexpr size_t most_waiting = 65536;
/// A browser opens some ten connections; a server that opens more than this means no good.
constexpr size_t most_pairs = 1000;

bool is_for_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void Relay::add(int listener, Connect connect) {
    listeners_.push_back({listener, std::move(connect)});
}

void Relay::run() {
    for (;;) turn(-1);
}

short Relay::wishes(Flow const& reading, Flow const& writing) {
    int events = 0;
    if (!reading.ended && reading.waiting.size() < most_waiting) events |= POLLIN;
    if (!writing.waiting.empty()) events |= POLLOUT;
    return static_cast<short>(events);
}

void Relay::turn(int milliseconds) {
    watched_.clear();
    bool const room = pairs_.size() < most_pairs;
    for (auto const& listener : listeners_)
        watched_.push_back({room ? listener.socket : -1, POLLIN, 0});
    for (auto const& pair : pairs_) {
        // A side from which nothing is wanted is left out, or its end would be told for ever.
        auto const one = wishes(pair.there, pair.back);
        auto const other = wishes(pair.back, pair.there);
        watched_.push_back({one == 0 ? -1 : pair.one, one, 0});
        watched_.push_back({other == 0 ? -1 : pair.other, other, 0});
    }
    if (::poll(watched_.data(), watched_.size(), milliseconds) <= 0) return;

    auto at = watched_.begin() + static_cast<std::ptrdiff_t>(listeners_.size());
    for (auto& pair : pairs_) {
        auto const one = (at++)->revents;
        auto const other = (at++)->revents;
        if (one == 0 && other == 0) continue;
        move(pair.one, pair.other, pair.there, pair);
        move(pair.other, pair.one, pair.back, pair);
    }
    pairs_.remove_if([](Pair const& pair) {
        bool const over = pair.broken || (pair.there.shut && pair.back.shut);
        if (over) {
            ::close(pair.one);
            ::close(pair.other);
        }
        return over;
    });
    for (size_t i = 0; i < listeners_.size(); ++i)
        if (watched_[i].revents != 0) accept_from(listeners_[i]);
}

void Relay::accept_from(Listener const& listener) {
    auto const one = ::accept4(listener.socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (one < 0) return;
    auto const other = listener.connect();
    if (other < 0) {
        ::close(one);
        return;
    }
    pairs_.push_back({.one = one, .other = other});
}

/// Reads once and writes what there is. Neither waits.
void Relay::move(int from, int to, Flow& flow, Pair& pair) {
    piece_.resize(most_waiting);
    if (!flow.ended && flow.waiting.size() < most_waiting) {
        auto const count = ::recv(from, piece_.data(), piece_.size() - flow.waiting.size(), 0);
        if (count > 0) flow.waiting.append(piece_.data(), static_cast<size_t>(count));
        if (count == 0) flow.ended = true;
        if (count < 0 && !is_for_later() && errno != ENOTCONN) pair.broken = true;
    }
    if (!flow.waiting.empty()) {
        auto const count = ::send(to, flow.waiting.data(), flow.waiting.size(), MSG_NOSIGNAL);
        if (count > 0) flow.waiting.erase(0, static_cast<size_t>(count));
        if (count < 0 && !is_for_later() && errno != ENOTCONN) pair.broken = true;
    }
    if (flow.ended && flow.waiting.empty() && !flow.shut) {
        ::shutdown(to, SHUT_WR);
        flow.shut = true;
    }
}

}  // namespace carrel
