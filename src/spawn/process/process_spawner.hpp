#pragma once

/// Runs each notebook server as a process of this machine, in a sandbox made by bubblewrap.
///
/// As root every server has its home's number as uid and gid; as an ordinary user it lives in a
/// user namespace. What it holds beyond a call is in files below `runtime_folder`, so that a new
/// control process finds every server again. Confined to the control thread.

#include "http/client.hpp"
#include "runtime/blocking_pool.hpp"
#include "spawn/process/cgroups.hpp"
#include "spawn/process/machine.hpp"
#include "spawn/process/process_state.hpp"
#include "spawn/process/server_folder.hpp"
#include "spawn/spawner.hpp"

namespace carrel {

struct ProcessSpawnerOptions {
    /// For sockets, short (at most 45 bytes): "/run/carrel/0123456789ab".
    std::filesystem::path runtime_folder;
    /// Where the servers' logs go: "<data>/logs/servers".
    std::filesystem::path log_folder;
    /// How our own launcher is called: {"/…/carrel", "launch"}.
    std::vector<std::string> launcher;
    /// Folders no server may see, even when they lie below one that its environment needs: the data
    /// folder, the configuration.
    std::vector<std::filesystem::path> hidden = {};
    /// The folder with the hub's socket for servers of JupyterHub's kind; empty: there is none.
    std::filesystem::path hub_folder = {};
    /// Processes and threads of one server.
    long long most_processes = 512;
    /// A log that has grown beyond this is cut.
    long long largest_log = 8LL * 1024 * 1024;
    /// Off: servers see the machine's own network even where they could have a private one.
    bool private_network = true;
    /// Off: servers may reach the cloud's metadata service. For clouds that need it.
    bool block_metadata = true;
    /// Off: nothing limits memory, CPU and processes even where cgroups work. For tests.
    bool use_cgroups = true;
};

class ProcessSpawner final : public Spawner {
public:
    /// Finds out what this machine can do. Blocks. InvalidArgument: a folder's path is too long.
    [[nodiscard]] static Result<std::unique_ptr<ProcessSpawner>> create(
        ProcessSpawnerOptions options, BlockingPool& pool, http::Client& client);

    Task<Started> start(ServerSpec spec, Deadline deadline, Progress progress) override;
    Task<> stop(std::string state, Deadline deadline) override;
    Task<std::optional<Ending>> poll(std::string state) override;
    [[nodiscard]] std::optional<Ending> last_failure(std::string const& id) const override;
    [[nodiscard]] Isolation isolation() const override { return isolation_; }

private:
    struct Preparation;

    ProcessSpawner(ProcessSpawnerOptions options, BlockingPool& pool, http::Client& client,
                   Machine machine, std::unique_ptr<Cgroups> cgroups);

    // These block.
    Result<> may_start(ServerSpec const& spec) const;
    Result<Preparation> prepare(ServerSpec const& spec) const;
    Result<> launch(ServerSpec const& spec, Preparation& prepared) const;
    Result<> ask(ServerSpec const& spec, Preparation const& prepared, Deadline deadline) const;
    Result<> end_leftover(ServerFolder const& folder) const;
    Ending ending_of(ProcessState const& state) const;

    Task<> wait_until_usable(ServerSpec const& spec, Preparation const& prepared,
                             Deadline deadline);
    Task<> fail_start(ServerSpec const& spec, ProcessState const& state, Error error);

    ProcessSpawnerOptions options_;
    BlockingPool& pool_;
    http::Client& client_;
    Machine machine_;
    std::unique_ptr<Cgroups> cgroups_;
    Isolation isolation_;
    std::map<std::string, Ending> failures_;  // by server id
};

}  // namespace carrel
