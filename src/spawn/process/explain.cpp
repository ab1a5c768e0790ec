#include "spawn/process/explain.hpp"

#include "base/text.hpp"
#include "spawn/process/bridge.hpp"
#include "spawn/process/launcher.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>

namespace carrel {

namespace {

constexpr int killed = 128 + SIGKILL;

/// What follows `mark` in its line of the log; the last such line counts.
std::optional<std::string> after(std::string const& log, std::string_view mark) {
    auto const at = log.rfind(mark);
    if (at == std::string::npos) return {};
    auto const begin = at + mark.size();
    return std::string(trimmed(
        std::string_view(log).substr(begin, std::min(log.find('\n', begin), log.size()) - begin)));
}

/// Failures of the programs between us and the server, and the usual ones of Python.
std::optional<std::string> from_log(std::string const& log) {
    for (auto const* mark :
         {"bwrap: execvp ", "setpriv: failed to execute ", "prlimit: failed to execute ",
          "carrel launch: start ", "carrel bridge: start "}) {
        if (auto const rest = after(log, mark))
            return fmt::format("the notebook command could not be started: {}", *rest);
    }
    if (auto const rest = after(log, "bwrap: "))
        return fmt::format("the server's sandbox could not be made: {}", *rest);
    if (auto const rest = after(log, launch_complaint))
        return fmt::format("the server could not be launched: {}", *rest);
    if (auto const rest = after(log, bridge_complaint))
        return fmt::format("the server could not be connected to the hub: {}", *rest);
    if (auto const rest = after(log, "ModuleNotFoundError: "))
        return fmt::format("the notebook environment is not complete: {}", *rest);
    if (log.contains("No space left on device")) return "there is no space left on the disk";
    if (log.contains("Disk quota exceeded"))
        return "the home is full: it has all the storage that the course gives each";
    return {};
}

}  // namespace

bool ended_by_memory(Circumstances const& circumstances) {
    if (circumstances.out_of_memory_kills == 0) return false;
    return !circumstances.exit_code || *circumstances.exit_code == killed;
}

std::string explain(Circumstances const& circumstances) {
    if (ended_by_memory(circumstances))
        return fmt::format("the server used more than its {:g} GiB of memory and was stopped",
                           circumstances.memory_gib);
    if (!circumstances.exit_code)
        return from_log(circumstances.log_tail).value_or("the server ended without saying why");
    auto const code = *circumstances.exit_code;
    if (code == 0) return "the server ended by itself";
    if (auto const found = from_log(circumstances.log_tail)) return *found;
    if (code == killed)
        return "the server was killed, perhaps because the machine ran out of memory";
    if (code > 128 && code < 128 + NSIG)
        return fmt::format("the server was ended by signal {} ({})", code - 128,
                           ::strsignal(code - 128));
    return fmt::format("the server ended with exit code {}", code);
}

}  // namespace carrel
