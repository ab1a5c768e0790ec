#pragma once

/// Control groups: the kernel's limits on memory, CPU and processes, one group for each server.
///
/// `Cgroups` makes them, one kind for each version of the kernel's interface. A made `Cgroup` is a
/// plain value that survives in a server's state; what can be done with it is the same for all.
/// Everything here is file access, quick, and may be done on any thread.

#include "base/result.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace carrel {

struct CgroupLimits {
    double cpu = 1;  ///< cores
    long long memory_bytes = 0;
    long long processes = 0;  ///< and threads
};

/// The folders that make up one server's group: one for each controller in version 1, one in
/// version 2, none without cgroups.
struct Cgroup {
    std::vector<std::filesystem::path> folders = {};

    /// The files to which a process writes "0" to put itself into the group.
    [[nodiscard]] std::vector<std::filesystem::path> entrances() const;
    [[nodiscard]] std::vector<pid_t> processes() const;
    /// How often the kernel killed one of its processes because the group's memory was full.
    [[nodiscard]] long long out_of_memory_kills() const;
    /// Kills every process in it, also those that are started meanwhile; true when none is left.
    bool kill() const;
    /// False while there are processes in it.
    bool remove() const;
};

class Cgroups {
public:
    virtual ~Cgroups() = default;

    /// What this process may use: version 2, else version 1, else none.
    [[nodiscard]] static std::unique_ptr<Cgroups> detect();

    /// Makes the group `name`, or takes the one that is there, and sets its limits.
    [[nodiscard]] virtual Result<Cgroup> create(std::string const& name,
                                                CgroupLimits const& limits) const = 0;
    /// One sentence each about limits that cannot be set; empty when all can.
    [[nodiscard]] virtual std::vector<std::string> notices() const = 0;
    /// False when nothing is limited at all.
    [[nodiscard]] virtual bool limits() const = 0;
};

/// A folder for each controller: <mount point>/<our own group>/carrel/<name>.
class CgroupsV1 final : public Cgroups {
public:
    struct Controllers {
        std::filesystem::path memory;  ///< below which groups are made; empty: not usable
        std::filesystem::path cpu;
        std::filesystem::path processes;
    };
    explicit CgroupsV1(Controllers controllers) : controllers_(std::move(controllers)) {}

    Result<Cgroup> create(std::string const& name, CgroupLimits const& limits) const override;
    std::vector<std::string> notices() const override;
    bool limits() const override;

private:
    Controllers controllers_;
};

/// One folder: <base>/<name>. `base` has the controllers enabled for its children.
class CgroupsV2 final : public Cgroups {
public:
    explicit CgroupsV2(std::filesystem::path base) : base_(std::move(base)) {}

    Result<Cgroup> create(std::string const& name, CgroupLimits const& limits) const override;
    std::vector<std::string> notices() const override;
    bool limits() const override { return true; }

private:
    std::filesystem::path base_;
};

class NoCgroups final : public Cgroups {
public:
    Result<Cgroup> create(std::string const&, CgroupLimits const&) const override {
        return Cgroup{};
    }
    std::vector<std::string> notices() const override;
    bool limits() const override { return false; }
};

/// Makes a base for version 2 groups below `parent` (its controllers enabled), where this process
/// may move others. Conflict, PermissionDenied…: not there.
[[nodiscard]] Result<std::filesystem::path> prepare_v2_base(std::filesystem::path const& parent);

/// The same below `own`, a group of version 2 that we are in and that is all ours: its processes,
/// ourselves among them, first move to a group below it, since a group that holds processes cannot
/// divide its resources. After a failure they are back.
[[nodiscard]] Result<std::filesystem::path> prepare_v2_base_within(
    std::filesystem::path const& own);

}  // namespace carrel
