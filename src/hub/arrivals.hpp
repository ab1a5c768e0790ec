#pragma once

/// How a right to enter comes to a person's own origin. The portal knows who is logged in, but a
/// cookie for another origin can only be set there: so the browser is sent to
/// /c/{slug}/hub/arrive of that origin with a code, which is good once and for a short time.
///
/// The same class keeps the portal off persons' origins: nothing but that is answered there.
/// Confined to the control thread. Owned by `Entry`.

#include "base/clock.hpp"
#include "http/edge_token.hpp"
#include "http/router.hpp"
#include "hub/live_server.hpp"
#include "hub/origins.hpp"

#include <map>

namespace carrel {

class Arrivals {
public:
    /// `edge_key` is shared with the proxy: 32 bytes.
    Arrivals(Origins const& origins, HubPaths const& paths, Clock const& clock,
             std::string edge_key);
    void add_routes(http::Router& router);

    /// Sends a browser to the server's origin, with this right to it, and on to `next`, a path
    /// there.
    [[nodiscard]] http::Response send(http::EdgeToken const& right, ServerOwner const& server,
                                      std::string_view next) const;

private:
    http::Response arrive_at(http::Request const& request);
    /// True when the code was not used before.
    bool use(std::string const& code, Time until);

    Origins const& origins_;
    HubPaths const& paths_;
    Clock const& clock_;
    std::string edge_key_;
    std::map<std::string, Time> used_;  ///< codes, and when they are worthless anyway
};

/// The answer to a request that has come to the wrong origin: persons' origins are for their
/// servers alone, and pages of Carrel's are looked at on its own. Nothing: it is where it belongs.
[[nodiscard]] std::optional<http::Response> redirect_to_own_origin(Origins const& origins,
                                                                   http::Request const& request);

}  // namespace carrel
