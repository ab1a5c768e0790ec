#include "proxy/data_plane/upstream.hpp"

#include "base/text.hpp"
#include "runtime/log.hpp"

#include <sys/epoll.h>

namespace carrel::proxy {

namespace {

/// How many idle connections to one address are kept: what a busy server needs, and not what a
/// moment of a thousand requests left behind.
constexpr size_t most_idle = 512;

/// What may be shared: the same address, and TLS with the same host or none.
std::string key_of(Address const& address, std::string const& tls_host) {
    std::string key(address.bytes());
    if (!tls_host.empty()) key.append("\0", 1).append(tls_host);
    return key;
}

}  // namespace

void Upstream::on_ready(uint32_t events) {
    if (!socket.is_open()) return;
    if (user_ == nullptr) {
        // Whatever an idle upstream says, even if only farewell: it was not asked. The first
        // "writable" after connecting may still be on its way, though.
        if (events & ~static_cast<uint32_t>(EPOLLOUT)) pool_.close(*this);
        return;
    }
    socket.note(events);
    if (connecting_) go_on_connecting(events);
    user_->on_upstream_ready();
}

void Upstream::go_on_connecting(uint32_t events) {
    if (!reached_) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
        reached_ = true;
        failed_ = !socket.finish_connecting();
    }
    auto const io = failed_ ? Io::Broken : socket.establish();
    connecting_ = io == Io::Blocked;
    if (failed_ || io != Io::Broken) return;
    failed_ = true;
    explain_break();
}

uint32_t Upstream::events() const { return quiet_ ? Socket::input_events : Socket::events; }

bool Upstream::writable() {
    if (quiet_ && !socket.writable()) {
        quiet_ = false;
        pool_.loop_.rewatch(socket.descriptor(), *this, Socket::events);
    }
    return socket.writable();
}

void Upstream::explain_break() const {
    if (socket.layer() == nullptr || !socket.broken()) return;
    log::warn("upstream_tls_failed", {{"origin", "target"},
                                      {"host", for_log(peer_->tls_host)},
                                      {"reason", socket.layer()->problem()}});
}

void Upstream::on_deadline() {
    if (user_ == nullptr && socket.is_open()) pool_.close(*this);
}

UpstreamPool::~UpstreamPool() { close_idle(); }

Upstream* UpstreamPool::take_idle(Address const& address, std::string const& tls_host,
                                  UpstreamUser& user) {
    auto const found =
        tls_host.empty() ? peers_.find(address.bytes()) : peers_.find(key_of(address, tls_host));
    if (found == peers_.end() || found->second.idle.empty()) return nullptr;
    auto* upstream = found->second.idle.back();
    found->second.idle.pop_back();
    upstream->user_ = &user;
    upstream->reused_ = true;
    return upstream;
}

Result<Upstream*> UpstreamPool::connect(Address const& address, std::string const& tls_host,
                                        UpstreamUser& user) {
    TRY(auto socket, Socket::connect(address));
    if (!tls_host.empty()) {
        if (!tls_) return fail(Code::Internal, "connect: TLS is not set up");
        socket.set_layer(tls_->connect(socket.descriptor(), tls_host));
    }
    bool const quiet = address.storage.ss_family == AF_UNIX && tls_host.empty();
    TRY(auto* const upstream, add(std::move(socket), key_of(address, tls_host), quiet, user));
    upstream->peer_->tls_host = tls_host;
    if (upstream->socket.writable()) upstream->go_on_connecting(EPOLLOUT);
    return upstream;
}

Result<Upstream*> UpstreamPool::adopt(Socket socket, UpstreamUser& user) {
    // It never becomes idle, so nobody looks for it by its address.
    TRY(auto* const upstream, add(std::move(socket), "adopted", false, user));
    upstream->connecting_ = false;
    upstream->reached_ = true;
    return upstream;
}

Result<Upstream*> UpstreamPool::add(Socket socket, std::string key, bool quiet,
                                    UpstreamUser& user) {
    auto upstream = std::make_unique<Upstream>(*this, std::move(socket));
    upstream->quiet_ = quiet;
    TRY_VOID(loop_.watch(upstream->socket.descriptor(), *upstream, upstream->events()));
    auto& peer = peers_[key];
    if (peer.key.empty()) peer.key = std::move(key);
    ++peer.connections;
    ++connections_;
    upstream->peer_ = &peer;
    upstream->user_ = &user;
    return upstream.release();
}

void UpstreamPool::keep(Upstream& upstream) {
    if (upstream.peer_->idle.size() >= most_idle) return close(upstream);
    upstream.user_ = nullptr;
    upstream.peer_->idle.push_back(&upstream);
    loop_.set_deadline(upstream, idle_for);
}

void UpstreamPool::close(Upstream& upstream) {
    auto* const peer = upstream.peer_;
    if (upstream.user_ == nullptr) std::erase(peer->idle, &upstream);
    loop_.before_close(upstream.socket.descriptor());
    upstream.socket.close();
    upstream.in.clear();
    --connections_;
    if (--peer->connections == 0) peers_.erase(peers_.find(peer->key));
    loop_.retire(std::unique_ptr<EventHandler>(&upstream));
}

void UpstreamPool::close_idle() {
    std::vector<Upstream*> idle;
    for (auto& [key, peer] : peers_) idle.insert(idle.end(), peer.idle.begin(), peer.idle.end());
    for (auto* upstream : idle) close(*upstream);
}

}  // namespace carrel::proxy
