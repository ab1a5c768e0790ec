#pragma once

/// Says in a sentence for people what the engine says in its own words.

#include "spawn/docker/container_watch.hpp"
#include "spawn/docker/engine.hpp"
#include "spawn/spawner.hpp"

#include <optional>
#include <string>

namespace carrel {

/// Why a container could not be started.
[[nodiscard]] std::string reason_of(std::string const& message);

/// Why a container ended that could not become the server's program, as the engine's first program
/// in it (tini) wrote into its log; nothing when it did.
[[nodiscard]] std::optional<std::string> reason_in_log(std::string const& log);

/// Whether it was not the server that ended but the engine with all its containers.
[[nodiscard]] bool ended_with_the_engine(EngineContainer const& container,
                                         std::optional<ContainerWatch::Outage> const& outage);

/// What the operator and every user are told about servers that run as containers. `no_network`
/// says why they have none; empty when they have one.
[[nodiscard]] Isolation isolation_of_engine(Result<EngineFacts> const& facts,
                                            std::string const& no_network);

}  // namespace carrel
