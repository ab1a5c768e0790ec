#pragma once

/// Bytes both ways after a protocol switch, until either side has had enough.
///
/// Holds no buffer while nothing moves. Each side's end is passed on as an end of that direction
/// alone. Owned by its `Connection`.

#include "proxy/exchange.hpp"

namespace carrel::proxy {

struct Parcel;
struct TunnelParcel;

class Tunnel {
public:
    Tunnel(Worker& worker, Client& client, Exchange& exchange);
    /// One that another process has given away. `upstream` is the connection that came with it.
    Tunnel(Worker& worker, Client& client, Upstream& upstream, TunnelParcel const& parcel);
    ~Tunnel();
    Tunnel(Tunnel const&) = delete;
    Tunnel& operator=(Tunnel const&) = delete;

    Outcome step();
    [[nodiscard]] Milliseconds patience() const;
    [[nodiscard]] EdgeTokenPointer const& token() const { return token_; }
    [[nodiscard]] Route const& route() const { return *route_; }

    // Handover; see Connection.
    [[nodiscard]] bool can_travel() const;
    [[nodiscard]] bool freeze(Parcel& parcel);
    [[nodiscard]] bool thaw();

private:
    bool read_client();
    bool read_upstream();
    bool write_upstream();
    bool write_client();
    bool pass_on_ends();

    Worker& worker_;
    Client& client_;
    Upstream& upstream_;
    RoutePointer route_;  ///< as it was when the tunnel was opened; its activity goes on
    EdgeTokenPointer token_;
    bool broken_ = false;
    bool told_client_ = false;    ///< that the upstream has ended
    bool told_upstream_ = false;  ///< that the client has ended
};

}  // namespace carrel::proxy
