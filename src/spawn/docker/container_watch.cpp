#include "spawn/docker/container_watch.hpp"

#include "runtime/log.hpp"

#include <boost/asio/this_coro.hpp>

#include <set>
#include <utility>

namespace carrel {

namespace {

constexpr Milliseconds patience{10'000};
constexpr Milliseconds fresh{1'000};

Time now() {
    return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

}  // namespace

/// Shared with the question under way, which may outlive the watch.
struct ContainerWatch::State {
    Engine engine;
    BlockingPool& pool;
    std::string label;
    bool asking = false;
    bool known = false;
    Deadline again = Deadline::after(Milliseconds(0));
    std::set<std::string> running = {};
    // Since the question under way, or the last one, was asked.
    std::set<std::string> started = {};
    std::set<std::string> removed = {};
    std::set<std::string> removed_before = {};
    std::optional<Outage> outage = {};
};

ContainerWatch::ContainerWatch(Engine const& engine, BlockingPool& pool, std::string label)
    : state_(std::make_shared<State>(
          State{.engine = engine, .pool = pool, .label = std::move(label)})) {}

void ContainerWatch::note_started(std::string const& container) {
    state_->running.insert(container);
    state_->started.insert(container);
}

void ContainerWatch::note_removed(std::string const& container) {
    state_->running.erase(container);
    state_->removed.insert(container);
}

std::optional<ContainerWatch::Outage> ContainerWatch::outage() const {
    auto outage = state_->outage;
    if (outage && !outage->over) outage->until = now();
    return outage;
}

Task<> ContainerWatch::refresh(std::shared_ptr<State> state) {
    state->started.clear();
    state->removed_before.merge(std::exchange(state->removed, {}));
    auto const found = co_await state->pool.run(
        [&] { return state->engine.containers(state->label, Deadline::after(patience)); });
    state->asking = false;
    state->again = Deadline::after(fresh);
    bool const was_away = state->outage && !state->outage->over;
    if (!found) {
        if (!was_away) {
            log::error("engine_away", {{"cause", found.error().message}});
            state->outage = Outage{.from = now(), .until = now(), .over = false};
        }
        co_return Result<>();
    }
    if (was_away) {
        state->outage->until = now();
        state->outage->over = true;
        log::info("engine_back");
    }
    state->running = state->started;
    for (auto const& container : *found)
        if (container.running() && !state->removed.contains(container.id))
            state->running.insert(container.id);
    state->removed_before.clear();
    state->known = true;
    co_return Result<>();
}

Task<ContainerWatch::Seen> ContainerWatch::look(std::string container) {
    if (!state_->asking && state_->again.passed()) {
        state_->asking = true;
        spawn_detached(co_await asio::this_coro::executor, "watch containers", refresh(state_));
    }
    if (state_->removed.contains(container) || state_->removed_before.contains(container))
        co_return Seen::Ended;
    if (state_->running.contains(container)) co_return Seen::Running;
    if (!state_->known) co_return Seen::Unknown;
    co_return Seen::Ended;
}

}  // namespace carrel
