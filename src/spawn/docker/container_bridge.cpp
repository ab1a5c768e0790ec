#include "spawn/docker/container_bridge.hpp"

#include "spawn/process/descriptor.hpp"
#include "spawn/process/sandbox_arguments.hpp"
#include "spawn/process/server_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// Set by src/spawn/docker/bridge/embed.S.in.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" char const carrel_bridge_program[];
extern "C" char const carrel_bridge_program_end[];
// NOLINTEND(readability-identifier-naming)

namespace carrel {

namespace fs = std::filesystem;

Result<fs::path> install_bridge(fs::path const& folder) {
    std::string_view const program(
        carrel_bridge_program,
        static_cast<size_t>(carrel_bridge_program_end - carrel_bridge_program));
    auto const path = folder / "container-bridge";
    if (auto const present = read_small_file(path, program.size() + 1);
        present && *present == program)
        return path;
    std::error_code error;
    fs::create_directories(folder, error);
    // Containers that run have the former one open, so it is replaced and not written over.
    auto const fresh = folder / "container-bridge.new";
    TRY_VOID(write_private_file(fresh, program));
    if (::chmod(fresh.c_str(), 0755) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
        return fail_errno("write {}", path.string());
    return path;
}

Result<std::vector<std::string>> container_bridge_words(Environment const& environment,
                                                        EngineImage const& image) {
    auto const program = std::string(container_bridge);
    auto socket = fmt::format("{}/server.sock", sandbox_box);
    if (environment.kind == EnvironmentKind::JupyterHub)
        return std::vector<std::string>{program, "bridge",
                                        fmt::format("{}/{}", sandbox_hub, hub_socket_name),
                                        wants_socket(environment) ? "-" : socket};
    if (wants_socket(environment)) return std::vector<std::string>{};
    if (!wants_port(environment)) {
        if (image.ports.size() != 1)
            return fail(Code::InvalidArgument,
                        "environment {} does not say where its program listens: its command has "
                        "neither {{socket}} nor {{port}}, and its image names {} port",
                        environment.name, image.ports.empty() ? "no" : "more than one");
        socket += fmt::format("@{}", image.ports.front());
    }
    return std::vector<std::string>{program, "bridge", "-", socket};
}

}  // namespace carrel
