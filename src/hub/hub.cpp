#include "hub/hub.hpp"

#include "hub/moved_servers.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace carrel {

namespace {

constexpr Milliseconds reconcile_every{500};
constexpr Milliseconds services_every{1'000};

/// A tenth of the time-out is exact enough, and never more often than each second.
Milliseconds cull_every(Milliseconds idle_timeout) {
    return std::clamp(idle_timeout / 10, Milliseconds(1'000), Milliseconds(60'000));
}

}  // namespace

Hub::Hub(HubDependencies const& dependencies, HubSettings settings, HubFront const& front,
         http::Client& client, std::string edge_key, Programs programs)
    : use_(dependencies),
      settings_(std::move(settings)),
      programs_(std::move(programs)),
      servers_(use_, settings_),
      services_(use_, programs_.services, programs_.host),
      reconciler_(use_, servers_, &services_),
      culler_(use_, settings_, servers_, client),
      callers_(use_.store, front.gate, use_.clock, programs_.roles, programs_.services, use_.paths),
      entry_(use_, callers_, servers_, edge_key),
      oauth_(use_, front.gate, callers_, front.logins),
      server_calls_(use_, callers_, servers_),
      users_(use_, callers_, servers_),
      rest_(use_, callers_, servers_),
      groups_(use_, callers_),
      members_(use_, callers_, servers_),
      service_calls_(use_, callers_, services_),
      hub_calls_(use_, callers_, servers_, services_),
      shares_(use_, front.gate, callers_, servers_),
      pages_{
          .use = use_,
          .gate = front.gate,
          .callers = callers_,
          .servers = servers_,
          .authenticator = front.authenticator,
          .steps = front.steps,
          .forms = jupyterhub::LoginForms(edge_key, use_.clock, use_.random),
          .ui = [&ui = front.ui](std::string_view path,
                                 http::Request const& request) { return ui.page(path, request); },
          .logins = front.logins,
          .directories = front.directories},
      login_pages_(pages_),
      spawn_pages_(pages_),
      server_pages_(pages_),
      hub_pages_(pages_),
      tasks_(use_.executor) {
    if (settings_.sharing) programs_.roles.let_users_share();
}

void Hub::add_routes(http::Router& router) {
    entry_.add_routes(router);
    oauth_.add_routes(router);
    server_calls_.add_routes(router);
    users_.add_routes(router);
    rest_.add_routes(router);
    shares_.add_routes(router);
    groups_.add_routes(router);
    members_.add_routes(router);
    service_calls_.add_routes(router);
    hub_calls_.add_routes(router);
    login_pages_.add_routes(router);
    spawn_pages_.add_routes(router);
    server_pages_.add_routes(router);
    hub_pages_.add_routes(router);
}

Task<> Hub::start() {
    CO_TRY_VOID(co_await servers_.recover());
    // Before the routes are looked at, which are not to lose those of services.
    if (auto const begun = co_await services_.pass(); !begun)
        log::warn("services_failed", {{"cause", begun.error().message}});
    tasks_.start("moved servers", stop_moved_servers(use_, servers_));
    tasks_.start("services", serve_for_ever());
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

Task<> Hub::serve_for_ever() {
    for (;;) {
        CO_TRY_VOID(co_await sleep_for(services_every));
        auto const done = co_await services_.pass();
        if (!done && done.error().code == Code::Cancelled) co_return done;
        if (!done) log::warn("services_failed", {{"cause", done.error().message}});
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
    CO_TRY_VOID(co_await services_.close());
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
