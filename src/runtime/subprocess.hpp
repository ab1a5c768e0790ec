#pragma once

/// Runs another program to its end, or starts one that outlives us.
///
/// No shell is ever involved: programs get an argument vector. The child's environment is exactly
/// what is given. No file descriptor but those named is inherited.

#include "base/result.hpp"
#include "runtime/deadline.hpp"

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace carrel {

struct Command {
    std::vector<std::string> arguments;  ///< the program first; looked up in PATH when without "/"
    std::map<std::string, std::string> environment = {};
    std::filesystem::path folder = "/";
    std::string input = {};  ///< given on standard input, then closed
    /// A descriptor that becomes readable when nobody wants the program to go on; -1: none.
    int cancel = -1;
};

struct Completed {
    int exit_code = 0;   ///< 128 + signal when ended by one
    std::string output;  ///< standard output, at most 1 MiB of it
    std::string errors;  ///< standard error, likewise
};

/// Blocks until the program has ended (use it on a BlockingPool).
/// NotFound: there is no such program. Timeout: it was killed with its process group at `deadline`.
/// Cancelled: likewise, because of `cancel`.
[[nodiscard]] Result<Completed> run(Command const& command, Deadline deadline);

struct DetachedCommand {
    Command command;
    std::filesystem::path log;  ///< standard output and error are appended here, mode 0600
    /// Files opened before the start and given to the child: number → path (created, append).
    std::map<int, std::filesystem::path> files = {};
};

/// Starts a program in a session of its own, without us as its controlling parent: it is
/// re-parented at once (to the supervisor, a child subreaper), and lives on when we end. Returns
/// its process id.
[[nodiscard]] Result<pid_t> start_detached(DetachedCommand const& command);

/// Starts a program in a session of its own as our own child, which `take_ending` has to collect.
/// Call it on a thread that lives as long as the program may: with PR_SET_PDEATHSIG it would end
/// with that thread.
[[nodiscard]] Result<pid_t> start_child(DetachedCommand const& command);

/// The exit code of a child that has ended, 128 + signal when by one; nothing while it runs. Once.
[[nodiscard]] std::optional<int> take_ending(pid_t child);

/// What identifies a process beyond its number, which the kernel reuses: its start time in clock
/// ticks since boot (field 22 of /proc/PID/stat). NotFound when there is none, or when it is a
/// zombie.
[[nodiscard]] Result<unsigned long long> start_time_of(pid_t process);

}  // namespace carrel
