#pragma once

/// Looks the host names of routes' targets up again, so that a server that moves is followed: all
/// of them at each interval, and one at once when none of its addresses answers.
///
/// The system's resolver says no times to live, and it blocks, so a thread of its own asks it. What
/// it finds is told as a list of addresses for a route; who is told makes a new route of it. A
/// look-up that fails changes nothing.

#include "base/clock.hpp"
#include "proxy/route_table.hpp"

#include <functional>
#include <memory>
#include <string>

namespace carrel::proxy {

class NameWatch {
public:
    /// A name is looked up no more often than this, however many requests find nobody there.
    static constexpr Milliseconds shortest_pause{1000};
    /// On the watch's thread, which must not be kept: the addresses of a route's target are others.
    using Tell = std::function<void(RoutePointer const&, std::vector<Address> const&)>;

    NameWatch(Lookup lookup, Milliseconds interval, Tell tell);
    /// Waits for nothing: a look-up under way ends by itself, and nobody hears of it.
    ~NameWatch();
    NameWatch(NameWatch const&) = delete;
    NameWatch& operator=(NameWatch const&) = delete;

    /// For the life of the route.
    void add(HostName const& name, RoutePointer const& route);
    /// What a target's `look_again` is to be.
    [[nodiscard]] std::function<void()> hurry(std::string host, std::string port) const;

private:
    struct State;
    std::shared_ptr<State> state_;  ///< also the thread's
};

}  // namespace carrel::proxy
