// How a connection, and the tunnel it may be, is taken out of one worker and put into another.

#include "proxy/data_plane/connection.hpp"
#include "proxy/data_plane/worker.hpp"
#include "proxy/handover/parcel.hpp"

#include <fcntl.h>

namespace carrel::proxy {

namespace {

/// The original stays with the connection, in case that the handover fails.
Socket duplicate(Socket const& socket) {
    return Socket(fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0));
}

/// What a layer knows (keys of TLS, say) does not travel.
bool is_plain(Socket const& socket) {
    return socket.descriptor() >= 0 && socket.layer() == nullptr;
}

}  // namespace

bool Connection::can_travel() const {
    if (!is_plain(client_.socket) || client_.socket.broken()) return false;
    return state_ == State::Head || (state_ == State::Tunnel && tunnel_->can_travel());
}

std::optional<Parcel> Connection::freeze() {
    if (frozen_ || !can_travel()) return {};
    Parcel parcel{.client = duplicate(client_.socket),
                  .address = client_.address,
                  .client_in = std::string(client_.in.view()),
                  .client_out = std::string(client_.out.view())};
    if (!parcel.client.is_open()) return {};
    if (tunnel_ && !tunnel_->freeze(parcel)) return {};
    // The duplicate would keep the registration alive when the descriptor is closed.
    worker_.loop().unwatch(client_.socket.descriptor());
    worker_.loop().clear_deadline(*this);
    frozen_ = true;
    return parcel;
}

void Connection::thaw() {
    if (!frozen_) return;
    frozen_ = false;
    // Watching anew tells of everything that happened meanwhile.
    bool const watched =
        worker_.loop().watch(client_.socket.descriptor(), *this, Socket::events).has_value() &&
        (!tunnel_ || tunnel_->thaw());
    if (!watched) return close();
    if (state_ == State::Head) start();
    worker_.loop().defer(*this);
}

void Connection::cut_off() {
    worker_.loop().before_close(client_.socket.descriptor());
    client_.socket.reset();
}

bool Connection::adopt(Parcel& parcel) {
    auto& pool = worker_.buffers();
    if (!client_.in.append(pool, parcel.client_in) || !client_.out.append(pool, parcel.client_out))
        return false;
    start();
    if (!parcel.tunnel) return true;
    auto upstream = worker_.upstreams().adopt(std::move(parcel.tunnel->upstream), *this);
    if (!upstream) return false;
    tunnel_ = std::make_unique<Tunnel>(worker_, client_, **upstream, *parcel.tunnel);
    state_ = State::Tunnel;
    set_patience(tunnel_->patience());
    return (*upstream)->in.append(pool, parcel.tunnel->upstream_in);
}

Tunnel::Tunnel(Worker& worker, Client& client, Upstream& upstream, TunnelParcel const& parcel)
    : worker_(worker),
      client_(client),
      upstream_(upstream),
      route_(worker.route_of_parcel(parcel.route)),
      told_client_(parcel.told_client),
      told_upstream_(parcel.told_upstream) {
    note_start();
    if (parcel.token) token_ = std::make_shared<http::EdgeToken const>(*parcel.token);
}

bool Tunnel::can_travel() const { return is_plain(upstream_.socket) && !broken_; }

bool Tunnel::freeze(Parcel& parcel) {
    auto& half = parcel.tunnel.emplace(TunnelParcel{.upstream = duplicate(upstream_.socket),
                                                    .upstream_in = std::string(upstream_.in.view()),
                                                    .route = route_->path,
                                                    .told_client = told_client_,
                                                    .told_upstream = told_upstream_});
    if (!half.upstream.is_open()) return false;
    if (token_) half.token = *token_;
    worker_.loop().unwatch(upstream_.socket.descriptor());
    return true;
}

bool Tunnel::thaw() {
    return worker_.loop()
        .watch(upstream_.socket.descriptor(), upstream_, upstream_.events())
        .has_value();
}

}  // namespace carrel::proxy
