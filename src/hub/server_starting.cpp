/// How servers begin: a row in the store, a place in the line, a process, a route.

#include "auth/secret.hpp"
#include "hub/course_environment.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/server_token.hpp"
#include "hub/jupyterhub/server_variables.hpp"
#include "hub/server_lifecycle.hpp"
#include "hub/server_places.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <utility>

namespace carrel {

namespace {

/// Identifies a server among all of this machine, also as a file name.
std::string spawn_id(ServerKey const& key) {
    auto id = key.course.value() + "." + key.user.value();
    // A name in full might be longer than that of a file may be.
    if (!key.name.empty()) id += "." + hash_secret(key.name).substr(0, 16);
    return id;
}

/// What nobody says anew is as it was.
Result<> keep_details(Transaction& transaction, ServerRecord& wanted) {
    if (!wanted.user_options.empty() && !wanted.display_name.empty()) return {};
    auto last = transaction.servers().find(wanted.course, wanted.user, wanted.name);
    if (!last && last.error().code == Code::NotFound) return {};
    if (!last) return std::unexpected(std::move(last.error()));
    if (wanted.user_options.empty()) wanted.user_options = std::move(last->user_options);
    if (wanted.display_name.empty()) wanted.display_name = std::move(last->display_name);
    return {};
}

}  // namespace

Task<std::shared_ptr<LiveServer>> ServerLifecycle::start(ServerOwner owner, std::string actor,
                                                         ServerDetails details) {
    CO_TRY_VOID(environment_to_start(owner.course, settings_.environments));
    auto const key = owner.key();
    if (auto const present = find(key)) {
        switch (present->record.state) {
            case ServerState::Queued:
            case ServerState::Starting:
                if (!present->stop_wanted) co_return present;
                [[fallthrough]];
            case ServerState::Stopping:
                co_return fail(Code::Conflict,
                               "the server is stopping; start it again in a moment");
            case ServerState::Running:
                co_return present;
            case ServerState::Stopped:
            case ServerState::Failed:
                break;
        }
    }
    auto const server = std::make_shared<LiveServer>(use_.executor, std::move(owner));
    // Whoever need not stand in line is written down once less.
    auto slot = queue_.enter_at_once();
    server->record.state = slot ? ServerState::Starting : ServerState::Queued;
    server->record.user_options = std::move(details.user_options);
    server->record.display_name = std::move(details.display_name);
    servers_[key] = server;  // from now on a second start finds this one
    server->progress.publish({.percent = 0, .message = "Server requested"});
    if (auto const queued = co_await enqueue(server, actor); !queued) {
        server->progress.publish({.message = queued.error().message, .failed = true});
        servers_.erase(key);
        co_return std::unexpected(queued.error());
    }
    begin_start(server, std::move(actor), std::move(slot));
    co_return server;
}

void ServerLifecycle::begin_start(std::shared_ptr<LiveServer> const& server, std::string actor,
                                  std::optional<StartQueue::Slot> slot) {
    server->may_give_up = true;
    server->start =
        tasks_.start("start server", run_start(server, std::move(actor), std::move(slot)));
}

Result<> ServerLifecycle::check_place(Transaction& transaction, ServerOwner const& owner) {
    TRY(auto const course, transaction.courses().find(owner.course.id));
    if (course.state != CourseState::Deployed)
        return fail(Code::Conflict, "the course is {}, so no server can be started",
                    name_of(course.state));
    TRY(bool const entitled, may_have_server(transaction, course, owner.user.id));
    if (!entitled)
        return fail(Code::PermissionDenied, "{} is no participant of this course", owner.user.name);
    return {};
}

Result<> ServerLifecycle::check_number(Transaction& transaction, ServerRecord const& wanted) const {
    if (wanted.name.empty()) return {};
    if (settings_.named_servers == 0)
        return fail(Code::InvalidArgument, "Named servers are not enabled.");
    TRY(auto const rows, transaction.servers().of_user(wanted.course, wanted.user));
    if (std::ranges::find(rows, wanted.name, &ServerRecord::name) != rows.end()) return {};
    auto const named =
        std::ranges::count_if(rows, [](ServerRecord const& row) { return !row.name.empty(); });
    if (static_cast<size_t>(named) < settings_.named_servers) return {};
    return fail(Code::InvalidArgument,
                "the maximum of {} named servers is reached; one must be removed before a new one "
                "can be made",
                settings_.named_servers);
}

Result<long long> ServerLifecycle::number_of_home(Transaction& transaction,
                                                  ServerRecord const& server) const {
    return transaction.homes().number_of(server.course, server.user, settings_.first_home_number);
}

Task<> ServerLifecycle::enqueue(std::shared_ptr<LiveServer> server, std::string actor) {
    server->record.state_since = use_.clock.now();
    auto record = server->record;
    auto const requested =
        event_of(server->owner, "server_requested", std::move(actor), "Server requested");
    long long number = 0;
    // Course and right were looked at when the request came in. They are asked again in the
    // transaction that writes the row: so a course that ends has either no such row, or one that
    // its homes wait for, and so has a participant who is removed.
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write_behind([&](Transaction& transaction) -> Result<> {
            TRY_VOID(check_place(transaction, server->owner));
            TRY_VOID(check_number(transaction, record));
            TRY_VOID(keep_details(transaction, record));
            TRY_VOID(transaction.servers().put(record));
            TRY_VOID(transaction.events().append(requested));
            TRY(number, number_of_home(transaction, record));
            return {};
        });
    }));
    server->record.user_options = std::move(record.user_options);
    server->record.display_name = std::move(record.display_name);
    server->home_number = number;
    co_return Result<>();
}

