#pragma once

/// Where one platform keeps things: the data folder, which lasts, and the runtime folder with its
/// sockets, which does not. Both belong to one `carrel serve`.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <filesystem>

namespace carrel {

struct Folders {
    std::filesystem::path data;     ///< absolute
    std::filesystem::path runtime;  ///< short, since the path of a unix socket has 107 bytes

    [[nodiscard]] std::filesystem::path secrets() const { return data / "secrets"; }
    [[nodiscard]] std::filesystem::path homes() const { return data / "homes"; }
    [[nodiscard]] std::filesystem::path exports() const { return data / "exports"; }
    [[nodiscard]] std::filesystem::path server_logs() const { return data / "logs" / "servers"; }
    [[nodiscard]] std::filesystem::path service_logs() const { return data / "logs" / "services"; }
    /// A folder for each managed service.
    [[nodiscard]] std::filesystem::path services() const { return runtime / "services"; }
    [[nodiscard]] std::filesystem::path control_socket() const { return runtime / "control.sock"; }
    /// What servers of JupyterHub's kind see of the runtime folder: the hub's socket.
    [[nodiscard]] std::filesystem::path hub() const { return runtime / "hub"; }
    [[nodiscard]] std::filesystem::path proxy_socket() const { return runtime / "proxy-api.sock"; }
    /// Routes survive the proxy, not `carrel serve`.
    [[nodiscard]] std::filesystem::path proxy_routes() const { return runtime / "proxy-routes"; }
    [[nodiscard]] std::filesystem::path handover_socket() const {
        return runtime / "handover.sock";
    }
    [[nodiscard]] std::filesystem::path port_file() const { return runtime / "port"; }
    /// What became of the last upgrade.
    [[nodiscard]] std::filesystem::path upgrade_file() const { return runtime / "upgrade"; }
};

/// Makes both folders when they are not there. The error says what cannot be made and why, in one
/// sentence: no right, a full disk, a read-only file system.
[[nodiscard]] Result<Folders> make_folders(std::filesystem::path const& data);

/// Those of a platform that is there already; nothing is made. NotFound: there is none.
[[nodiscard]] Result<Folders> find_folders(std::filesystem::path const& data);

/// "http+unix://%2Frun%2F…": the URL of what listens on a socket.
[[nodiscard]] std::string socket_url(std::filesystem::path const& socket);

/// Holds the data folder for this process as long as it lives.
class FolderLock {
public:
    /// For `carrel serve`. Conflict: another Carrel runs on this folder.
    [[nodiscard]] static Result<FolderLock> acquire(std::filesystem::path const& data);
    /// The process that holds the data folder for `carrel serve`. NotFound: nobody does.
    [[nodiscard]] static Result<pid_t> holder(std::filesystem::path const& data);
    /// For the control process, which may run without a supervisor: proves that no other one of
    /// this folder lives. Waits for one that is ending. Conflict: it does not end.
    [[nodiscard]] static Result<FolderLock> acquire_for_control(std::filesystem::path const& data,
                                                                Milliseconds patience);
    FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int file) : file_(file) {}
    /// False: somebody else holds it.
    static Result<bool> try_lock(int file, std::filesystem::path const& path);
    static Result<FolderLock> open(std::filesystem::path const& path);
    int file_;
};

}  // namespace carrel
