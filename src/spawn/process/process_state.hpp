#pragma once

/// What identifies a started server, for as long as it may run and beyond: the `state` of a
/// Started. Holds no secret.
///
/// All functions are quick file access and signals; any thread.

#include "runtime/deadline.hpp"
#include "spawn/process/cgroups.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace carrel {

struct ProcessState {
    std::string id = {};    ///< the server's
    std::string user = {};  ///< for messages
    pid_t process = 0;      ///< of the sandbox's outer process, or of the server without sandbox
    unsigned long long start_time = 0;
    std::string boot = {};  ///< the kernel's id of this boot
    bool sandbox = false;
    Cgroup cgroup = {};
    double memory_gib = 0;
    std::filesystem::path folder = {};  ///< below the runtime folder; see server_folder.hpp
    std::filesystem::path log = {};
};

[[nodiscard]] std::string to_text(ProcessState const& state);
/// Internal: not one of ours.
[[nodiscard]] Result<ProcessState> parse_process_state(std::string const& text);

/// The kernel's id of this boot; process numbers and start times mean something only within it.
[[nodiscard]] std::string boot_id();

/// The server, or the sandbox around it, is there and no zombie.
[[nodiscard]] bool is_running(ProcessState const& state);

/// Asks the server itself to end: SIGTERM to the program inside the sandbox.
void ask_to_end(ProcessState const& state);

/// True while the folder is this server's: not once it was stopped, or started anew.
[[nodiscard]] bool is_current(ProcessState const& state);

/// Kills the server and everything it ever started; returns when all of it is gone, or at
/// `deadline` with Timeout. Blocks.
[[nodiscard]] Result<> kill_all(ProcessState const& state, Deadline deadline);

/// Removes the control group and the folder of a server of which nothing runs.
void discard(ProcessState const& state);

/// As the sandbox wrote it down; nothing while it runs or when nobody could write it.
[[nodiscard]] std::optional<int> exit_code_of(ProcessState const& state);

}  // namespace carrel
