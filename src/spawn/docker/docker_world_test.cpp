#include "spawn/docker/docker_world.hpp"

#include "base/random.hpp"
#include "spawn/docker/container_spec.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdlib>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr Seconds patience{60};

std::string variable(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string engine_socket() {
    auto const host = variable("DOCKER_HOST");
    constexpr std::string_view scheme = "unix://";
    return host.starts_with(scheme) ? host.substr(scheme.size()) : "";
}

}  // namespace

bool DockerWorld::possible() {
    return !engine_socket().empty() && !variable("DOCKER_TEST_IMAGE").empty();
}

DockerWorld::DockerWorld() : engine(client, engine_socket()) {
    fs::permissions(folder.path(), fs::perms::owner_all);
    options = {.socket = engine_socket(),
               .instance = SystemRandom().hex(8),
               .runtime_folder = folder.path() / "run",
               .log_folder = folder.path() / "logs",
               .program_folder = folder.path() / "programs"};
    spawner = make_spawner();
}

DockerWorld::~DockerWorld() {
    for (auto const& container : containers())
        EXPECT_TRUE(engine.remove(container, Deadline::after(patience)));
    auto const volumes = engine.volumes(fmt::format("{}={}", instance_label, options.instance),
                                        Deadline::after(patience));
    for (auto const& volume : volumes.value_or(std::vector<EngineVolume>{}))
        EXPECT_TRUE(engine.remove_volume(volume.name, Deadline::after(patience)));
    for (auto const& network :
         engine.networks(Deadline::after(patience)).value_or(std::vector<EngineNetwork>{}))
        if (auto const label = network.labels.find(instance_label);
            label != network.labels.end() && label->second == options.instance)
            EXPECT_TRUE(engine.remove_network(network.id, Deadline::after(patience)));
    pool.join();
}

std::unique_ptr<DockerSpawner> DockerWorld::make_spawner() {
    auto made = DockerSpawner::create(options, pool, client);
    if (!made) throw std::runtime_error(made.error().message);
    return *std::move(made);
}

ServerSpec DockerWorld::spec(int number, std::string const& name) {
    ServerSpec spec{.id = "course." + name,
                    .user = name,
                    .course = "bio",
                    .base_url = "/c/bio/user/" + name + "/",
                    .secret = "secret-of-" + name + "-0123456789",
                    .number = 290'000 + number,
                    .home = folder.path() / "homes" / name,
                    .resources = {.cpu = 1, .memory_gib = 0.25, .storage_gib = 1},
                    .environment = {}};
    spec.environment.name = "small";
    spec.environment.title = "Small";
    spec.environment.image = variable("DOCKER_TEST_IMAGE");
    spec.environment.command = {"/usr/bin/python3", "-c", small_server, "{socket}", "{base_url}"};
    fs::create_directories(spec.home);
    fs::permissions(spec.home, fs::perms::owner_all);
    auto const owner = static_cast<uid_t>(spec.number);
    if (as_root() && ::chown(spec.home.c_str(), owner, owner) != 0)
        throw std::runtime_error("give away the home");
    return spec;
}

Result<Started> DockerWorld::start(ServerSpec const& spec) {
    return loop.wait(spawner->start(spec, Deadline::after(patience), {}));
}

Started DockerWorld::start_or_fail(ServerSpec const& spec) {
    auto started = start(spec);
    if (!started) {
        auto const failure = spawner->last_failure(spec.id);
        throw std::runtime_error(started.error().message + "\n" +
                                 (failure ? failure->log_tail : ""));
    }
    return *started;
}

Answer DockerWorld::run_inside(ServerSpec const& spec, Started const& started,
                               std::string const& script) {
    http::ClientRequest const request{.method = "POST",
                                      .url = started.endpoint + spec.base_url + "run",
                                      .headers = {{"Authorization", "token " + spec.secret}},
                                      .body = script};
    auto const answer = client.fetch(request, Deadline::after(patience));
    if (!answer) return {.code = -1, .output = answer.error().message};
    auto const parts = nlohmann::json::parse(answer->body, nullptr, false);
    if (!parts.is_array()) return {.code = -1, .output = answer->body};
    return {.code = parts[0].get<int>(), .output = parts[1].get<std::string>()};
}

Ending DockerWorld::wait_for_end(Started const& started) {
    auto const deadline = Deadline::after(patience);
    while (!deadline.passed()) {
        auto const ending = loop.wait(spawner->poll(started.state));
        if (!ending) throw std::runtime_error(ending.error().message);
        if (*ending) return **ending;
        (void)loop.wait(sleep_for(Milliseconds(20)));
    }
    throw std::runtime_error("the server did not end");
}

std::vector<std::string> DockerWorld::containers() {
    auto const found = engine.containers(fmt::format("{}={}", instance_label, options.instance),
                                         Deadline::after(patience));
    std::vector<std::string> ids;
    for (auto const& container : found.value_or(std::vector<EngineContainer>{}))
        ids.push_back(container.id);
    return ids;
}

}  // namespace carrel
