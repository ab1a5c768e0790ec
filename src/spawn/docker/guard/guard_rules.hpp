#pragma once

/// What a hub may have a Docker Engine do, when it reaches the engine only by `carrel
/// engine-guard`.
///
/// Pure functions but for a look at folders. Each reads what is asked for, makes anew what a
/// container (volume, network) of Carrel's looks like with these values, and compares: whatever was
/// asked for beyond that is refused, also what this program has never heard of. Any thread.

#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace carrel {

/// On everything that was made by way of a guard; its value is the guard's name. What does not have
/// it is out of the hub's reach.
inline constexpr auto guard_label = "carrel.guard";

struct GuardRules {
    std::string name;                     ///< of this guard among those of the engine
    std::filesystem::path folder;         ///< only what is below is given to containers
    unsigned owner = 0;                   ///< the user, and the group, that containers run as
    std::string range = "10.213.0.0/16";  ///< networks take their addresses from it
};

/// The bodies to send to the engine instead, with the guard's label. InvalidArgument: this is no
/// container (volume, network) of Carrel's; the sentence says where it differs.
[[nodiscard]] Result<nlohmann::json> guarded_container(nlohmann::json const& asked,
                                                       GuardRules const& rules);
[[nodiscard]] Result<nlohmann::json> guarded_volume(nlohmann::json const& asked,
                                                    GuardRules const& rules);
[[nodiscard]] Result<nlohmann::json> guarded_network(nlohmann::json const& asked,
                                                     GuardRules const& rules);

/// InvalidArgument: it is not below the folder, or a symbolic link is on the way there.
[[nodiscard]] Result<> check_shared_path(std::filesystem::path const& path,
                                         GuardRules const& rules);

}  // namespace carrel
