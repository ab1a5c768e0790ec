#include "hub/reconciler.hpp"

#include "hub/hub_access.hpp"
#include "hub/sharing.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

constexpr int outbox_batch = 100;
constexpr Seconds between_sweeps{10};

/// Waits longer after each failure, up to five minutes.
Milliseconds backoff(int attempts) {
    constexpr Milliseconds longest = std::chrono::minutes(5);
    return std::min<Milliseconds>(Milliseconds(1000) * (1LL << std::min(attempts, 9)), longest);
}

}  // namespace

Reconciler::Reconciler(HubDependencies const& dependencies, ServerLifecycle& servers,
                       Services* services)
    : use_(dependencies), servers_(servers), services_(services), revocations_(dependencies) {}

Task<> Reconciler::pass() {
    for (auto const part :
         {&Reconciler::restore_routes, &Reconciler::obey_lists, &Reconciler::drain_outbox,
          &Reconciler::obey_courses, &Reconciler::notice_endings, &Reconciler::save_again,
          &Reconciler::sweep}) {
        Result<> done;
        try {
            done = co_await (this->*part)();
        } catch (std::exception const& error) {
            // Whatever it was, it must not end all passes to come.
            done = fail(Code::Internal, "unexpected: {}", error.what());
        }
        if (done) continue;
        if (done.error().code == Code::Cancelled) co_return done;
        log::warn("reconcile_failed", {{"cause", done.error().message}});
    }
    co_return Result<>();
}

Task<> Reconciler::save_again() {
    CO_TRY_VOID(co_await servers_.save_again());
    servers_.forget_ended();
    co_return Result<>();
}

Task<> Reconciler::sweep() {
    if (use_.clock.now() < next_sweep_) co_return Result<>();
    next_sweep_ = use_.clock.now() + between_sweeps;
    std::vector<std::string> states;
    for (auto const state : {ServerState::Starting, ServerState::Running, ServerState::Stopping})
        for (auto const& server : servers_.in_state(state))
            if (auto const& text = server->record.spawner_state; !text.empty())
                states.push_back(text);
    co_return co_await use_.spawner.sweep(std::move(states));
}

Task<> Reconciler::notice_endings() {
    Result<> outcome;
    for (auto const& server : servers_.in_state(ServerState::Running)) {
        auto const noticed = co_await look_at(server);
        if (noticed) continue;
        if (noticed.error().code == Code::Cancelled) co_return noticed;
        outcome = noticed;  // one that cannot be looked at does not hide the others
    }
    co_return outcome;
}

Task<> Reconciler::look_at(std::shared_ptr<LiveServer> server) {
    if (server->record.state != ServerState::Running) co_return Result<>();
    CO_TRY(auto ending, co_await use_.spawner.poll(server->record.spawner_state));
    if (!ending) co_return Result<>();
    co_return co_await servers_.note_ending(server, *std::move(ending));
}

Task<> Reconciler::obey_courses() {
    std::map<CourseId, CourseState> states;
    auto const live = [&] {
        auto all = servers_.in_state(ServerState::Running);
        for (auto const state : {ServerState::Queued, ServerState::Starting})
            std::ranges::copy(servers_.in_state(state), std::back_inserter(all));
        return all;
    }();
    for (auto const& server : live) states.emplace(server->owner.course.id, CourseState::Deployed);
    CO_TRY_VOID(co_await use_.pool.run([&] {
        return use_.store.read([&](Transaction& transaction) -> Result<> {
            for (auto& [id, state] : states) {
                TRY(auto const course, transaction.courses().find(id));
                state = course.state;
            }
            return {};
        });
    }));
    // All at once: a big course would not end in time if they stopped one by one.
    for (auto const& server : live) {
        auto const state = states.at(server->owner.course.id);
        if (state == CourseState::Deployed) continue;
        servers_.stop_soon(
            server->owner.key(),
            fmt::format("Stopped because the course is {}; your files are kept", name_of(state)));
    }
    co_return Result<>();
}

Task<> Reconciler::obey_lists() {
    CO_TRY(auto const kept_out, co_await use_.pool.run([&] {
        return use_.store.read(
            [](Transaction& transaction) { return transaction.servers().of_kept_out(); });
    }));
    for (auto const& server : kept_out)
        servers_.stop_soon({server.course, server.user, server.name},
                           "Stopped because its owner may not use this hub any more; the files "
                           "are kept");
    co_return Result<>();
}

Task<> Reconciler::restore_routes() {
    CO_TRY(auto marked, co_await use_.proxy.is_marked());
    if (marked && !servers_.routes_uncertain()) co_return Result<>();
    // Before and not after: what goes wrong meanwhile makes them uncertain again.
    servers_.set_routes_uncertain(false);
    auto restored = co_await send_routes();
    if (!restored) servers_.set_routes_uncertain(true);
    co_return restored;
}

