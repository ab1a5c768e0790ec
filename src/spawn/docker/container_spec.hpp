#pragma once

/// Writes the container of one server as the Engine's API wants it: what it sees, owns and may do.
/// A pure function, so that every line of its isolation can be read and tested.

#include "spawn/docker/engine.hpp"
#include "spawn/spawner.hpp"

#include <nlohmann/json_fwd.hpp>

namespace carrel {

/// What is decided outside the server's own specification.
struct ContainerPlace {
    std::string instance = {};       ///< of the platform; the label that the sweep looks for
    std::string user = {};           ///< "200001:200001"
    std::string home_volume = {};    ///< its name
    std::filesystem::path box = {};  ///< the folder with the server's socket
    std::filesystem::path bridge_program = {};  ///< see container_bridge.hpp
    std::filesystem::path hub = {};             ///< the folder with the hub's socket
    std::string network = "none";
    long long most_processes = 512;
    bool init = true;  ///< the engine has a program that collects processes nobody waits for
};

inline constexpr auto instance_label = "carrel.instance";
inline constexpr auto server_label = "carrel.server";
inline constexpr auto course_label = "carrel.course";
inline constexpr auto user_label = "carrel.user";

/// How a folder in a container's memory is mounted.
[[nodiscard]] std::string container_room(long long memory);

/// The body of "create a container". InvalidArgument: the environment and the image do not say how
/// the server is reached.
[[nodiscard]] Result<nlohmann::json> container_body(ServerSpec const& spec,
                                                    EngineImage const& image,
                                                    ContainerPlace const& place);

}  // namespace carrel