Task<StartQueue::Slot> ServerLifecycle::stand_in_line(std::shared_ptr<LiveServer> server) {
    co_return co_await queue_.enter([server](size_t place) {
        server->progress.publish({.percent = 5,
                                  .message = fmt::format("Waiting in line, place {}", place),
                                  .queue_place = place});
    });
}

/// Goes on after the request was answered; whoever watches sees `progress`.
Task<> ServerLifecycle::run_start(std::shared_ptr<LiveServer> server, std::string actor,
                                  std::optional<StartQueue::Slot> slot) {
    auto const begun = use_.clock.now();
    Result<> done;
    if (!slot) {
        if (auto turn = co_await stand_in_line(server))
            slot.emplace(*std::move(turn));
        else
            done = std::unexpected(turn.error());
    }
    bool const given_up = server->stop_wanted.has_value();
    if (!done && !given_up) co_return done;
    if (given_up) done = fail(Code::Cancelled, "start the server: given up");

    try {
        if (done) done = co_await spawn(server, actor);
    } catch (std::exception const& error) {
        done = fail(Code::Internal, "unexpected: {}", error.what());
    }
    server->may_give_up = false;
    if (!done) {
        if (done.error().code != Code::Cancelled)
            co_return co_await fail_start(server, done.error());
        // Closing down cancels starts; the next control process finds `Starting` and starts anew.
        if (!server->stop_wanted) co_return done;
        co_return co_await note_stopped(server, *server->stop_wanted,
                                        "Stopped before it was ready");
    }
    log::info("server_started", {{"course", server->owner.course.request.slug},
                                 {"user", server->owner.user.name},
                                 {"by", actor},
                                 {"ms", (use_.clock.now() - begun).count()}});
    if (server->stop_wanted) co_return co_await carry_out(server, *server->stop_wanted);
    co_return Result<>();
}

Task<ServerSpec> ServerLifecycle::make_spec(LiveServer& server, std::string secret) {
    auto const& owner = server.owner;
    CO_TRY(auto environment, environment_to_start(owner.course, settings_.environments));
    if (!server.home_number) {
        CO_TRY(server.home_number, co_await use_.pool.run([&] {
            return use_.store.write_behind([&](Transaction& transaction) {
                return number_of_home(transaction, server.record);
            });
        }));
    }
    auto const number = *server.home_number;
    CO_TRY(auto places,
           co_await use_.pool.run([&] { return provide_places(use_.homes, owner, number); }));
    std::map<std::string, std::string> variables;
    if (environment.kind == EnvironmentKind::JupyterHub)
        variables = jupyterhub::server_variables({.slug = owner.course.request.slug,
                                                  .user = owner.user.name,
                                                  .server = owner.name,
                                                  .token = secret,
                                                  .default_url = environment.default_url,
                                                  .portal = use_.origins.portal(),
                                                  .origin = use_.origins.of(owner.user.name),
                                                  .paths = use_.paths,
                                                  .resources = owner.course.request.resources});
    co_return ServerSpec{.id = spawn_id(owner.key()),
                         .user = owner.user.name,
                         .course = owner.course.request.slug,
                         .base_url = owner.path(use_.paths),
                         .secret = std::move(secret),
                         .number = number,
                         .home = std::move(places.home),
                         .course_folders = std::move(places.course_folders),
                         .resources = owner.course.request.resources,
                         .environment = std::move(environment),
                         .hub_variables = std::move(variables)};
}

