#include "hub/server_lifecycle.hpp"

#include "auth/secret.hpp"
#include "hub/course_environment.hpp"
#include "hub/hub_access.hpp"
#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/server_token.hpp"
#include "hub/jupyterhub/server_variables.hpp"
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

Result<std::string> last_options(Transaction& transaction, ServerRecord const& wanted) {
    auto last = transaction.servers().find(wanted.course, wanted.user, wanted.name);
    if (last) return std::move(last->user_options);
    if (last.error().code == Code::NotFound) return std::string();
    return std::unexpected(std::move(last.error()));
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

std::set<UserId> ServerLifecycle::owners_in(std::string_view slug) const {
    std::set<UserId> owners;
    for (auto const& [key, server] : servers_)
        if (server->owner.course.request.slug == slug && !has_ended(server->record.state))
            owners.insert(owners.end(), key.user);
    return owners;
}

std::vector<std::shared_ptr<LiveServer>> ServerLifecycle::active_of(CourseId const& course,
                                                                    UserId const& user) const {
    std::vector<std::shared_ptr<LiveServer>> found;
    for (auto it = servers_.lower_bound({course, user, ""});
         it != servers_.end() && it->first.course == course && it->first.user == user; ++it)
        if (!has_ended(it->second->record.state)) found.push_back(it->second);
    return found;
}

std::vector<std::shared_ptr<LiveServer>> ServerLifecycle::known_of(
    Course const& course, User const& user, std::vector<ServerRecord> const& rows) const {
    auto found = active_of(course.id, user.id);
    for (auto const& row : rows) {
        if (std::ranges::any_of(found,
                                [&](auto const& one) { return one->record.name == row.name; }))
            continue;
        auto const ended = std::make_shared<LiveServer>(
            use_.executor, ServerOwner{.course = course, .user = user, .name = row.name});
        ended->record = row;
        // The row may be older than what is known here: it is not among those that are alive.
        if (!has_ended(row.state)) ended->record.state = ServerState::Stopped;
        found.push_back(ended);
    }
    return found;
}

ServerRoute ServerLifecycle::route_of(LiveServer const& server) const {
    auto const& origins = use_.origins;
    auto const environment = environment_of(server.owner.course, settings_.environments);
    return {.path = server.owner.route(use_.paths),
            .target = server.record.endpoint,
            .secret = server.record.secret,
            .login = origins.portal() + server.owner.login_path(use_.paths),
            .strip_path = environment && environment->strip_base_url,
            .origin = origins.of(server.owner.user.name)};
}

Event ServerLifecycle::event_of(LiveServer const& server, std::string kind, std::string actor,
                                std::string message) const {
    Event event{.at = use_.clock.now(),
                .kind = std::move(kind),
                .course = server.owner.course.id,
                .actor = std::move(actor),
                .subject = server.owner.user.name,
                .message = std::move(message)};
    note_server(event, server.record.name);
    return event;
}

Task<> ServerLifecycle::save(std::shared_ptr<LiveServer> server, ServerState state,
                             std::optional<Event> event) {
    server->record.state = state;
    server->record.state_since = use_.clock.now();
    auto const record = server->record;
    bool const remove = server->remove_wanted && has_ended(state);
    auto const write = [&](Transaction& transaction) -> Result<> {
        TRY_VOID(remove ? remove_row(transaction, server->owner)
                        : transaction.servers().put(record));
        if (event) TRY_VOID(transaction.events().append(*event));
        // A server's own token ends with it.
        if (has_ended(record.state))
            TRY_VOID(
                transaction.hub_tokens().remove_of_server(record.course, record.user, record.name));
        return {};
    };
    // Servers do not outlive the machine, so what is said of them need not either; that somebody's
    // server and those who share it are gone must.
    auto saved = co_await use_.pool.run(
        [&] { return remove ? use_.store.write(write) : use_.store.write_behind(write); });
    server->unsaved = !saved;
    if (saved && remove) forget(server);
    co_return saved;
}

/// A record that could not be written, since the disk was full, is written once there is space.
Task<> ServerLifecycle::save_again() {
    for (auto const state : {ServerState::Running, ServerState::Stopped, ServerState::Failed})
        for (auto const& server : in_state(state))
            if (server->unsaved) CO_TRY_VOID(co_await save(server, server->record.state));
    co_return Result<>();
}

/// The way up begins here: a row in the store, a place in the line, a process, a route. The way
/// down is in server_ending.cpp.
Task<std::shared_ptr<LiveServer>> ServerLifecycle::start(ServerOwner owner, std::string actor,
                                                         std::string user_options) {
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
    server->record.state = ServerState::Queued;  // from now on a second start finds this one
    server->record.user_options = std::move(user_options);
    servers_[key] = server;
    server->progress.publish({.percent = 0, .message = "Server requested"});
    if (auto const queued = co_await enqueue(server, actor); !queued) {
        server->progress.publish({.message = queued.error().message, .failed = true});
        servers_.erase(key);
        co_return std::unexpected(queued.error());
    }
    begin_start(server, std::move(actor));
    co_return server;
}

void ServerLifecycle::begin_start(std::shared_ptr<LiveServer> const& server, std::string actor) {
    server->may_give_up = true;
    server->start = tasks_.start("start server", run_start(server, std::move(actor)));
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

Task<> ServerLifecycle::enqueue(std::shared_ptr<LiveServer> server, std::string actor) {
    server->record.state_since = use_.clock.now();
    auto record = server->record;
    auto const requested =
        event_of(*server, "server_requested", std::move(actor), "Server requested");
    // Course and right were looked at when the request came in. They are asked again in the
    // transaction that writes the row: so a course that ends has either no such row, or one that
    // its homes wait for, and so has a participant who is removed.
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write_behind([&](Transaction& transaction) -> Result<> {
            TRY(auto const course, transaction.courses().find(record.course));
            if (course.state != CourseState::Deployed)
                return fail(Code::Conflict, "the course is {}, so no server can be started",
                            name_of(course.state));
            TRY(bool const entitled, may_have_server(transaction, course, record.user));
            if (!entitled)
                return fail(Code::PermissionDenied, "{} is no participant of this course",
                            server->owner.user.name);
            TRY_VOID(check_number(transaction, record));
            if (record.user_options.empty()) {
                TRY(record.user_options, last_options(transaction, record));
            }
            TRY_VOID(transaction.servers().put(record));
            TRY_VOID(transaction.events().append(requested));
            return {};
        });
    }));
    server->record.user_options = std::move(record.user_options);
    co_return Result<>();
}

