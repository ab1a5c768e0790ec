#include "hub/server_lifecycle.hpp"

#include "runtime/log.hpp"

namespace carrel {

namespace {

/// Identifies a server among all of this machine, also as a file name.
std::string spawn_id(ServerKey const& key) {
    auto id = key.course.value() + "." + key.user.value();
    if (!key.name.empty()) id += "." + percent_encode(key.name);
    return id;
}

}  // namespace

ServerLifecycle::ServerLifecycle(HubDependencies const& dependencies, HubSettings const& settings)
    : use_(dependencies),
      settings_(settings),
      queue_(dependencies.executor, settings.concurrent_starts),
      tasks_(dependencies.executor) {}

std::shared_ptr<LiveServer> ServerLifecycle::find(ServerKey const& key) const {
    auto const found = servers_.find(key);
    return found == servers_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<LiveServer>> ServerLifecycle::in_state(ServerState state) const {
    std::vector<std::shared_ptr<LiveServer>> found;
    for (auto const& [key, server] : servers_)
        if (server->record.state == state) found.push_back(server);
    return found;
}

ServerRoute ServerLifecycle::route_of(LiveServer const& server) {
    return {.path = server.owner.path(),
            .target = server.record.endpoint,
            .secret = server.record.secret,
            .login = server.owner.login_path()};
}

Event ServerLifecycle::event_of(LiveServer const& server, std::string kind, std::string actor,
                                std::string message) const {
    return {.at = use_.clock.now(),
            .kind = std::move(kind),
            .course = server.owner.course.id,
            .actor = std::move(actor),
            .subject = server.owner.user.name,
            .message = std::move(message)};
}

Task<> ServerLifecycle::save(std::shared_ptr<LiveServer> server, ServerState state,
                             std::optional<Event> event) {
    server->record.state = state;
    server->record.state_since = use_.clock.now();
    auto const record = server->record;
    co_return co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY_VOID(transaction.servers().put(record));
            if (event) TRY_VOID(transaction.events().append(*event));
            return {};
        });
    });
}

Task<std::shared_ptr<LiveServer>> ServerLifecycle::start(ServerOwner owner, std::string actor) {
    if (owner.course.state != CourseState::Deployed)
        co_return fail(Code::Conflict, "the course is {}, so no server can be started",
                       name_of(owner.course.state));
    if (!settings_.environments.contains(owner.course.request.environment))
        co_return fail(Code::Unavailable,
                       "the environment '{}' of this course is no longer configured; ask the "
                       "administrator",
                       owner.course.request.environment);
    auto& server = servers_[owner.key()];
    if (server) {
        switch (server->record.state) {
            case ServerState::Queued:
            case ServerState::Starting:
            case ServerState::Running:
                co_return server;
            case ServerState::Stopping:
                co_return fail(Code::Conflict,
                               "the server is stopping; start it again in a moment");
            case ServerState::Stopped:
            case ServerState::Failed:
                break;
        }
    }
    server = std::make_shared<LiveServer>(use_.executor, std::move(owner));
    auto const started = server;  // `server` is a place in the map, which may move while we wait
    started->progress.publish({.percent = 0, .message = "Server requested"});
    CO_TRY_VOID(co_await save(started, ServerState::Queued,
                              event_of(*started, "server_requested", actor, "Server requested")));
    tasks_.start("start server", run_start(started, std::move(actor)));
    co_return started;
}

Task<> ServerLifecycle::run_start(std::shared_ptr<LiveServer> server, std::string actor) {
    auto const begun = use_.clock.now();
    auto const slot = co_await queue_.enter([server](size_t place) {
        server->progress.publish({.percent = 5,
                                  .message = fmt::format("Waiting in line, place {}", place),
                                  .queue_place = place});
    });
    if (!slot) co_return std::unexpected(slot.error());
    if (server->stop_wanted) {
        server->progress.publish({.message = "Stopped before it started", .failed = true});
        co_return co_await save(server, ServerState::Stopped);
    }
    auto done = co_await spawn(server, actor);
    if (!done) {
        // Closing down cancels starts; the next control process finds `Starting` and starts anew.
        if (done.error().code == Code::Cancelled) co_return done;
        co_return co_await fail_start(server, done.error());
    }
    log::info("server_started", {{"course", server->owner.course.request.slug},
                                 {"user", server->owner.user.name},
                                 {"by", actor},
                                 {"ms", (use_.clock.now() - begun).count()}});
    if (server->stop_wanted)
        co_return co_await stop(server->owner.key(), actor, "server_stopped", "");
    co_return Result<>();
}

Task<ServerSpec> ServerLifecycle::make_spec(LiveServer& server) {
    auto const& owner = server.owner;
    CO_TRY(auto number, co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) {
            return transaction.homes().number_of(owner.course.id, owner.user.id,
                                                 settings_.first_home_number);
        });
    }));
    HomeKey const home{owner.course.request.slug, owner.user.name, number};
    CO_TRY(auto folder, co_await use_.pool.run([&] { return use_.homes.provide(home); }));
    co_return ServerSpec{
        .id = spawn_id(owner.key()),
        .user = owner.user.name,
        .course = owner.course.request.slug,
        .base_url = owner.path() + "/",
        .secret = server.record.secret,
        .number = number,
        .home = folder,
        .resources = owner.course.request.resources,
        .environment = settings_.environments.at(owner.course.request.environment)};
}

