#pragma once

/// Writes the sandbox of one server as an argument vector for bubblewrap: what it sees, owns and
/// may do. A pure function, so that every line of the sandbox can be read and tested.

#include "spawn/process/launch_plan.hpp"
#include "spawn/spawner.hpp"

#include <optional>

namespace carrel {

struct SandboxSpec {
    bool root = false;                  ///< bubblewrap runs as root, and the uid is dropped inside
    bool private_network = false;       ///< a network namespace of its own
    bool has_way_out = false;           ///< of that network, by slirp4netns
    std::filesystem::path box = {};     ///< the folder with the server's socket
    std::optional<unsigned> port = {};  ///< loopback port of a "{port}" command
    std::filesystem::path status = {};  ///< where process numbers and the exit code are written
    std::vector<std::filesystem::path> hidden = {};
    std::filesystem::path hub = {};  ///< the folder with the hub's socket; see `hub_socket_name`
    std::string resolv_conf = {};    ///< the machine's; replaced where the network is private
    long long most_processes = 512;
    bool limit_by_cgroup = true;  ///< else by what a process can be limited with
};

/// Paths inside the sandbox.
inline constexpr std::string_view sandbox_box = "/run/server";
inline constexpr std::string_view sandbox_hub = "/run/hub";
/// A socket is found by its folder, since a new control process makes a new one.
inline constexpr std::string_view hub_socket_name = "api.sock";
[[nodiscard]] std::string sandbox_home(ServerSpec const& spec);

/// A name that is fit for /etc/passwd and as a folder: what is not becomes "_".
[[nodiscard]] std::string account_name(std::string_view user);

/// The server's environment: the same with and without a sandbox.
[[nodiscard]] std::map<std::string, std::string> server_environment(ServerSpec const& spec,
                                                                    std::string const& home);

/// The server's command with its placeholders replaced.
[[nodiscard]] std::vector<std::string> server_command(ServerSpec const& spec,
                                                      std::string const& home,
                                                      std::string const& socket,
                                                      std::optional<unsigned> port);
/// The command has "{port}", so the server listens on loopback rather than on a unix socket.
[[nodiscard]] bool wants_port(Environment const& environment);
/// The server listens on a socket itself: its command has "{socket}".
[[nodiscard]] bool wants_socket(Environment const& environment);

/// What stands before the command of a server of JupyterHub's kind. `own_program` is open there.
[[nodiscard]] std::vector<std::string> bridge_words(Environment const& environment, int own_program,
                                                    std::string const& hub_folder,
                                                    std::string const& socket);

/// How to launch it. Nothing secret is in `arguments`.
[[nodiscard]] LaunchPlan sandbox_plan(ServerSpec const& spec, SandboxSpec const& sandbox);
/// The same without any sandbox: an ordinary process of this user.
[[nodiscard]] LaunchPlan plain_plan(ServerSpec const& spec, SandboxSpec const& sandbox);

}  // namespace carrel