/// The token by which the server calls the hub, and proves to be the OAuth client that it is.
Task<> ServerLifecycle::issue_token(std::shared_ptr<LiveServer> server, std::string secret) {
    CO_TRY(auto const token,
           jupyterhub::server_token(server->owner, use_.paths, secret, use_.clock.now()));
    co_return co_await use_.pool.run([&] {
        return use_.store.write_behind([&](Transaction& transaction) -> Result<> {
            TRY_VOID(
                transaction.hub_tokens().remove_of_server(token.course, *token.user, token.server));
            TRY_VOID(transaction.hub_tokens().insert(token));
            return {};
        });
    });
}

Task<> ServerLifecycle::spawn(std::shared_ptr<LiveServer> server, std::string actor) {
    CO_TRY(auto const environment,
           environment_to_start(server->owner.course, settings_.environments));
    bool const asks_hub = environment.kind == EnvironmentKind::JupyterHub;
    auto const secret = asks_hub ? use_.random.hex(16) : use_.random.secret();
    // Kept only where the proxy must know it.
    server->record.secret = asks_hub ? "" : secret;
    server->record.message.clear();
    server->record.log_tail.clear();
    server->progress.publish({.percent = 10, .message = "Preparing the home"});
    if (server->record.state == ServerState::Queued)
        CO_TRY_VOID(co_await save(server, ServerState::Starting));
    if (asks_hub) CO_TRY_VOID(co_await issue_token(server, secret));
    CO_TRY(auto spec, co_await make_spec(*server, secret));
    auto const progress = [server](int percent, std::string const& message) {
        server->progress.publish({.percent = percent, .message = message});
    };
    CO_TRY(auto started,
           co_await use_.spawner.start(spec, Deadline::after(settings_.start_timeout), progress));
    // A home that keeps its room to start harms nobody: the start goes on.
    if (!use_.homes.unlimited_because()) {
        auto const limited = co_await use_.pool.run(
            [&] { return take_room_back(use_.homes, server->owner, spec.number); });
        if (!limited) log::error("home_not_limited", {{"cause", limited.error().message}});
    }
    co_return co_await finish_start(server, std::move(started), std::move(actor));
}

Task<> ServerLifecycle::finish_start(std::shared_ptr<LiveServer> server, Started started,
                                     std::string actor) {
    server->record.endpoint = std::move(started.endpoint);
    server->record.spawner_state = std::move(started.state);
    server->record.started_at = use_.clock.now();
    server->record.last_activity = server->record.started_at;
    // Written before the route exists: whoever finds the route finds the record too.
    CO_TRY_VOID(co_await save(
        server, ServerState::Running,
        event_of(server->owner, "server_started", std::move(actor), "Server started")));
    auto const added = co_await use_.proxy.add_route(route_of(*server));
    if (!added) {
        log::warn("route_not_added",
                  {{"path", server->owner.path(use_.paths)}, {"cause", added.error().message}});
        routes_uncertain_ = true;
    }
    server->progress.publish({.percent = 100, .message = "Server ready", .ready = true});
    co_return Result<>();
}

/// Tells the person why, in one sentence and with the last lines of the server's log.
Task<> ServerLifecycle::fail_start(std::shared_ptr<LiveServer> server, Error error) {
    log::warn("server_start_failed", {{"course", server->owner.course.request.slug},
                                      {"user", server->owner.user.name},
                                      {"cause", error.message}});
    // It may run already, and only its record could not be written.
    if (auto const state = std::exchange(server->record.spawner_state, {}); !state.empty()) {
        auto const stopped =
            co_await use_.spawner.stop(state, Deadline::after(settings_.stop_timeout));
        if (!stopped) log::error("server_left_over", {{"cause", stopped.error().message}});
    }
    auto const failure = use_.spawner.last_failure(spawn_id(server->owner.key()));
    server->record.message = error.message;
    server->record.log_tail = failure ? failure->log_tail : "";
    auto saved = co_await save(server, ServerState::Failed,
                               event_of(server->owner, "server_failed", {}, error.message));
    server->progress.publish({.percent = 100,
                              .message = error.message,
                              .failed = true,
                              .log_tail = server->record.log_tail});
    co_return saved;
}

}  // namespace carrel
