#include "hub/services/process_service_host.hpp"

#include "auth/secret.hpp"
#include "base/encoding.hpp"
#include "runtime/subprocess.hpp"

#include <signal.h>
#include <unistd.h>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr uintmax_t longest_log = 16UL * 1024 * 1024;

fs::path socket_in(fs::path const& folder) { return folder / "pages.sock"; }

}  // namespace

/// Its own, and short: a socket's path is.
Result<fs::path> ProcessServiceHost::make_folder(ServiceProgram const& program) const {
    auto const name = hash_secret(program.course + "/" + program.service->name).substr(0, 12);
    auto folder = options_.folders / name;
    std::error_code error;
    fs::create_directories(folder, error);
    // Others may pass to their own and not look around.
    if (!error) fs::permissions(options_.folders, fs::perms(0711), error);
    if (!error) fs::permissions(folder, fs::perms(0700), error);
    if (!error) fs::remove(socket_in(folder), error);
    if (error) return fail(Code::Unavailable, "make {}: {}", folder.string(), error.message());
    auto const account = static_cast<uid_t>(program.service->account);
    if (options_.own_accounts && ::chown(folder.c_str(), account, account) != 0)
        return fail_errno("give {} to account {}", folder.string(), account);
    return folder;
}

/// One that has grown long is kept as the one before.
Result<fs::path> ProcessServiceHost::make_log(ServiceProgram const& program) const {
    std::error_code error;
    fs::create_directories(options_.logs, error);
    auto log = options_.logs / fmt::format("{}.{}.log", program.course, program.service->name);
    if (auto const size = fs::file_size(log, error); !error && size > longest_log)
        fs::rename(log, log.string() + ".1", error);
    return log;
}

Result<RunningProgram> ProcessServiceHost::start(ServiceProgram const& program) {
    auto const& service = *program.service;
    TRY(auto const folder, make_folder(program));
    TRY(auto const log, make_log(program));
    bool const has_pages = !service.url.empty();
    auto const socket = socket_in(folder);
    DetachedCommand detached{.log = log};
    auto& command = detached.command;
    command.arguments = {"/proc/self/exe",
                         "service",
                         options_.own_accounts ? std::to_string(service.account) : "-",
                         std::to_string(::getpid()),
                         options_.hub_socket.string(),
                         has_pages ? socket.string() : "-"};
    command.arguments.insert(command.arguments.end(), service.command.begin(),
                             service.command.end());
    command.folder = service.folder.empty() ? folder : service.folder;
    command.environment = {{"HOME", folder.string()},
                           {"LANG", "C.UTF-8"},
                           {"PATH", "/usr/local/bin:/usr/bin:/bin"},
                           {"PYTHONUNBUFFERED", "1"}};
    for (auto const& variables : {service.variables, program.variables})
        for (auto const& [name, value] : variables)
            command.environment.insert_or_assign(name, value);
    TRY(auto const process, start_child(detached));
    return RunningProgram{
        process, has_pages ? "http+unix://" + percent_encode(socket.string()) : std::string()};
}

std::optional<int> ProcessServiceHost::ending(long long process) {
    auto const ended = take_ending(static_cast<pid_t>(process));
    // What it has left behind in its group must not meet the one that is started next.
    if (ended) kill(process);
    return ended;
}

void ProcessServiceHost::ask_to_end(long long process) {
    ::kill(-static_cast<pid_t>(process), SIGTERM);
}

void ProcessServiceHost::kill(long long process) { ::kill(-static_cast<pid_t>(process), SIGKILL); }

}  // namespace carrel
