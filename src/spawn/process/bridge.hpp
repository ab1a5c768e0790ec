#pragma once

/// Between a server of JupyterHub's kind, which knows only TCP, and Carrel, which listens only on
/// unix sockets: `carrel bridge`, run inside the sandbox in front of the server's command. In a
/// container it stands before any server that knows only TCP (docker/bridge/main.cpp).
///
/// It opens a loopback port that leads to the hub's socket and, unless the server listens on a unix
/// socket itself, such a socket that leads to the server's port. Then it becomes the server; a
/// child moves the bytes and ends with it. One thread.

#include <set>
#include <string>
#include <string_view>

namespace carrel {

/// What stands in the server's command and in its JUPYTERHUB_ variables for the two ports.
inline constexpr std::string_view hub_port_mark = "{hub_port}";
inline constexpr std::string_view server_port_mark = "{port}";

/// What begins a line that says why a server behind a bridge could not be started.
inline constexpr std::string_view bridge_complaint = "carrel bridge: ";

/// `carrel bridge HUB_SOCKET|- SERVER_SOCKET[@PORT]|- COMMAND…`: the exit code, when it does not
/// become the command. The server listens on PORT where one is given, else on one that it is told.
int bridge_main(int count, char** arguments);

/// The users who listen on this port where a connection to 127.0.0.1 may arrive, by the kernel's
/// table in /proc/net/tcp or /proc/net/tcp6.
[[nodiscard]] std::set<unsigned> listeners_on(std::string_view table, unsigned port);

}  // namespace carrel
