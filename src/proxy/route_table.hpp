#pragma once

/// Which server answers which path.
///
/// Every worker has a table of its own, a trie by path segment, so that looking a route up takes
/// no lock and does not depend on how many routes there are. The `Route`s themselves are shared
/// between tables and never change; a changed route is a new one. Only its activity moves.

#include "proxy/data_plane/target.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace carrel::proxy {

/// When a route was last used. Outlives the route's replacement, so that a tunnel opened before it
/// still counts. Thread-safe.
class Activity {
public:
    explicit Activity(int64_t now) : last_(now) {}
    void touch(int64_t now) {
        if (last_.load(std::memory_order_relaxed) != now)
            last_.store(now, std::memory_order_relaxed);
    }
    /// A request came that may have changed something, which no page does by lying open.
    void touch_by_change(int64_t now) {
        touch(now);
        if (last_change_.load(std::memory_order_relaxed) != now)
            last_change_.store(now, std::memory_order_relaxed);
    }
    /// Even back, to what another process has seen.
    void set(int64_t last, int64_t last_change) {
        last_.store(last, std::memory_order_relaxed);
        last_change_.store(last_change, std::memory_order_relaxed);
    }
    /// Milliseconds since 1970.
    [[nodiscard]] int64_t last() const { return last_.load(std::memory_order_relaxed); }
    /// 0: never.
    [[nodiscard]] int64_t last_change() const {
        return last_change_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<int64_t> last_;
    std::atomic<int64_t> last_change_ = 0;
};

/// What kind of thing a route leads to, for the metrics: Carrel's or JupyterHub's hub, a person's
/// server, a service, or something else.
enum class RouteClass : uint8_t { Hub, User, Service, Other };
inline constexpr std::array<std::string_view, 4> route_classes = {"hub", "user", "service",
                                                                  "other"};
[[nodiscard]] RouteClass class_of(std::string_view path);

struct Route {
    std::string path;  ///< decoded, "/c/bio/user/ada"; "/" is the root
    Result<Target> target = Target{};
    /// Of the target, also when it is not to be found at present.
    std::shared_ptr<HostName const> name = {};
    /// Where to send who has no edge token. Set: the route needs one.
    std::optional<std::string> login = {};
    /// "https://ada.hub.example.org": it is to be reached there alone, and speaks for all of that
    /// origin. Empty: wherever the proxy is reached.
    std::string origin = {};
    std::string secret = {};  ///< the upstream's own token; "" for none
    /// What it leads to lives at "/" and is asked without the route's path.
    bool strip_path = false;
    /// Leads to Carrel's control process, which alone may see and set Carrel's cookies.
    bool trusted = false;
    /// Not written to the routes file: a proxy that is started again does not know it.
    bool passing = false;
    /// Leads to a person's server, which speaks for its own path alone: it neither sets cookies of
    /// the hub nor changes how the browser treats the whole origin. So is every route with `login`.
    bool confined = false;
    /// Below the route's path: what is changed there, "/lab/api/workspaces", pages change by
    /// lying open, so it does not count as a change.
    std::vector<std::string> idle_changes = {};
    RouteClass kind = RouteClass::Other;
    std::shared_ptr<Activity> activity = {};
};

/// Whether a change at `path`, decoded, is one of those.
[[nodiscard]] bool is_idle_change(Route const& route, std::string_view path);

using RoutePointer = std::shared_ptr<Route const>;

/// Confined to one thread.
class RouteTable {
public:
    RouteTable();
    ~RouteTable();
    RouteTable(RouteTable const&) = delete;
    RouteTable& operator=(RouteTable const&) = delete;

    /// Adds the route, or replaces the one at its path.
    void put(RoutePointer route);
    /// False when there is none at exactly this path.
    bool remove(std::string_view path);
    /// The route with the longest path that is `path` or a parent of it, by whole segments.
    [[nodiscard]] RoutePointer const* find(std::string_view path) const;
    [[nodiscard]] size_t size() const { return size_; }

private:
    struct Node;
    std::unique_ptr<Node> root_;
    size_t size_ = 0;
};

}  // namespace carrel::proxy
