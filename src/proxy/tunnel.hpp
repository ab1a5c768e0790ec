#pragma once

/// Bytes both ways after a protocol switch, until either side has had enough.
///
/// Holds no buffer while nothing moves. Each side's end is passed on as an end of that direction
/// alone. Owned by its `Connection`.

#include "proxy/exchange.hpp"

namespace carrel::proxy {

class Tunnel {
public:
    Tunnel(Worker& worker, Client& client, Exchange& exchange);
    ~Tunnel();
    Tunnel(Tunnel const&) = delete;
    Tunnel& operator=(Tunnel const&) = delete;

    Outcome step();
    [[nodiscard]] Milliseconds patience() const;
    [[nodiscard]] EdgeTokenPointer const& token() const { return token_; }

private:
    bool read_client();
    bool read_upstream();
    bool write_upstream();
    bool write_client();
    bool pass_on_ends();

    Worker& worker_;
    Client& client_;
    Upstream& upstream_;
    std::shared_ptr<Activity> activity_;
    EdgeTokenPointer token_;
    bool broken_ = false;
    bool told_client_ = false;    ///< that the upstream has ended
    bool told_upstream_ = false;  ///< that the client has ended
};

}  // namespace carrel::proxy
