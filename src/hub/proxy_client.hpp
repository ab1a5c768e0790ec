#pragma once

/// Speaks to the proxy: routes and revocations, by configurable-http-proxy's REST API. Every path
/// is decoded, as the proxy keeps it.
///
/// One kind talks to a real proxy (`RestProxyClient`), one remembers (`FakeProxyClient`).
/// Confined to the control thread.

#include "base/clock.hpp"
#include "runtime/task.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace carrel {

/// A route to one notebook server.
struct ServerRoute {
    std::string path;    ///< "/c/bio/user/ada/my second", decoded: so the proxy knows it
    std::string target;  ///< "http+unix://…" or "http://127.0.0.1:…"
    /// What the proxy sends upstream as `Authorization: token …`. Empty: the server lets visitors
    /// in by itself, and the proxy asks for nothing.
    std::string secret;
    std::string login;  ///< where a browser without a right goes: "/c/bio/hub/enter"
    /// The server is asked without this path; it lives at "/".
    bool strip_path = false;
    std::string origin =
        {};  ///< "https://ada.hub.example.org"; empty: wherever the proxy is reached
};

/// When a server was used through the proxy; nothing when unknown.
struct RouteActivity {
    std::optional<Time> last;         ///< any request, or bytes in a WebSocket
    std::optional<Time> last_change;  ///< a request that may have changed something (PUT, POST, …)
};

class ProxyClient {
public:
    virtual ~ProxyClient() = default;

    /// Adds or replaces a route. Unavailable: the proxy does not answer (it is restarting).
    virtual Task<> add_route(ServerRoute route) = 0;
    /// The same for many in one call: all of them, or none.
    virtual Task<> add_routes(std::vector<ServerRoute> routes) = 0;
    /// Deleting a missing route succeeds.
    virtual Task<> delete_route(std::string path) = 0;
    /// The paths of all routes, as they were added.
    virtual Task<std::set<std::string>> routes() = 0;
    /// How the server behind this route was used.
    virtual Task<RouteActivity> activity(std::string path) = 0;

    /// Refuses edge tokens made from this login, and cuts their connections: those issued until
    /// `issued_until`, or all, for good, when it is nothing.
    virtual Task<> revoke_login(std::string login, std::optional<Time> issued_until,
                                Time until) = 0;
    /// Refuses edge tokens that this user was given for this route until `issued_until`, likewise.
    virtual Task<> revoke_user(std::string path, std::string user, Time issued_until,
                               Time until) = 0;

    /// True while this is the proxy process that `mark` marked; false after it has been restarted
    /// and has forgotten everything.
    virtual Task<bool> is_marked() = 0;
    virtual Task<> mark() = 0;
};

}  // namespace carrel
