#include "spawn/docker/docker_spawner.hpp"

#include "runtime/log.hpp"
#include "spawn/docker/container_spec.hpp"
#include "spawn/docker/docker_words.hpp"
#include "spawn/process/explain.hpp"
#include "spawn/process/server_log.hpp"

#include <filesystem>

// How containers end; how they start is in docker_spawner.cpp.

namespace carrel {

namespace {

constexpr Milliseconds patience{10'000};
constexpr Milliseconds patience_with_an_end{30'000};
constexpr Milliseconds between_looks{100};
constexpr int tail_lines = 50;
constexpr int kept_lines = 5000;

}  // namespace

Result<Ending> DockerSpawner::ending_of(DockerState const& state,
                                        std::optional<ContainerWatch::Outage> const& outage,
                                        Deadline deadline) const {
    auto const container = engine_.inspect(state.container, deadline);
    if (!container && container.error().code == Code::NotFound)
        return Ending{.exit_code = {},
                      .explanation = "the server was stopped: its container is not there any more",
                      .log_tail = {}};
    if (!container) return std::unexpected(container.error());
    auto const secret = read_small_file(ServerFolder{state.folder}.secret()).value_or("");
    auto const tail =
        readable(engine_.log(state.container, tail_lines, deadline).value_or(""), secret);
    if (ended_with_the_engine(*container, outage))
        return Ending{.exit_code = {},
                      .explanation =
                          "the server ended when the Docker Engine was stopped or "
                          "restarted",
                      .log_tail = tail};
    Circumstances const circumstances{.exit_code = container->exit_code,
                                      .out_of_memory_kills = container->out_of_memory ? 1 : 0,
                                      .memory_gib = state.memory_gib,
                                      .log_tail = tail};
    return Ending{.exit_code = container->exit_code,
                  .out_of_memory = ended_by_memory(circumstances),
                  .explanation = container->error.empty()
                                     ? reason_in_log(tail).value_or(explain(circumstances))
                                     : reason_of(container->error),
                  .log_tail = tail};
}

Result<> DockerSpawner::discard(DockerState const& state, Deadline deadline) const {
    // With the container the engine forgets what it has written.
    ServerFolder const folder{state.folder};
    auto const secret = read_small_file(folder.secret()).value_or("");
    if (auto const log = engine_.log(state.container, kept_lines, deadline); log && !log->empty())
        if (auto const kept = write_private_file(state.log, readable(*log, secret)); !kept)
            log::warn("log_not_kept", {{"id", state.id}, {"cause", kept.error().message}});
    TRY_VOID(engine_.remove(state.container, deadline));
    // Unless a later start of the same server has made it anew.
    auto const text = read_small_file(folder.state());
    auto const current = text ? parse_docker_state(*text) : Result<DockerState>();
    if (!text || (current && current->container == state.container)) folder.remove();
    return {};
}

Task<> DockerSpawner::wait_for_exit(DockerState const& state, Deadline deadline) {
    while (!deadline.passed()) {
        auto const container = co_await pool_.run(
            [&] { return engine_.inspect(state.container, Deadline::after(patience)); });
        if (!container && container.error().code == Code::NotFound) co_return Result<>();
        if (!container) co_return std::unexpected(container.error());
        if (!container->running()) co_return Result<>();
        CO_TRY_VOID(co_await sleep_for(std::min(between_looks, deadline.left())));
    }
    co_return Result<>();
}

Task<> DockerSpawner::stop(std::string text, Deadline deadline) {
    CO_TRY(auto const state, parse_docker_state(text));
    CO_TRY_VOID(co_await pool_.run(
        [&] { return engine_.signal(state.container, "SIGTERM", Deadline::after(patience)); }));
    CO_TRY_VOID(co_await wait_for_exit(state, deadline));
    auto const removed =
        co_await pool_.run([&] { return discard(state, Deadline::after(patience_with_an_end)); });
    if (removed) watch_.note_removed(state.container);
    co_return removed;
}

Task<std::optional<Ending>> DockerSpawner::poll(std::string text) {
    CO_TRY(auto const state, parse_docker_state(text));
    CO_TRY(auto const seen, co_await watch_.look(state.container));
    // As long as the engine does not answer, nobody has ended as far as anybody knows.
    auto const outage = watch_.outage();
    if (seen != ContainerWatch::Seen::Ended || (outage && !outage->over)) co_return std::nullopt;
    auto const look = [&]() -> Result<std::optional<Ending>> {
        auto const limit = Deadline::after(patience);
        auto const container = engine_.inspect(state.container, limit);
        if (container && container->running()) return std::nullopt;
        if (!container && container.error().code != Code::NotFound) return std::nullopt;
        auto ending = ending_of(state, outage, limit);
        if (!ending) return std::nullopt;
        return *std::move(ending);
    };
    co_return co_await pool_.run(look);
}

/// What a sweep works with, apart from what changes meanwhile.
struct DockerSpawner::Sweep {
    std::set<std::string> known;          ///< containers of servers that somebody knows
    std::multiset<std::string> starting;  ///< servers' ids
    std::set<std::string> suspects;       ///< containers that the sweep before did not know
    std::set<std::string> unknown = {};   ///< those that this one does not know
    std::vector<std::string> removed = {};
};

Result<> DockerSpawner::remove_unknown(Sweep& sweep, Deadline deadline) const {
    TRY(auto const containers,
        engine_.containers(fmt::format("{}={}", instance_label, options_.instance), deadline));
    for (auto const& container : containers) {
        auto const label = container.labels.find(server_label);
        bool const being_started =
            label != container.labels.end() && sweep.starting.contains(label->second);
        if (sweep.known.contains(container.id) || being_started) continue;
        // Seen for the first time, it may be one whose state is just being written down.
        if (!sweep.suspects.contains(container.id)) {
            sweep.unknown.insert(container.id);
            continue;
        }
        TRY_VOID(engine_.remove(container.id, deadline));
        log::warn("container_swept", {{"container", container.id.substr(0, 12)}});
        sweep.removed.push_back(container.id);
    }
    std::set<std::string> courses;
    for (auto const& container : containers)
        if (auto const course = container.labels.find(course_label);
            course != container.labels.end())
            courses.insert(course->second);
    TRY_VOID(networks_->remove_unused(courses, deadline));
    return remove_stale_volumes(deadline);
}

/// Those over homes that were exported and deleted.
Result<> DockerSpawner::remove_stale_volumes(Deadline deadline) const {
    TRY(auto const volumes,
        engine_.volumes(fmt::format("{}={}", instance_label, options_.instance), deadline));
    for (auto const& volume : volumes) {
        std::error_code error;
        if (volume.device.empty() || std::filesystem::exists(volume.device, error) || error)
            continue;
        if (engine_.remove_volume(volume.name, deadline))
            log::info("volume_swept", {{"volume", volume.name}});
    }
    return {};
}

Task<> DockerSpawner::sweep(std::vector<std::string> states) {
    auto const outage = watch_.outage();
    if (!options_.offered || (outage && !outage->over)) co_return Result<>();
    Sweep sweep{.known = {}, .starting = starting_, .suspects = suspects_};
    for (auto const& text : states)
        if (auto const state = parse_docker_state(text)) sweep.known.insert(state->container);
    auto const swept =
        co_await pool_.run([&] { return remove_unknown(sweep, Deadline::after(patience)); });
    suspects_ = std::move(sweep.unknown);
    for (auto const& container : sweep.removed) watch_.note_removed(container);
    // Said once, and not again and again while the engine is away.
    if (!swept && swept_) log::warn("containers_not_swept", {{"cause", swept.error().message}});
    swept_ = swept.has_value();
    co_return Result<>();
}

}  // namespace carrel
