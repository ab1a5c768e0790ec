#include "spawn/process/process_spawner.hpp"

#include "base/encoding.hpp"
#include "base/gibibytes.hpp"
#include "runtime/log.hpp"
#include "runtime/subprocess.hpp"
#include "spawn/process/explain.hpp"
#include "spawn/process/metadata_rule.hpp"
#include "spawn/process/readiness.hpp"
#include "spawn/process/sandbox_arguments.hpp"
#include "spawn/process/server_log.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr Milliseconds between_questions{25};
constexpr Milliseconds between_looks{20};
constexpr Seconds longest_kill{10};

/// "/servers/0123456789abcdef/server.sock" and, inside it, "/box/server.sock".
constexpr size_t longest_below = 9 + 17 + 4 + 12;

}  // namespace

/// Everything of a start that is decided before the server runs.
struct ProcessSpawner::Preparation {
    ServerFolder folder;
    ProcessState state;
    LaunchPlan plan;
    std::string endpoint;
    bool shared_endpoint = false;
};

Result<std::unique_ptr<ProcessSpawner>> ProcessSpawner::create(ProcessSpawnerOptions options,
                                                               BlockingPool& pool,
                                                               http::Client& client) {
    if (options.runtime_folder.string().size() + longest_below >= sizeof(sockaddr_un::sun_path))
        return fail(Code::InvalidArgument,
                    "use runtime folder {}: its path is too long for the sockets in it",
                    options.runtime_folder.string());
    auto machine = probe_machine(
        {.private_network = options.private_network, .block_metadata = options.block_metadata});
    auto cgroups = options.use_cgroups ? Cgroups::detect() : std::make_unique<NoCgroups>();
    return std::unique_ptr<ProcessSpawner>(new ProcessSpawner(
        std::move(options), pool, client, std::move(machine), std::move(cgroups)));
}

ProcessSpawner::ProcessSpawner(ProcessSpawnerOptions options, BlockingPool& pool,
                               http::Client& client, Machine machine,
                               std::unique_ptr<Cgroups> cgroups)
    : options_(std::move(options)),
      pool_(pool),
      client_(client),
      machine_(std::move(machine)),
      cgroups_(std::move(cgroups)),
      isolation_(isolation_of(machine_, *cgroups_,
                              {.private_network = options_.private_network,
                               .block_metadata = options_.block_metadata})) {}

Result<> ProcessSpawner::may_start(ServerSpec const& spec) const {
    if (spec.environment.command.empty())
        return fail(Code::Unavailable, "environment {} has no command", spec.environment.name);
    if (spec.environment.kind == EnvironmentKind::JupyterHub && options_.hub_folder.empty())
        return fail(Code::Unavailable, "environment {} needs a hub to ask", spec.environment.name);
    struct stat home{};
    if (::lstat(spec.home.c_str(), &home) != 0 || !S_ISDIR(home.st_mode))
        return fail(Code::Unavailable, "the home folder is not there");
    if (!machine_.root) return {};
    if (!machine_.sandbox)
        return fail(Code::Unavailable, "servers need a sandbox, and {}", machine_.no_sandbox);
    if (spec.number < first_server_uid || spec.number > last_server_uid)
        return fail(Code::Unavailable, "home number {} is outside {}-{}, the uids of servers",
                    spec.number, first_server_uid, last_server_uid);
    if (home.st_uid != static_cast<uid_t>(spec.number))
        return fail(Code::Unavailable, "the home folder belongs to uid {} instead of {}",
                    home.st_uid, spec.number);
    for (auto const& path : spec.environment.read_only) {
        struct stat facts{};
        if (::stat(path.c_str(), &facts) != 0)
            return fail_errno("find {}, which environment {} needs", path.string(),
                              spec.environment.name);
        if ((facts.st_mode & (S_IROTH | S_IXOTH)) != (S_IROTH | S_IXOTH))
            return fail(Code::Unavailable, "folder {} of environment {} is not readable for others",
                        path.string(), spec.environment.name);
    }
    return {};
}

/// A control process that died in the middle of a start left a server nobody knows of.
Result<> ProcessSpawner::end_leftover(ServerFolder const& folder) const {
    auto const text = read_small_file(folder.state());
    // Without a state it died before it wrote one; the sandbox's own status names the process then.
    auto const state = text ? parse_process_state(*text) : Result<ProcessState>();
    auto const leftover = state && text ? *state : ProcessState{.folder = folder.path};
    TRY_VOID(kill_all(leftover, Deadline::after(longest_kill)));
    discard(leftover);
    return {};
}

