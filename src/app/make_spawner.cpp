#include "app/make_spawner.hpp"

#include "spawn/choosing_spawner.hpp"
#include "spawn/docker/docker_spawner.hpp"
#include "spawn/process/process_spawner.hpp"

#include <algorithm>

namespace carrel {

namespace {

Result<std::unique_ptr<Spawner>> process_spawner(Folders const& folders, BlockingPool& pool,
                                                 http::Client& client) {
    return ProcessSpawner::create({.runtime_folder = folders.runtime,
                                   .log_folder = folders.server_logs(),
                                   .launcher = {"/proc/self/exe", "launch"},
                                   .hidden = {folders.data},
                                   .hub_folder = folders.hub()},
                                  pool, client);
}

}  // namespace

Result<std::unique_ptr<Spawner>> make_spawner(Settings const& settings, Folders const& folders,
                                              std::string const& instance, BlockingPool& pool,
                                              http::Client& client) {
    TRY(auto processes, process_spawner(folders, pool, client));
    bool const containers = std::ranges::any_of(
        settings.environments, [](auto const& each) { return !each.second.image.empty(); });
    TRY(auto docker, DockerSpawner::create({.socket = settings.docker.socket,
                                            .offered = containers,
                                            .instance = instance,
                                            .runtime_folder = folders.runtime,
                                            .log_folder = folders.server_logs(),
                                            .program_folder = folders.data / "programs",
                                            .hub_folder = folders.hub(),
                                            .most_processes = settings.docker.most_processes,
                                            .network = settings.docker.network,
                                            .subnets = settings.docker.subnets,
                                            .registry_logins = settings.docker.registry_logins,
                                            .pull_timeout = settings.docker.pull_timeout},
                                           pool, client));
    bool const only_containers =
        containers && std::ranges::all_of(settings.environments, [](auto const& each) {
            return !each.second.image.empty();
        });
    using Processes = ChoosingSpawner::Processes;
    return std::make_unique<ChoosingSpawner>(
        std::move(processes), std::move(docker),
        only_containers ? Processes::NotOffered : Processes::Offered);
}

}  // namespace carrel
