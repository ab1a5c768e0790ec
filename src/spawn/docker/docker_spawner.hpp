#pragma once

/// Runs each notebook server as a container of a Docker Engine on this machine.
///
/// A server listens on a unix socket in a folder that is mounted into its container, so that it
/// needs no network to be reached. Its home is a volume over the home's folder, which is Carrel's.
/// What is known beyond a call is with the engine: a new control process finds every container by
/// its state, and `sweep` removes those that are nobody's. Confined to the control thread.

#include "http/client.hpp"
#include "runtime/blocking_pool.hpp"
#include "spawn/docker/container_watch.hpp"
#include "spawn/docker/course_network.hpp"
#include "spawn/docker/docker_state.hpp"
#include "spawn/docker/engine.hpp"
#include "spawn/docker/image_store.hpp"
#include "spawn/process/server_folder.hpp"
#include "spawn/spawner.hpp"

#include <set>

namespace carrel {

struct DockerSpawnerOptions {
    std::filesystem::path socket = "/var/run/docker.sock";
    /// Off: no environment has an image (any more), and the engine is only asked about servers that
    /// one had before.
    bool offered = true;
    /// Names this platform among those that use the engine.
    std::string instance;
    /// For servers' sockets, short; see ProcessSpawnerOptions.
    std::filesystem::path runtime_folder;
    /// Where the last lines of servers go: "<data>/logs/servers".
    std::filesystem::path log_folder;
    /// Where a program of ours is kept that runs in containers: nowhere programs may not run.
    std::filesystem::path program_folder;
    /// The folder with the hub's socket for servers of JupyterHub's kind; empty: there is none.
    std::filesystem::path hub_folder = {};
    /// Processes and threads of one server.
    long long most_processes = 512;
    /// Off: containers have no network at all.
    bool network = true;
    /// From where their networks take addresses; see CourseNetworkOptions.
    std::string subnets = "10.213.0.0/16";
    /// Log-ins for registries, see RegistryLogins; empty: there are none.
    std::filesystem::path registry_logins = {};
    /// How long an image may take to arrive.
    Milliseconds pull_timeout{1'800'000};
};

class DockerSpawner final : public Spawner {
public:
    /// The engine need not be there yet: a start says so then. InvalidArgument: a folder's path is
    /// too long.
    [[nodiscard]] static Result<std::unique_ptr<DockerSpawner>> create(DockerSpawnerOptions options,
                                                                       BlockingPool& pool,
                                                                       http::Client& client);

    Task<Started> start(ServerSpec spec, Deadline deadline, Progress progress) override;
    Task<> stop(std::string state, Deadline deadline) override;
    Task<std::optional<Ending>> poll(std::string state) override;
    Task<> sweep(std::vector<std::string> states) override;
    [[nodiscard]] std::optional<Ending> last_failure(std::string const& id) const override;
    [[nodiscard]] Isolation isolation() const override { return isolation_; }

private:
    struct Preparation;
    struct Sweep;

    DockerSpawner(DockerSpawnerOptions options, BlockingPool& pool, http::Client& client,
                  Engine engine, std::unique_ptr<CourseNetworks> networks,
                  std::filesystem::path bridge);

    // These block.
    Result<> may_start(ServerSpec const& spec, EngineFacts const& facts) const;
    Result<> make_container(ServerSpec const& spec, EngineImage const& image,
                            Preparation& prepared) const;
    Result<std::string> create_container(std::string const& name, nlohmann::json const& body,
                                         Deadline deadline) const;
    Result<std::string> provide_home(ServerSpec const& spec, Deadline deadline) const;
    /// Removes the container, keeps its last lines, and gives them.
    Result<> discard(DockerState const& state, Deadline deadline) const;
    Result<Ending> ending_of(DockerState const& state,
                             std::optional<ContainerWatch::Outage> const& outage,
                             Deadline deadline) const;
    Result<> remove_unknown(Sweep& sweep, Deadline deadline) const;
    Result<> remove_stale_volumes(Deadline deadline) const;

    Task<Started> start_prepared(ServerSpec const& spec, Deadline deadline, Progress report);
    Task<> wait_until_usable(ServerSpec const& spec, Preparation const& prepared,
                             Deadline deadline);
    Task<> wait_for_exit(DockerState const& state, Deadline deadline);
    Task<> fail_start(ServerSpec const& spec, DockerState const& state, Error error);

    DockerSpawnerOptions options_;
    BlockingPool& pool_;
    http::Client& client_;
    Engine engine_;
    ImageStore images_;
    ContainerWatch watch_;
    std::unique_ptr<CourseNetworks> networks_;
    std::filesystem::path bridge_;
    Isolation isolation_;
    std::map<std::string, Ending> failures_;  ///< by server id
    std::multiset<std::string> starting_;     ///< servers' ids
    bool swept_ = true;                       ///< the last sweep was no failure
    std::set<std::string> suspects_;          ///< containers that nobody knew in the last sweep
};

}  // namespace carrel
