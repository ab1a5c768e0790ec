#pragma once

/// For tests: a DockerSpawner with folders of its own on a real engine, where there is one: that of
/// DOCKER_HOST, with the image of DOCKER_TEST_IMAGE, which has Python. See scripts/docker-engine.

#include "spawn/docker/docker_spawner.hpp"
#include "spawn/process/process_world.hpp"

namespace carrel {

class DockerWorld {
public:
    [[nodiscard]] static bool possible();
    static constexpr auto how_to_have_one =
        "there is no Docker Engine for tests; scripts/docker-tests starts one";

    DockerWorld();
    ~DockerWorld();

    /// A spawner as a control process would make it; what runs already is found by its state.
    std::unique_ptr<DockerSpawner> make_spawner();
    /// A server of the small kind in a home of its own. Numbers from 0.
    ServerSpec spec(int number, std::string const& name);

    Result<Started> start(ServerSpec const& spec);
    Started start_or_fail(ServerSpec const& spec);
    /// Runs a shell command in the container of a started server.
    Answer run_inside(ServerSpec const& spec, Started const& started, std::string const& script);
    Ending wait_for_end(Started const& started);
    /// The ids of this world's containers.
    std::vector<std::string> containers();

    TestLoop loop;
    TemporaryFolder folder;
    BlockingPool pool{8};
    http::Client client;
    DockerSpawnerOptions options;
    Engine engine;
    std::unique_ptr<DockerSpawner> spawner;
};

}  // namespace carrel
