#include "hub/server_lifecycle.hpp"

#include "hub/course_environment.hpp"

#include <algorithm>
#include <utility>

namespace carrel {

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

Event ServerLifecycle::event_of(ServerOwner const& server, std::string kind, std::string actor,
                                std::string message) const {
    Event event{.at = use_.clock.now(),
                .kind = std::move(kind),
                .course = server.course.id,
                .actor = std::move(actor),
                .subject = server.user.name,
                .message = std::move(message)};
    note_server(event, server.name);
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
Task<> ServerLifecycle::close() { co_return co_await tasks_.close(); }

}  // namespace carrel
