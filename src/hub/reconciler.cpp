#include "hub/reconciler.hpp"

#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace carrel {

namespace {

constexpr int outbox_batch = 100;

/// Waits longer after each failure, up to five minutes.
Milliseconds backoff(int attempts) {
    constexpr Milliseconds longest = std::chrono::minutes(5);
    return std::min<Milliseconds>(Milliseconds(1000) * (1LL << std::min(attempts, 9)), longest);
}

}  // namespace

Reconciler::Reconciler(HubDependencies const& dependencies, ServerLifecycle& servers)
    : use_(dependencies), servers_(servers), revocations_(dependencies) {}

Task<> Reconciler::pass() {
    for (auto const part : {&Reconciler::restore_routes, &Reconciler::drain_outbox,
                            &Reconciler::obey_courses, &Reconciler::notice_endings}) {
        auto const done = co_await (this->*part)();
        if (done) continue;
        if (done.error().code == Code::Cancelled) co_return done;
        log::warn("reconcile_failed", {{"cause", done.error().message}});
    }
    co_return Result<>();
}

Task<> Reconciler::notice_endings() {
    for (auto const& server : servers_.in_state(ServerState::Running)) {
        CO_TRY(auto ending, co_await use_.spawner.poll(server->record.spawner_state));
        if (ending) CO_TRY_VOID(co_await servers_.note_ending(server, *std::move(ending)));
    }
    co_return Result<>();
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
    for (auto const& server : live) {
        auto const state = states.at(server->owner.course.id);
        if (state == CourseState::Deployed) continue;
        CO_TRY_VOID(co_await servers_.stop(
            server->owner.key(), {}, "server_stopped",
            fmt::format("Stopped because the course is {}; your files are kept", name_of(state))));
    }
    co_return Result<>();
}

Task<> Reconciler::restore_routes() {
    CO_TRY(auto marked, co_await use_.proxy.is_marked());
    if (marked) co_return Result<>();
    // The proxy is new. What it may still have is from a former control process.
    CO_TRY(auto stale, co_await use_.proxy.routes());
    auto const running = servers_.in_state(ServerState::Running);
    for (auto const& server : running) {
        auto route = ServerLifecycle::route_of(*server);
        stale.erase(route.path);
        CO_TRY_VOID(co_await use_.proxy.add_route(std::move(route)));
    }
    for (auto const& path : stale) CO_TRY_VOID(co_await use_.proxy.delete_route(path));
    CO_TRY_VOID(co_await revocations_.send_all());
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
    if (item.kind == "revoke_login") co_return co_await revocations_.add({.login = text("login")});
    if (item.kind == "remove_participant")
        co_return co_await remove_participant(CourseId(text("course")), UserId(text("user")));
    // Mail and the like have workers of their own; here nobody would ever take it up.
    log::error("outbox_item_unknown", {{"kind", item.kind}, {"id", item.id}});
    co_return Result<>();
}

Task<> Reconciler::remove_participant(CourseId course, UserId user) {
    auto const server = servers_.find({course, user, ""});
    if (!server) co_return Result<>();
    CO_TRY_VOID(
        co_await revocations_.add({.path = server->owner.path(), .user = server->owner.user.name}));
    co_return co_await servers_.stop(server->owner.key(), {}, "server_stopped",
                                     "Stopped because you are no longer a participant");
}

}  // namespace carrel