/// The proxy is new, or we are, or a route could not be changed.
Task<> Reconciler::send_routes() {
    // First, so that there is no moment in which a route is open to somebody who lost the right.
    CO_TRY_VOID(co_await revocations_.send_all());
    CO_TRY(auto stale, co_await use_.proxy.routes());
    auto const running = servers_.in_state(ServerState::Running);
    std::vector<ServerRoute> routes;
    for (auto const& server : running) {
        routes.push_back(servers_.route_of(*server));
        stale.erase(routes.back().path);
    }
    // In one call: thousands, one after the other, would take seconds in which nobody gets through.
    CO_TRY_VOID(co_await use_.proxy.add_routes(std::move(routes)));
    // A route of one that has ended meanwhile may have been deleted before it was added.
    for (auto const& server : running)
        if (server->record.state != ServerState::Running) servers_.set_routes_uncertain(true);
    if (services_ != nullptr) {
        for (auto const& [path, target] : services_->routes()) stale.erase(path);
        CO_TRY_VOID(co_await services_->send_routes());
    }
    for (auto const& path : stale) {
        // One may have started meanwhile.
        bool const used = std::ranges::any_of(
            servers_.in_state(ServerState::Running),
            [&](auto const& server) { return server->owner.route(use_.paths) == path; });
        if (!used) CO_TRY_VOID(co_await use_.proxy.delete_route(path));
    }
    CO_TRY_VOID(co_await use_.proxy.mark());
    log::info("routes_restored", {{"count", running.size()}});
    co_return Result<>();
}

Task<> Reconciler::drain_outbox() {
    CO_TRY(auto items, co_await use_.pool.run([&] {
        return use_.store.read([&](Transaction& transaction) {
            return transaction.outbox().due(use_.clock.now(), outbox_batch);
        });
    }));
    for (auto const& item : items) {
        auto const done = co_await perform(item);
        if (!done)
            log::warn("outbox_item_failed", {{"kind", item.kind},
                                             {"attempts", item.attempts + 1},
                                             {"cause", done.error().message}});
        CO_TRY_VOID(co_await use_.pool.run([&] {
            return use_.store.write([&](Transaction& transaction) {
                return done ? transaction.outbox().done(item.id)
                            : transaction.outbox().retry(item.id,
                                                         use_.clock.now() + backoff(item.attempts));
            });
        }));
    }
    co_return Result<>();
}

Task<> Reconciler::perform(OutboxItem const& item) {
    auto const payload = nlohmann::json::parse(item.payload, nullptr, false);
    auto const text = [&](char const* key) {
        return payload.is_object() ? payload.value(key, std::string()) : std::string();
    };
    if (item.kind == "revoke_login") {
        bool const for_good = !payload.is_object() || payload.value("for_good", true);
        co_return co_await revocations_.add({.login = text("login"), .for_good = for_good});
    }
    if (item.kind == "revoke_entry")
        co_return co_await revocations_.add(
            {.path = use_.paths.at_root(text("path")).value_or(text("path")),
             .user = text("user")});
    if (item.kind == "remove_participant")
        co_return co_await remove_participant(CourseId(text("course")), UserId(text("user")));
    // Mail and the like have workers of their own; here nobody would ever take it up.
    log::error("outbox_item_unknown", {{"kind", item.kind}, {"id", item.id}});
    co_return Result<>();
}

/// The routes of all servers that somebody has or had in the course, and the name they enter by.
Result<std::vector<std::pair<std::string, std::string>>> Reconciler::routes_of(
    CourseId const& course, UserId const& user) const {
    return use_.store.read(
        [&](Transaction& transaction) -> Result<std::vector<std::pair<std::string, std::string>>> {
            TRY(auto const found, transaction.courses().find(course));
            TRY(auto const owner, transaction.users().find(user));
            TRY(auto const rows, transaction.servers().of_user(course, user));
            std::vector<std::pair<std::string, std::string>> routes;
            for (auto const& row : rows)
                routes.emplace_back(use_.paths.route(found.request.slug, owner.name, row.name),
                                    owner.name);
            return routes;
        });
}

Task<> Reconciler::remove_participant(CourseId course, UserId user) {
    // They may have been let in again while this waited in the outbox.
    CO_TRY(bool const entitled, co_await use_.pool.run([&] {
        return use_.store.write([&](Transaction& transaction) -> Result<bool> {
            TRY(auto const found, transaction.courses().find(course));
            TRY(bool const may, may_have_server(transaction, found, user));
            if (!may) TRY_VOID(end_sharing_of_person(transaction, found, user, use_.clock.now()));
            return may;
        });
    }));
    if (entitled) co_return Result<>();
    // Of those that have stopped, too: what opened them must not open the next ones.
    CO_TRY(auto const own, co_await use_.pool.run([&] { return routes_of(course, user); }));
    for (auto const& [path, name] : own)
        CO_TRY_VOID(co_await revocations_.add({.path = path, .user = name}));
    auto const servers = servers_.active_of(course, user);
    Result<> outcome;
    for (auto const& server : servers) {
        auto stopped = co_await servers_.stop(server->owner.key(), {}, "server_stopped",
                                              "Stopped because you are no longer a participant");
        if (!stopped) outcome = std::move(stopped);  // one that does not end spares no other
    }
    co_return outcome;
}

}  // namespace carrel