Task<> ServerLifecycle::spawn(std::shared_ptr<LiveServer> server, std::string actor) {
    server->record.secret = use_.random.secret();
    server->record.message.clear();
    server->record.log_tail.clear();
    server->progress.publish({.percent = 10, .message = "Preparing the home"});
    CO_TRY_VOID(co_await save(server, ServerState::Starting));
    CO_TRY(auto spec, co_await make_spec(*server));
    auto const progress = [server](int percent, std::string const& message) {
        server->progress.publish({.percent = percent, .message = message});
    };
    CO_TRY(auto started,
           co_await use_.spawner.start(spec, Deadline::after(settings_.start_timeout), progress));
    co_return co_await finish_start(server, std::move(started), std::move(actor));
}

Task<> ServerLifecycle::finish_start(std::shared_ptr<LiveServer> server, Started started,
                                     std::string actor) {
    server->record.endpoint = std::move(started.endpoint);
    server->record.spawner_state = std::move(started.state);
    server->record.started_at = use_.clock.now();
    server->record.last_activity = server->record.started_at;
    // Written before the route exists: whoever finds the route finds the record too.
    CO_TRY_VOID(
        co_await save(server, ServerState::Running,
                      event_of(*server, "server_started", std::move(actor), "Server started")));
    auto const added = co_await use_.proxy.add_route(route_of(*server));
    // A proxy that is just being restarted gets the route from the reconciler.
    if (!added)
        log::warn("route_not_added",
                  {{"path", server->owner.path()}, {"cause", added.error().message}});
    server->progress.publish({.percent = 100, .message = "Server ready", .ready = true});
    co_return Result<>();
}

Task<> ServerLifecycle::fail_start(std::shared_ptr<LiveServer> server, Error error) {
    log::warn("server_start_failed", {{"course", server->owner.course.request.slug},
                                      {"user", server->owner.user.name},
                                      {"cause", error.message}});
    auto const failure = use_.spawner.last_failure(spawn_id(server->owner.key()));
    server->record.message = error.message;
    server->record.log_tail = failure ? failure->log_tail : "";
    CO_TRY_VOID(co_await save(server, ServerState::Failed,
                              event_of(*server, "server_failed", {}, error.message)));
    server->progress.publish({.percent = 100,
                              .message = error.message,
                              .failed = true,
                              .log_tail = server->record.log_tail});
    co_return Result<>();
}

Task<> ServerLifecycle::stop(ServerKey key, std::string actor, std::string event_kind,
                             std::string reason) {
    auto const server = find(key);
    if (!server) co_return Result<>();
    switch (server->record.state) {
        case ServerState::Stopped:
        case ServerState::Failed:
        case ServerState::Stopping:
            co_return Result<>();
        case ServerState::Queued:
        case ServerState::Starting:
            server->stop_wanted = true;
            co_return Result<>();
        case ServerState::Running:
            break;
    }
    CO_TRY_VOID(co_await save(server, ServerState::Stopping));
    auto const removed = co_await use_.proxy.delete_route(server->owner.path());
    if (!removed)
        log::warn("route_not_deleted",
                  {{"path", server->owner.path()}, {"cause", removed.error().message}});
    auto stopped = co_await use_.spawner.stop(server->record.spawner_state,
                                              Deadline::after(settings_.stop_timeout));
    if (!stopped) {
        log::error("server_stop_failed", {{"course", server->owner.course.request.slug},
                                          {"user", server->owner.user.name},
                                          {"cause", stopped.error().message}});
        // Still running as far as anybody knows: the reconciler tries again.
        CO_TRY_VOID(co_await save(server, ServerState::Running));
        co_return std::unexpected(stopped.error().wrapped("stop the server"));
    }
    server->record.message = reason;
    server->record.endpoint.clear();
    server->record.spawner_state.clear();
    server->record.secret.clear();
    log::info(event_kind, {{"course", server->owner.course.request.slug},
                           {"user", server->owner.user.name},
                           {"by", actor}});
    auto const message = reason.empty() ? "Server stopped" : reason;
    co_return co_await save(server, ServerState::Stopped,
                            event_of(*server, std::move(event_kind), std::move(actor), message));
}

Task<> ServerLifecycle::note_ending(std::shared_ptr<LiveServer> server, Ending ending) {
    if (server->record.state != ServerState::Running) co_return Result<>();
    auto const removed = co_await use_.proxy.delete_route(server->owner.path());
    if (!removed)
        log::warn("route_not_deleted",
                  {{"path", server->owner.path()}, {"cause", removed.error().message}});
    // Clears what the dead server left: its cgroup, its socket folder.
    CO_TRY_VOID(co_await use_.spawner.stop(server->record.spawner_state,
                                           Deadline::after(settings_.stop_timeout)));
    bool const by_itself =
        ending.exit_code == 0 && !ending.out_of_memory;  // "Shut Down" in the menu
    server->record.message = ending.explanation;
    server->record.log_tail = by_itself ? "" : ending.log_tail;
    log::info("server_ended", {{"course", server->owner.course.request.slug},
                               {"user", server->owner.user.name},
                               {"exit_code", ending.exit_code.value_or(-1)},
                               {"cause", ending.explanation}});
    server->progress.publish({.percent = 100,
                              .message = ending.explanation,
                              .failed = true,
                              .log_tail = server->record.log_tail});
    co_return co_await save(
        server, by_itself ? ServerState::Stopped : ServerState::Failed,
        event_of(*server, by_itself ? "server_stopped" : "server_failed", {}, ending.explanation));
}

Task<> ServerLifecycle::close() { co_return co_await tasks_.close(); }

}  // namespace carrel
