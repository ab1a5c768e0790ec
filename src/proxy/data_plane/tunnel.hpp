#pragma once

/// Bytes both ways after a protocol switch, until either side has had enough.
///
/// Holds no buffer while nothing moves. Each side's end is passed on as an end of that direction
/// alone. Owned by its `Connection`.

#include "proxy/data_plane/exchange.hpp"
#include "proxy/data_plane/frame_watch.hpp"

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
    void note_start();
    void note_client(std::string_view bytes);
    void note_upstream(uint64_t size);
    bool read_upstream();
    bool write_upstream();
    bool write_client();
    bool pass_on_ends();

    Worker& worker_;
    Client& client_;
    Upstream& upstream_;
    RoutePointer route_;  ///< as it was when the tunnel was opened; its activity goes on
    EdgeTokenPointer token_;
    std::unique_ptr<Observation> seen_;  ///< for the access log, if there is one
    std::unique_ptr<FrameWatch>
        frames_;  ///< where pings are no activity; not for one that was taken over
    bool broken_ = false;
    bool told_client_ = false;    ///< that the upstream has ended
    bool told_upstream_ = false;  ///< that the client has ended
};

}  // namespace carrel::proxy