/// Goes on after the request was answered; whoever watches sees `progress`.
Task<> ServerLifecycle::run_start(std::shared_ptr<LiveServer> server, std::string actor) {
    auto const begun = use_.clock.now();
    auto const slot = co_await queue_.enter([server](size_t place) {
        server->progress.publish({.percent = 5,
                                  .message = fmt::format("Waiting in line, place {}", place),
                                  .queue_place = place});
    });
    bool const given_up = server->stop_wanted.has_value();
    if (!slot && !given_up) co_return std::unexpected(slot.error());
    Result<> done = fail(Code::Cancelled, "start the server: given up");

    try {
        if (!given_up) done = co_await spawn(server, actor);
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
    CO_TRY(auto number, co_await use_.pool.run([&] {
        return use_.store.write_behind([&](Transaction& transaction) {
            return transaction.homes().number_of(owner.course.id, owner.user.id,
                                                 settings_.first_home_number);
        });
    }));
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
    CO_TRY_VOID(
        co_await save(server, ServerState::Running,
                      event_of(*server, "server_started", std::move(actor), "Server started")));
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
                               event_of(*server, "server_failed", {}, error.message));
    server->progress.publish({.percent = 100,
                              .message = error.message,
                              .failed = true,
                              .log_tail = server->record.log_tail});
    co_return saved;
}

Task<> ServerLifecycle::close() { co_return co_await tasks_.close(); }

}  // namespace carrel
