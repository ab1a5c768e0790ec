/// The real thing: JupyterLab in the sandbox, where `make setup` has installed it.

#include "spawn/process/process_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

namespace carrel {
namespace {

namespace fs = std::filesystem;

/// The notebook environment: named by CARREL_NOTEBOOK, else beside the build this program is of.
fs::path notebook_folder() {
    if (auto const* const named = std::getenv("CARREL_NOTEBOOK")) return named;
    auto folder = fs::read_symlink("/proc/self/exe").parent_path();
    for (; folder != folder.root_path(); folder = folder.parent_path())
        if (fs::exists(folder / "notebook" / "environment.toml")) return folder / "notebook";
    return {};
}

TEST(JupyterLab, StartsInTheSandboxAndRunsAKernel) {
    auto const notebook = notebook_folder();
    if (notebook.empty()) GTEST_SKIP() << "no notebook environment is installed";
    ProcessWorld world;
    auto ada = world.spec(1, "ada");
    ada.resources.memory_gib = 1;
    ada.environment.read_only = {notebook};
    ada.environment.command = {(notebook / "bin/python").string(),
                               "-I",
                               (notebook / "lib/carrel/notebook_server.py").string(),
                               "--no-browser",
                               "--ServerApp.sock={socket}",
                               "--ServerApp.base_url={base_url}",
                               "--ServerApp.root_dir={home}",
                               "--ServerApp.allow_remote_access=True",
                               "--KernelManager.transport=ipc"};

    auto const started = world.start_or_fail(ada);

    auto const ask = [&](std::string const& method, std::string const& path,
                         std::string const& secret) {
        http::ClientRequest const request{.method = method,
                                          .url = started.endpoint + ada.base_url + path,
                                          .headers = {{"Authorization", "token " + secret}}};
        auto const answer = world.client.fetch(request, Deadline::after(Seconds(30)));
        return answer ? answer->status : 0U;
    };
    EXPECT_EQ(ask("GET", "api/status", "another secret"), 403U);
    EXPECT_EQ(ask("GET", "lab", ada.secret), 200U);
    EXPECT_EQ(ask("POST", "api/kernels", ada.secret), 201U);
    EXPECT_TRUE(world.loop.wait(world.spawner->stop(started.state, Deadline::after(Seconds(10)))));
}

}  // namespace
}  // namespace carrel
