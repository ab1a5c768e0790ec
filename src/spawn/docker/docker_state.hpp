#pragma once

/// What identifies a server that runs as a container: the `state` of a Started. Holds no secret.

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace carrel {

struct DockerState {
    std::string container = {};  ///< its id, given to it by the engine and to no other ever
    std::string id = {};         ///< the server's
    std::string user = {};       ///< for messages
    double memory_gib = 0;
    std::filesystem::path folder = {};  ///< below the runtime folder; see process/server_folder.hpp
    std::filesystem::path log = {};     ///< where its log is kept once the container is gone
};

[[nodiscard]] std::string to_text(DockerState const& state);
/// Internal: not one of ours.
[[nodiscard]] Result<DockerState> parse_docker_state(std::string const& text);
/// Whether a state is that of a container rather than of a process.
[[nodiscard]] bool is_docker_state(std::string_view text);

}  // namespace carrel
