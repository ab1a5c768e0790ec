#pragma once

/// Lets Carrel and a server that knows only TCP reach each other in a container without a way in:
/// `carrel bridge` as a program of its own, see process/bridge.hpp.

#include "spawn/docker/engine.hpp"
#include "spawn/spawner.hpp"

#include <filesystem>
#include <optional>

namespace carrel {

/// Where the program is inside containers.
inline constexpr std::string_view container_bridge = "/run/carrel-bridge";

/// Writes the program into `folder` unless it is there, and returns its path.
[[nodiscard]] Result<std::filesystem::path> install_bridge(std::filesystem::path const& folder);

/// What stands before the words of a server's command; nothing when it listens on a socket by
/// itself. InvalidArgument: nobody says on which port it listens.
[[nodiscard]] Result<std::vector<std::string>> container_bridge_words(
    Environment const& environment, EngineImage const& image);

}  // namespace carrel
