#pragma once

/// What the launcher is told, on its standard input: the server's secret is in it.

#include "base/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace carrel {

struct LaunchPlan {
    std::vector<std::string> arguments;              ///< the program by its full path first
    std::map<std::string, std::string> environment;  ///< exactly this
    std::filesystem::path folder = "/";
    std::map<int, std::string> inputs;             ///< descriptor → what can be read from it
    std::map<int, std::filesystem::path> outputs;  ///< descriptor → file it is appended to
    std::vector<std::filesystem::path> entrances;  ///< of its cgroup
    std::map<std::string, long long> limits;       ///< "core", "nofile", "fsize", "data", "nproc"
    /// When not negative: the descriptor to which bubblewrap tells the sandbox's process number,
    /// and the sandbox's private network gets a way out.
    int network_info = -1;
    /// When not negative: the descriptor at which our own program is open, for `carrel bridge` in
    /// a sandbox that does not see it.
    int own_program = -1;
};

[[nodiscard]] std::string to_text(LaunchPlan const& plan);
[[nodiscard]] Result<LaunchPlan> parse_launch_plan(std::string const& text);

}  // namespace carrel
