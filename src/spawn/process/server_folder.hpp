#pragma once

/// The folder of one server below the runtime folder:
///
///     servers/0123456789abcdef/   0700, ours
///         box/                    0700, the server's; its only way out of the sandbox
///             server.sock         where it listens
///         server.sock             a hard link to the same socket: what the proxy connects to
///         state                   the ProcessState, for a control process that died while starting
///         status                  written by the sandbox: process numbers and exit code
///         secret                  0600, to blank it in logs
///
/// The server owns `box` and might put a symbolic link to somebody else's socket there. A hard link
/// made and checked by us cannot be replaced by it.

#include "base/result.hpp"
#include "spawn/process/process_state.hpp"

#include <filesystem>
#include <string>

namespace carrel {

struct ServerFolder {
    std::filesystem::path path;

    /// Where the folder of server `id` is; its name is a short hash of the id.
    [[nodiscard]] static ServerFolder of(std::filesystem::path const& runtime_folder,
                                         std::string const& id);

    [[nodiscard]] std::filesystem::path box() const { return path / "box"; }
    [[nodiscard]] std::filesystem::path inner_socket() const { return box() / "server.sock"; }
    [[nodiscard]] std::filesystem::path socket() const { return path / "server.sock"; }
    [[nodiscard]] std::filesystem::path state() const { return path / "state"; }
    [[nodiscard]] std::filesystem::path status() const { return path / "status"; }
    [[nodiscard]] std::filesystem::path secret() const { return path / "secret"; }

    /// Makes it new, and `box` for `owner` (nobody else than us when empty).
    [[nodiscard]] Result<> make(std::optional<uid_t> owner) const;
    /// Deletes it with all it holds, following no link.
    void remove() const;

    /// Links the socket outside the box once the server has made it. NotFound: not yet.
    /// PermissionDenied: what is there is not a socket of `owner`.
    [[nodiscard]] Result<> publish_socket(uid_t owner) const;
};

/// Writes a file only we can read, over an older one. Not durable: the folder is gone after a boot.
[[nodiscard]] Result<> write_private_file(std::filesystem::path const& path,
                                          std::string_view content);
/// The first `limit` bytes. NotFound.
[[nodiscard]] Result<std::string> read_small_file(std::filesystem::path const& path,
                                                  size_t limit = 64UL * 1024UL);

}  // namespace carrel
