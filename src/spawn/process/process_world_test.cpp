#include "spawn/process/process_world.hpp"

#include "spawn/process/bridge.hpp"
#include "spawn/process/launcher.hpp"
#include "spawn/process/metadata_rule.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>

namespace carrel {

namespace fs = std::filesystem;

ProcessWorld::ProcessWorld(bool block_metadata) {
    // Servers with uids of their own must get at nothing here but by their sandbox.
    fs::permissions(folder.path(), fs::perms::owner_all);
    options = {.runtime_folder = folder.path() / "run",
               .log_folder = folder.path() / "logs",
               .launcher = {fs::read_symlink("/proc/self/exe").string(), "launch"},
               .block_metadata = block_metadata};
    spawner = make_spawner();
}

ProcessWorld::~ProcessWorld() {
    for (auto const& state : states)
        EXPECT_TRUE(loop.wait(spawner->stop(state, Deadline::after(Seconds(5)))));
    pool.join();
}

std::unique_ptr<ProcessSpawner> ProcessWorld::make_spawner() {
    auto made = ProcessSpawner::create(options, pool, client);
    if (!made) throw std::runtime_error(made.error().message);
    return *std::move(made);
}

ServerSpec ProcessWorld::spec(int number, std::string const& name) {
    ServerSpec spec{.id = "course." + name,
                    .user = name,
                    .course = "bio",
                    .base_url = "/c/bio/user/" + name + "/",
                    .secret = "secret-of-" + name + "-0123456789",
                    .number = first_server_uid + 90'000 + number,
                    .home = folder.path() / "homes" / name,
                    .resources = {.cpu = 1, .memory_gib = 0.25, .storage_gib = 1},
                    .environment = {}};
    spec.environment.name = "small";
    spec.environment.title = "Small";
    spec.environment.command = {"/usr/bin/python3", "-c", small_server, "{socket}", "{base_url}"};
    fs::create_directories(spec.home);
    fs::permissions(spec.home, fs::perms::owner_all);
    auto const owner = static_cast<uid_t>(spec.number);
    if (as_root() && ::chown(spec.home.c_str(), owner, owner) != 0)
        throw std::runtime_error("give away the home");
    return spec;
}

Result<Started> ProcessWorld::start(ServerSpec const& spec) {
    return loop.wait(spawner->start(spec, Deadline::after(Seconds(30)), {}));
}

Started ProcessWorld::start_or_fail(ServerSpec const& spec) {
    auto started = start(spec);
    if (!started) {
        auto const failure = spawner->last_failure(spec.id);
        throw std::runtime_error(started.error().message + "\n" +
                                 (failure ? failure->log_tail : ""));
    }
    states.push_back(started->state);
    return *started;
}

Answer ProcessWorld::run_inside(ServerSpec const& spec, Started const& started,
                                std::string const& script) {
    http::ClientRequest const request{.method = "POST",
                                      .url = started.endpoint + spec.base_url + "run",
                                      .headers = {{"Authorization", "token " + spec.secret}},
                                      .body = script};
    auto const answer = client.fetch(request, Deadline::after(Seconds(20)));
    if (!answer) return {.code = -1, .output = answer.error().message};
    auto const parts = nlohmann::json::parse(answer->body, nullptr, false);
    if (!parts.is_array()) return {.code = -1, .output = answer->body};
    return {.code = parts[0].get<int>(), .output = parts[1].get<std::string>()};
}

Ending ProcessWorld::wait_for_end(Started const& started) {
    auto const deadline = Deadline::after(Seconds(20));
    while (!deadline.passed()) {
        auto const ending = loop.wait(spawner->poll(started.state));
        if (!ending) throw std::runtime_error(ending.error().message);
        if (*ending) return **ending;
        (void)loop.wait(sleep_for(Milliseconds(5)));
    }
    throw std::runtime_error("the server did not end");
}

}  // namespace carrel

/// The test program is its own launcher, as the platform's program is.
int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "launch") == 0) return carrel::launch_main();
    if (argc > 1 && std::strcmp(argv[1], "bridge") == 0) return carrel::bridge_main(argc, argv);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
