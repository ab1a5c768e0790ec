#include "spawn/process/process_state.hpp"

#include "base/text.hpp"
#include "runtime/subprocess.hpp"
#include "spawn/process/server_folder.hpp"

#include <nlohmann/json.hpp>

#include <signal.h>
#include <unistd.h>

#include <sstream>
#include <thread>

namespace carrel {

using nlohmann::json;
namespace fs = std::filesystem;

std::string to_text(ProcessState const& state) {
    auto folders = json::array();
    for (auto const& folder : state.cgroup.folders) folders.push_back(folder.string());
    json const text = {{"id", state.id},
                       {"user", state.user},
                       {"pid", state.process},
                       {"start_time", state.start_time},
                       {"boot", state.boot},
                       {"sandbox", state.sandbox},
                       {"cgroup", folders},
                       {"memory_gib", state.memory_gib},
                       {"folder", state.folder.string()},
                       {"log", state.log.string()}};
    return text.dump();
}

Result<ProcessState> parse_process_state(std::string const& text) try {
    auto const whole = json::parse(text);
    ProcessState state;
    whole.at("id").get_to(state.id);
    whole.at("user").get_to(state.user);
    whole.at("pid").get_to(state.process);
    whole.at("start_time").get_to(state.start_time);
    whole.at("boot").get_to(state.boot);
    whole.at("sandbox").get_to(state.sandbox);
    for (auto const& folder : whole.at("cgroup"))
        state.cgroup.folders.emplace_back(folder.get<std::string>());
    whole.at("memory_gib").get_to(state.memory_gib);
    state.folder = whole.at("folder").get<std::string>();
    state.log = whole.at("log").get<std::string>();
    return state;
} catch (json::exception const& error) {
    return fail(Code::Internal, "read a server's state: {}", error.what());
}

std::string boot_id() {
    auto const text = read_small_file("/proc/sys/kernel/random/boot_id");
    return text ? std::string(trimmed(*text)) : std::string();
}

namespace {

/// What bubblewrap writes while it runs: process 1 of the sandbox, and how the server ended.
struct SandboxStatus {
    pid_t first_process = 0;
    std::string pid_namespace;
    std::optional<int> exit_code;
};

SandboxStatus read_status(ProcessState const& state) {
    SandboxStatus status;
    auto const text = read_small_file(ServerFolder{state.folder}.status());
    if (!text) return status;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        auto const entry = json::parse(line, nullptr, false);
        if (!entry.is_object()) continue;  // being written
        status.first_process = entry.value("child-pid", status.first_process);
        if (auto const number = entry.find("pid-namespace"); number != entry.end())
            status.pid_namespace = fmt::format("pid:[{}]", number->get<unsigned long long>());
        if (auto const code = entry.find("exit-code"); code != entry.end())
            status.exit_code = code->get<int>();
    }
    return status;
}

/// Process 1 of the sandbox, when it is still the one that was started.
std::optional<pid_t> first_process_of(SandboxStatus const& status) {
    if (status.first_process <= 0 || status.pid_namespace.empty()) return {};
    std::error_code error;
    auto const name = fs::read_symlink(fmt::format("/proc/{}/ns/pid", status.first_process), error);
    if (error || name.string() != status.pid_namespace) return {};
    if (!start_time_of(status.first_process)) return {};  // a zombie; whoever has it may be slow
    return status.first_process;
}

bool is_outer_running(ProcessState const& state) {
    if (state.process <= 0 || state.boot != boot_id()) return false;
    auto const start = start_time_of(state.process);
    return start && *start == state.start_time;
}

/// The server itself: process 2 of the sandbox, a child of its process 1.
std::optional<pid_t> server_process(pid_t first) {
    auto const children = read_small_file(fmt::format("/proc/{0}/task/{0}/children", first));
    if (!children) return {};
    for (auto const word : split(trimmed(*children), ' ')) {
        auto const status = read_small_file(fmt::format("/proc/{}/status", word));
        if (!status) continue;
        for (auto const line : split(*status, '\n'))
            if (line.starts_with("NSpid:") && line.ends_with("\t2"))
                return static_cast<pid_t>(parse_whole(word).value_or(0));
    }
    return {};
}

}  // namespace

bool is_running(ProcessState const& state) {
    if (!is_outer_running(state)) return false;
    return !state.sandbox || !read_status(state).exit_code;
}

void ask_to_end(ProcessState const& state) {
    if (!state.sandbox) {
        if (is_outer_running(state)) ::kill(state.process, SIGTERM);
        return;
    }
    auto const first = first_process_of(read_status(state));
    if (!first) return;
    if (auto const server = server_process(*first); server && *server > 0) ::kill(*server, SIGTERM);
}

Result<> kill_all(ProcessState const& state, Deadline deadline) {
    for (;;) {
        auto const first = first_process_of(read_status(state));
        auto const outer = is_outer_running(state);
        // With process 1 the kernel ends everything in its namespace, whatever it has become.
        if (first) ::kill(*first, SIGKILL);
        // The whole group: a sandbox that is just being made has no process 1 yet.
        if (outer) ::kill(-state.process, SIGKILL);
        auto const empty = state.cgroup.kill();
        if (!first && !outer && empty) return {};
        if (deadline.passed())
            return fail(Code::Timeout, "end the server of {}: something of it is left", state.user);
        std::this_thread::sleep_for(Milliseconds(5));
    }
}

bool is_current(ProcessState const& state) {
    auto const text = read_small_file(ServerFolder{state.folder}.state());
    if (!text) return false;
    auto const current = parse_process_state(*text);
    return current && current->process == state.process &&
           current->start_time == state.start_time && current->boot == state.boot;
}

void discard(ProcessState const& state) {
    // The kernel lets go of the last process a moment after it has ended.
    for (int attempt = 0; attempt < 100 && !state.cgroup.remove(); ++attempt)
        std::this_thread::sleep_for(Milliseconds(5));
    if (!state.folder.empty()) ServerFolder{state.folder}.remove();
}

std::optional<int> exit_code_of(ProcessState const& state) { return read_status(state).exit_code; }

}  // namespace carrel
