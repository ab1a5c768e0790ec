#include "hub/server_lifecycle.hpp"
#include "runtime/log.hpp"

namespace carrel {

namespace {

struct Remembered {
    ServerRecord record;
    ServerOwner owner;
};

Result<std::vector<Remembered>> load_active(Transaction& transaction) {
    std::vector<Remembered> all;
    TRY(auto records, transaction.servers().active());
    for (auto& record : records) {
        TRY(auto course, transaction.courses().find(record.course));
        TRY(auto user, transaction.users().find(record.user));
        ServerOwner owner{std::move(course), std::move(user), record.name};
        all.push_back({std::move(record), std::move(owner)});
    }
    return all;
}

}  // namespace

// Which processes are still alive is not asked here but by the reconciler's first pass: 5,000
// servers are known again as soon as their rows have been read.
Task<> ServerLifecycle::recover() {
    CO_TRY(auto remembered, co_await use_.pool.run([&] {
        return use_.store.read([](Transaction& transaction) { return load_active(transaction); });
    }));
    for (auto& [record, owner] : remembered) {
        auto const server = std::make_shared<LiveServer>(use_.executor, owner);
        auto const state = record.state;
        server->record = std::move(record);
        servers_[owner.key()] = server;
        if (state == ServerState::Running) {
            server->progress.publish({.percent = 100, .message = "Server ready", .ready = true});
        } else if (state == ServerState::Stopping) {
            // The former process was stopping it: finish that.
            tasks_.start("finish stop", carry_out(server, {.event_kind = "server_stopped"}));
        } else {
            // Queued or half started: somebody is waiting for it. The spawner ends leftovers first.
            server->record.state = ServerState::Queued;
            server->progress.publish(
                {.percent = 5, .message = "Carrel was restarted; starting again"});
            begin_start(server, {});
        }
    }
    if (!remembered.empty()) log::info("servers_found_again", {{"count", remembered.size()}});
    co_return Result<>();
}

}  // namespace carrel
