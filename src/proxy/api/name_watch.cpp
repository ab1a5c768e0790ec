#include "proxy/api/name_watch.hpp"

#include "base/text.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace carrel::proxy {

namespace {

using Steady = std::chrono::steady_clock;
using Key = std::pair<std::string, std::string>;  // host and port

/// In an order that says nothing: resolvers turn lists round to spread load.
std::vector<std::string_view> sorted(std::vector<Address> const& addresses) {
    std::vector<std::string_view> all;
    for (auto const& address : addresses) all.push_back(address.bytes());
    std::ranges::sort(all);
    return all;
}

bool has_moved(Route const& route, std::vector<Address> const& addresses) {
    return !route.target || sorted(route.target->addresses) != sorted(addresses);
}

}  // namespace

struct NameWatch::State {
    struct Name {
        std::vector<std::weak_ptr<Route const>> routes;
        Steady::time_point last = Steady::now();
        bool urgent = false;
        bool failing = false;
    };

    [[nodiscard]] Steady::time_point due(Name const& name) const {
        return name.last + (name.urgent ? std::min(shortest_pause, interval) : interval);
    }

    void run() {
        std::unique_lock lock(mutex);
        while (!stopped) {
            auto const next = std::ranges::min_element(
                names, {}, [this](auto const& each) { return due(each.second); });
            if (next == names.end()) {
                changed.wait(lock);
            } else if (auto const when = due(next->second); when > Steady::now()) {
                changed.wait_until(lock, when);
            } else {
                look_up(lock, next->first);
            }
        }
    }

    /// Lets the lock go while it asks.
    void look_up(std::unique_lock<std::mutex>& lock, Key const key) {
        lock.unlock();
        auto const found = lookup(key.first, key.second);
        lock.lock();
        if (stopped) return;
        auto& name = names[key];
        name.last = Steady::now();
        name.urgent = false;
        std::erase_if(name.routes, [](auto const& route) { return route.expired(); });
        if (name.routes.empty()) {
            names.erase(key);
            return;
        }
        if (!found && !name.failing)
            log::warn("name_not_found",
                      {{"host", for_log(key.first)}, {"cause", found.error().message}});
        name.failing = !found;
        if (!found || found->empty()) return;
        for (auto const& each : name.routes)
            if (auto const route = each.lock(); route && has_moved(*route, *found))
                tell(route, *found);
    }

    Lookup lookup;
    Milliseconds interval;
    Tell tell;
    std::mutex mutex;  ///< guards what follows
    std::condition_variable changed;
    std::map<Key, Name> names;
    bool stopped = false;
};

NameWatch::NameWatch(Lookup lookup, Milliseconds interval, Tell tell)
    : state_(std::make_shared<State>()) {
    state_->lookup = std::move(lookup);
    state_->interval = interval;
    state_->tell = std::move(tell);
    std::thread([state = state_] { state->run(); }).detach();
}

NameWatch::~NameWatch() {
    std::scoped_lock const lock(state_->mutex);
    state_->stopped = true;
    state_->changed.notify_all();
}

void NameWatch::add(HostName const& name, RoutePointer const& route) {
    std::scoped_lock const lock(state_->mutex);
    auto const [entry, added] = state_->names.try_emplace({name.host, name.port});
    entry->second.routes.push_back(route);
    if (added) state_->changed.notify_all();
}

std::function<void()> NameWatch::hurry(std::string host, std::string port) const {
    return [weak = std::weak_ptr(state_), key = Key(std::move(host), std::move(port))] {
        auto const state = weak.lock();
        if (!state) return;
        std::scoped_lock const lock(state->mutex);
        auto const found = state->names.find(key);
        if (found == state->names.end() || found->second.urgent) return;
        found->second.urgent = true;
        state->changed.notify_all();
    };
}

}  // namespace carrel::proxy