Result<ProcessSpawner::Preparation> ProcessSpawner::prepare(ServerSpec const& spec) const {
    TRY_VOID(may_start(spec));
    Preparation prepared;
    auto& [folder, state, plan, endpoint, shared] = prepared;
    folder = ServerFolder::of(options_.runtime_folder, spec.id);
    TRY_VOID(end_leftover(folder));
    auto const uid = static_cast<uid_t>(spec.number);
    TRY_VOID(folder.make(machine_.root ? std::optional(uid) : std::nullopt));
    TRY_VOID(write_private_file(folder.secret(), spec.secret));

    state = {.id = spec.id,
             .user = spec.user,
             .boot = boot_id(),
             .sandbox = machine_.sandbox,
             .cgroup = {},
             .memory_gib = spec.resources.memory_gib,
             .folder = folder.path,
             .log = server_log_path(options_.log_folder, spec.id)};
    TRY_VOID(rotate_log(state.log));
    auto const memory = bytes_of_gib(spec.resources.memory_gib);
    TRY(state.cgroup,
        cgroups_->create(folder.path.filename().string(), {.cpu = spec.resources.cpu,
                                                           .memory_bytes = memory,
                                                           .processes = options_.most_processes}));

    SandboxSpec sandbox{.root = machine_.root,
                        .box = folder.box(),
                        .port = {},
                        .status = folder.status(),
                        .hidden = options_.hidden,
                        .hub = options_.hub_folder,
                        .resolv_conf = read_small_file("/etc/resolv.conf").value_or(""),
                        .most_processes = options_.most_processes,
                        .limit_by_cgroup = cgroups_->limits()};
    bool const bridged = spec.environment.kind == EnvironmentKind::JupyterHub;
    shared = !bridged && wants_port(spec.environment);
    if (shared) {
        TRY(auto const port, free_port());
        sandbox.port = port;
        endpoint = fmt::format("http://127.0.0.1:{}", port);
    } else {
        endpoint = "http+unix://" + percent_encode(folder.socket().string());
        sandbox.private_network = !machine_.root && options_.private_network;
        sandbox.has_way_out = sandbox.private_network && machine_.private_network;
    }
    TRY_VOID(link_course_folders(spec.home, spec.course_folders, !machine_.sandbox,
                                 machine_.root ? std::optional(uid) : std::nullopt));
    plan = machine_.sandbox ? sandbox_plan(spec, sandbox) : plain_plan(spec, sandbox);
    plan.entrances = state.cgroup.entrances();
    return prepared;
}

Result<> ProcessSpawner::launch(ServerSpec const& spec, Preparation& prepared) const {
    auto& state = prepared.state;
    Command const command{.arguments = options_.launcher,
                          .environment = {},
                          .folder = "/",
                          .input = to_text(prepared.plan)};
    auto const process = start_detached({.command = command, .log = state.log});
    if (!process) return std::unexpected(process.error().wrapped("start the launcher"));
    state.process = *process;
    // It may have ended already; then it has no start time, and is found not running.
    state.start_time = start_time_of(*process).value_or(0);
    log::info("server_launched", {{"id", spec.id}, {"pid", *process}});
    return write_private_file(prepared.folder.state(), to_text(state));
}

Result<> ProcessSpawner::ask(ServerSpec const& spec, Preparation const& prepared,
                             Deadline deadline) const {
    if (!prepared.shared_endpoint) {
        auto const owner = machine_.root ? static_cast<uid_t>(spec.number) : ::geteuid();
        TRY_VOID(prepared.folder.publish_socket(owner));
    }
    return ask_readiness(client_, spec, prepared.endpoint, prepared.shared_endpoint, deadline);
}

Task<> ProcessSpawner::wait_until_usable(ServerSpec const& spec, Preparation const& prepared,
                                         Deadline deadline) {
    for (;;) {
        if (!is_running(prepared.state))
            co_return fail(Code::Unavailable, "it ended while it was starting");
        auto const usable = co_await pool_.run([&] { return ask(spec, prepared, deadline); });
        if (usable) co_return Result<>();
        if (usable.error().code == Code::PermissionDenied)
            co_return std::unexpected(usable.error());
        if (deadline.passed()) {
            co_return fail(Code::Timeout, "the server did not answer in time ({})",
                           usable.error().message);
        }
        CO_TRY_VOID(co_await sleep_for(between_questions));
    }
}

