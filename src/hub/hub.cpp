#include "hub/hub.hpp"

#include "runtime/log.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr Milliseconds reconcile_every{500};

/// A tenth of the time-out is exact enough, and never more often than each second.
Milliseconds cull_every(Milliseconds idle_timeout) {
    return std::clamp(idle_timeout / 10, Milliseconds(1'000), Milliseconds(60'000));
}

}  // namespace

Hub::Hub(HubDependencies const& dependencies, HubSettings settings, Gate& gate,
         http::Client& client, std::string edge_key)
    : use_(dependencies),
      settings_(std::move(settings)),
      servers_(use_, settings_),
      reconciler_(use_, servers_),
      culler_(use_, settings_, servers_, client),
      callers_(use_.store, gate, use_.clock),
      entry_(use_, callers_, servers_, std::move(edge_key)),
      oauth_(use_, gate, callers_),
      server_calls_(use_, callers_, servers_),
      users_(use_, callers_, servers_),
      rest_(use_, callers_, servers_),
      groups_(use_, callers_),
      members_(use_, callers_, servers_),
      tasks_(use_.executor) {}

void Hub::add_routes(http::Router& router) {
    entry_.add_routes(router);
    oauth_.add_routes(router);
    server_calls_.add_routes(router);
    users_.add_routes(router);
    rest_.add_routes(router);
    groups_.add_routes(router);
    members_.add_routes(router);
}

Task<> Hub::start() {
    CO_TRY_VOID(co_await servers_.recover());
    tasks_.start("reconcile", reconcile_for_ever());
    tasks_.start("cull", cull_for_ever());
    co_return Result<>();
}

Task<> Hub::reconcile_for_ever() {
    for (;;) {
        CO_TRY_VOID(co_await reconciler_.pass());
        CO_TRY_VOID(co_await sleep_for(reconcile_every));
    }
}

Task<> Hub::cull_for_ever() {
    for (;;) {
        CO_TRY_VOID(co_await sleep_for(cull_every(settings_.idle_timeout)));
        CO_TRY_VOID(co_await culler_.pass());
    }
}

Task<> Hub::close() {
    CO_TRY_VOID(co_await tasks_.close());
    co_return co_await servers_.close();
}

Task<> Hub::stop_all_servers() {
    TaskGroup stops(use_.executor);
    auto const running = servers_.in_state(ServerState::Running);
    if (!running.empty()) log::info("stopping_servers", {{"count", running.size()}});
    for (auto const& server : running)
        stops.start("stop server", servers_.stop(server->owner.key(), {}, "server_stopped",
                                                 "Stopped because Carrel was shut down"));
    // Each stop is bounded by its own time-out.
    while (stops.size() > 0) CO_TRY_VOID(co_await sleep_for(Milliseconds(20)));
    co_return Result<>();
}

}  // namespace carrel
