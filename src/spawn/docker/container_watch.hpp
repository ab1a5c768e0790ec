#pragma once

/// Which containers of this platform run, asked of the engine once for all servers, in the
/// background: an engine that hangs holds nobody up, and one that is away ends no server.
///
/// Owned by the DockerSpawner, confined to the control thread.

#include "runtime/blocking_pool.hpp"
#include "spawn/docker/engine.hpp"

#include <memory>
#include <optional>

namespace carrel {

class ContainerWatch {
public:
    ContainerWatch(Engine const& engine, BlockingPool& pool, std::string label);

    enum class Seen { Running, Ended, Unknown };
    /// How the container was when the engine last answered, and sees to it that it is asked again.
    /// Unknown: it has not answered yet.
    Task<Seen> look(std::string container);

    // What we have done ourselves, of which an answer under way may not know.
    void note_started(std::string const& container);
    void note_removed(std::string const& container);

    /// When the engine was away for the last time; until now where that has not ended.
    struct Outage {
        Time from{};
        Time until{};
        bool over = true;
    };
    [[nodiscard]] std::optional<Outage> outage() const;

private:
    struct State;
    static Task<> refresh(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace carrel