Task<Started> ProcessSpawner::start(ServerSpec spec, Deadline deadline, Progress progress) {
    failures_.erase(spec.id);
    auto const report = [&](int percent, std::string const& message) {
        if (progress) progress(percent, message);
    };
    report(5, "Preparing the home");
    auto prepared = co_await pool_.run([&] { return prepare(spec); });
    if (!prepared) {
        CO_TRY_VOID(co_await fail_start(spec, {}, prepared.error()));
    }
    auto const& title = spec.environment.title;
    report(20, fmt::format("Starting {}", title.empty() ? spec.environment.name : title));
    auto const launched = co_await pool_.run([&] { return launch(spec, *prepared); });
    if (!launched) {
        CO_TRY_VOID(co_await fail_start(spec, prepared->state, launched.error()));
    }
    report(40, "Waiting for it to answer");
    auto const usable = co_await wait_until_usable(spec, *prepared, deadline);
    if (!usable) {
        CO_TRY_VOID(co_await fail_start(spec, prepared->state, usable.error()));
    }
    report(100, "Ready");
    co_return Started{.endpoint = prepared->endpoint, .state = to_text(prepared->state)};
}

/// Leaves nothing running, keeps why, and ends with the error for the user.
Task<> ProcessSpawner::fail_start(ServerSpec const& spec, ProcessState const& state, Error error) {
    auto const end = [&]() -> Result<Ending> {
        if (state.folder.empty())  // it failed before anything was made
            return Ending{.exit_code = {}, .explanation = error.message, .log_tail = {}};
        auto const ended_by_itself = state.process > 0 && !is_running(state);
        auto ending = ending_of(state);
        if (!ended_by_itself) ending.explanation = error.message;
        auto const killed = kill_all(state, Deadline::after(longest_kill));
        if (!killed)
            log::error("server_left_over", {{"id", spec.id}, {"cause", killed.error().message}});
        discard(state);
        return ending;
    };
    auto const ending = co_await pool_.run(end);
    if (error.code == Code::Cancelled) co_return std::unexpected(error);
    if (!ending) co_return std::unexpected(ending.error());
    failures_[spec.id] = *ending;
    co_return fail(Code::Unavailable, "{}", ending->explanation);
}

Ending ProcessSpawner::ending_of(ProcessState const& state) const {
    // The sandbox writes the exit code down just before it ends.
    auto code = exit_code_of(state);
    for (int look = 0; !code && state.sandbox && look < 10 && is_running(state); ++look) {
        std::this_thread::sleep_for(Milliseconds(10));
        code = exit_code_of(state);
    }
    auto const secret = read_small_file(ServerFolder{state.folder}.secret()).value_or("");
    Circumstances const circumstances{.exit_code = code,
                                      .out_of_memory_kills = state.cgroup.out_of_memory_kills(),
                                      .memory_gib = state.memory_gib,
                                      .log_tail = log_tail(state.log, secret)};
    return {.exit_code = code,
            .out_of_memory = ended_by_memory(circumstances),
            .explanation = explain(circumstances),
            .log_tail = circumstances.log_tail};
}

Task<> ProcessSpawner::stop(std::string text, Deadline deadline) {
    CO_TRY(auto const state, parse_process_state(text));
    if (!is_current(state)) co_return Result<>();
    ask_to_end(state);
    while (is_running(state) && !deadline.passed())
        CO_TRY_VOID(co_await sleep_for(std::min(between_looks, deadline.left())));
    auto const end = [&]() -> Result<> {
        TRY_VOID(kill_all(state, Deadline::after(longest_kill)));
        discard(state);
        return {};
    };
    co_return co_await pool_.run(end);
}

Task<std::optional<Ending>> ProcessSpawner::poll(std::string text) {
    CO_TRY(auto const state, parse_process_state(text));
    if (!is_current(state)) {
        co_return Ending{.exit_code = {}, .explanation = "the server was stopped", .log_tail = {}};
    }
    if (is_running(state)) {
        limit_log(state.log, options_.largest_log);
        co_return std::nullopt;
    }
    auto const look = [&]() -> Result<std::optional<Ending>> {
        auto const ending = ending_of(state);
        // What the server left running is of no use to anybody.
        (void)kill_all(state, Deadline::after(longest_kill));
        return ending;
    };
    co_return co_await pool_.run(look);
}

std::optional<Ending> ProcessSpawner::last_failure(std::string const& id) const {
    auto const found = failures_.find(id);
    if (found == failures_.end()) return {};
    return found->second;
}

}  // namespace carrel
