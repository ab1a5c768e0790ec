/// How servers end: stopped by somebody, or by themselves.

#include "hub/server_lifecycle.hpp"
#include "hub/sharing.hpp"
#include "runtime/log.hpp"

namespace carrel {

namespace {

/// Whoever watched a start has heard by then how it ended.
constexpr Milliseconds remember_ended{300'000};
constexpr Milliseconds between_signals{20};

}  // namespace

Task<> ServerLifecycle::stop(ServerKey key, std::string actor, std::string event_kind,
                             std::string reason) {
    auto const server = find(key);
    if (!server) co_return Result<>();
    StopOrder order{std::move(actor), std::move(event_kind), std::move(reason)};
    switch (server->record.state) {
        case ServerState::Stopped:
        case ServerState::Failed:
        case ServerState::Stopping:
            co_return Result<>();
        case ServerState::Queued:
        case ServerState::Starting:
            if (!server->stop_wanted) server->stop_wanted = std::move(order);
            co_return co_await give_up_start(server);
        case ServerState::Running:
            break;
    }
    co_return co_await carry_out(server, std::move(order));
}

Task<> ServerLifecycle::give_up_start(std::shared_ptr<LiveServer> server) {
    auto const on_its_way = [&] {
        auto const state = server->record.state;
        return state == ServerState::Queued || state == ServerState::Starting;
    };
    while (on_its_way() && !server->start.has_ended()) {
        if (server->may_give_up) server->start.cancel();
        CO_TRY_VOID(co_await sleep_for(between_signals));
    }
    co_return Result<>();
}

Task<> ServerLifecycle::remove(ServerKey key, std::string actor) {
    auto const server = find(key);
    if (server && !has_ended(server->record.state)) {
        server->remove_wanted = true;
        co_return co_await stop(key, std::move(actor), "server_stopped", "");
    }
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<> {
            TRY(auto const row, transaction.servers().find(key.course, key.user, key.name));
            if (!has_ended(row.state))
                return fail(Code::Conflict, "the server has been started again");
            TRY(auto course, transaction.courses().find(key.course));
            TRY(auto user, transaction.users().find(key.user));
            return remove_row(transaction, {std::move(course), std::move(user), key.name});
        });
    }));
    if (server) forget(server);
    co_return Result<>();
}

Result<> ServerLifecycle::remove_row(Transaction& transaction, ServerOwner const& server) const {
    TRY_VOID(end_sharing_of_server(transaction, server.course, server.user.id, server.name,
                                   use_.clock.now()));
    return transaction.servers().remove(server.course.id, server.user.id, server.name);
}

void ServerLifecycle::forget(std::shared_ptr<LiveServer> const& server) {
    auto const entry = servers_.find(server->owner.key());
    if (entry != servers_.end() && entry->second == server) servers_.erase(entry);
}

void ServerLifecycle::forget_ended() {
    auto const now = use_.clock.now();
    std::erase_if(servers_, [&](auto const& entry) {
        auto const& server = *entry.second;
        return has_ended(server.record.state) && !server.unsaved &&
               now - server.record.state_since >= remember_ended;
    });
}

void ServerLifecycle::stop_soon(ServerKey key, std::string reason) {
    tasks_.start("stop server", stop(std::move(key), {}, "server_stopped", std::move(reason)));
}

Task<> ServerLifecycle::delete_route(std::shared_ptr<LiveServer> server) {
    auto const deleted = co_await use_.proxy.delete_route(server->owner.route(use_.paths));
    if (deleted) co_return Result<>();
    log::warn("route_not_deleted",
              {{"path", server->owner.path(use_.paths)}, {"cause", deleted.error().message}});
    routes_uncertain_ = true;
    co_return Result<>();
}

Task<> ServerLifecycle::carry_out(std::shared_ptr<LiveServer> server, StopOrder order) {
    // Unwritten is no reason not to stop: whoever comes next finds it running, and then ended.
    if (auto const saved = co_await save(server, ServerState::Stopping); !saved)
        log::warn("server_not_saved", {{"cause", saved.error().message}});
    CO_TRY_VOID(co_await delete_route(server));
    auto stopped = co_await use_.spawner.stop(server->record.spawner_state,
                                              Deadline::after(settings_.stop_timeout));
    if (!stopped) {
        log::error("server_stop_failed", {{"course", server->owner.course.request.slug},
                                          {"user", server->owner.user.name},
                                          {"cause", stopped.error().message}});
        // Still running as far as anybody knows, so it has its route again; whoever wanted it
        // stopped tries again.
        routes_uncertain_ = true;
        server->remove_wanted = false;
        CO_TRY_VOID(co_await save(server, ServerState::Running));
        co_return std::unexpected(stopped.error().wrapped("stop the server"));
    }
    co_return co_await note_stopped(server, std::move(order), "Server stopped");
}

Task<> ServerLifecycle::note_stopped(std::shared_ptr<LiveServer> server, StopOrder order,
                                     std::string usual) {
    server->record.message = order.reason;
    server->record.endpoint.clear();
    server->record.spawner_state.clear();
    server->record.secret.clear();
    log::info(order.event_kind, {{"course", server->owner.course.request.slug},
                                 {"user", server->owner.user.name},
                                 {"by", order.actor}});
    auto const message = order.reason.empty() ? std::move(usual) : order.reason;
    auto saved = co_await save(server, ServerState::Stopped,
                               event_of(server->owner, order.event_kind, order.actor, message));
    server->progress.publish({.percent = 100, .message = message, .failed = true});
    co_return saved;
}

Task<> ServerLifecycle::note_ending(std::shared_ptr<LiveServer> server, Ending ending) {
    if (server->record.state != ServerState::Running) co_return Result<>();
    // In memory alone, so that nobody stops or starts it meanwhile: a control process that comes
    // after us finds it running in the store, and ended, as we did.
    server->record.state = ServerState::Stopping;
    CO_TRY_VOID(co_await delete_route(server));
    // Clears what the dead server left: its cgroup, its socket folder.
    auto const cleared = co_await use_.spawner.stop(server->record.spawner_state,
                                                    Deadline::after(settings_.stop_timeout));
    if (!cleared) {
        server->record.state = ServerState::Running;
        co_return cleared;
    }
    bool const by_itself =
        ending.exit_code == 0 && !ending.out_of_memory;  // "Shut Down" in the menu
    server->record.message = ending.explanation;
    server->record.log_tail = by_itself ? "" : ending.log_tail;
    log::info("server_ended", {{"course", server->owner.course.request.slug},
                               {"user", server->owner.user.name},
                               {"exit_code", ending.exit_code.value_or(-1)},
                               {"cause", ending.explanation}});
    auto saved =
        co_await save(server, by_itself ? ServerState::Stopped : ServerState::Failed,
                      event_of(server->owner, by_itself ? "server_stopped" : "server_failed", {},
                               ending.explanation));
    server->progress.publish({.percent = 100,
                              .message = ending.explanation,
                              .failed = true,
                              .log_tail = server->record.log_tail});
    co_return saved;
}

}  // namespace carrel
