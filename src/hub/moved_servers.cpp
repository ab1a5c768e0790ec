#include "hub/moved_servers.hpp"

#include "runtime/log.hpp"

namespace carrel {

namespace {

constexpr std::string_view setting = "hub.root_course";
constexpr Milliseconds look_again{100};

}  // namespace

Task<> stop_moved_servers(HubDependencies use, ServerLifecycle& servers) {
    auto const& now = use.paths.root_course();
    CO_TRY(auto const before, co_await use.pool.run([&] {
        return use.store.read(
            [](Transaction& transaction) { return transaction.settings().get(setting); });
    }));
    auto const was = before.value_or("");
    if (was == now) co_return Result<>();
    std::vector<std::shared_ptr<LiveServer>> moved;
    for (auto const& server : servers.in_state(ServerState::Running))
        if (auto const& slug = server->owner.course.request.slug; slug == was || slug == now)
            moved.push_back(server);
    log::info("root_course_changed", {{"from", was}, {"to", now}, {"servers", moved.size()}});
    while (!moved.empty()) {
        for (auto const& server : moved)
            if (server->record.state == ServerState::Running)
                servers.stop_soon(server->owner.key(),
                                  "Stopped because its address has changed; start it again");
        CO_TRY_VOID(co_await sleep_for(look_again));
        std::erase_if(moved, [](auto const& server) { return has_ended(server->record.state); });
    }
    co_return co_await use.pool.run([&] {
        return use.store.write(
            [&](Transaction& transaction) { return transaction.settings().set(setting, now); });
    });
}

}  // namespace carrel
