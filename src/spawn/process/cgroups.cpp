#include "spawn/process/cgroups.hpp"

#include "base/text.hpp"
#include "spawn/process/server_folder.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

namespace carrel {

namespace fs = std::filesystem;

std::vector<fs::path> Cgroup::entrances() const {
    std::vector<fs::path> files;
    for (auto const& folder : folders) files.push_back(folder / "cgroup.procs");
    return files;
}

std::vector<pid_t> Cgroup::processes() const {
    std::vector<pid_t> found;
    for (auto const& file : entrances()) {
        std::ifstream lines(file);
        for (pid_t process = 0; lines >> process;) found.push_back(process);
    }
    std::ranges::sort(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
    return found;
}

long long Cgroup::out_of_memory_kills() const {
    long long kills = 0;
    for (auto const& folder : folders) {
        // Version 1 and version 2 have the same line in files of different names.
        for (auto const* name : {"memory.oom_control", "memory.events"}) {
            std::ifstream lines(folder / name);
            long long count = 0;
            for (std::string key; lines >> key >> count;)
                if (key == "oom_kill") kills = std::max(kills, count);
        }
    }
    return kills;
}

bool Cgroup::kill() const {
    for (auto const& folder : folders) {
        std::error_code ignored;
        if (!fs::exists(folder / "cgroup.kill", ignored)) continue;
        std::ofstream(folder / "cgroup.kill") << "1";
    }
    for (auto const process : processes())
        if (process != ::getpid()) ::kill(process, SIGKILL);
    return processes().empty();
}

bool Cgroup::remove() const {
    bool gone = true;
    for (auto const& folder : folders) {
        std::error_code ignored;
        if (::rmdir(folder.c_str()) != 0 && fs::exists(folder, ignored)) gone = false;
    }
    return gone;
}

std::vector<std::string> NoCgroups::notices() const {
    return {
        "Control groups cannot be used here, so the memory of a server is limited only for each of "
        "its processes and its CPU time not at all: one server can slow down all others."};
}

namespace {

/// Where a hierarchy is mounted, and which of its groups is there.
struct Mount {
    fs::path point;
    std::string root;
    std::string type;
    std::vector<std::string> options;
};

std::vector<Mount> cgroup_mounts() {
    std::vector<Mount> mounts;
    std::ifstream lines("/proc/self/mountinfo");
    for (std::string line; std::getline(lines, line);) {
        auto const separator = line.find(" - ");
        if (separator == std::string::npos) continue;
        std::istringstream before(line.substr(0, separator));
        std::istringstream after(line.substr(separator + 3));
        std::string skipped;
        std::string point;
        std::string source;
        std::string options;
        Mount mount;
        before >> skipped >> skipped >> skipped >> mount.root >> point;
        after >> mount.type >> source >> options;
        if (mount.type != "cgroup" && mount.type != "cgroup2") continue;
        mount.point = point;
        for (auto const option : split(options, ',')) mount.options.emplace_back(option);
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

/// Our own group of a hierarchy, "" for version 2: "/user.slice/…".
std::string own_group(std::string_view controller) {
    std::ifstream lines("/proc/self/cgroup");
    for (std::string line; std::getline(lines, line);) {
        auto const parts = split(line, ':');
        if (parts.size() < 3) continue;
        auto const names = split(parts[1], ',');
        if (std::ranges::find(names, controller) == names.end()) continue;
        return line.substr(parts[0].size() + parts[1].size() + 2);
    }
    return "/";
}

/// A container may see only a part of the hierarchy, mounted as if it were the whole.
fs::path own_folder(Mount const& mount, std::string_view controller) {
    auto group = own_group(controller);
    if (mount.root != "/" && group.starts_with(mount.root)) group.erase(0, mount.root.size());
    auto const folder = mount.point / fs::path(group).relative_path();
    std::error_code ignored;
    return fs::is_directory(folder, ignored) ? folder : mount.point;
}

bool can_make_groups(fs::path const& folder) {
    auto const probe = folder / fmt::format("carrel-probe-{}", ::getpid());
    if (::mkdir(probe.c_str(), 0755) != 0) return false;
    ::rmdir(probe.c_str());
    return true;
}

fs::path v1_folder(std::vector<Mount> const& mounts, std::string const& controller) {
    for (auto const& mount : mounts) {
        if (mount.type != "cgroup" ||
            std::ranges::find(mount.options, controller) == mount.options.end())
            continue;
        auto const folder = own_folder(mount, controller);
        if (can_make_groups(folder)) return folder / "carrel";
    }
    return {};
}

std::optional<fs::path> v2_base(std::vector<Mount> const& mounts) {
    for (auto const& mount : mounts) {
        if (mount.type != "cgroup2") continue;
        auto const own = own_folder(mount, "");
        // A group that holds processes cannot divide its resources among children, so ours are
        // beside our own; at the top both is allowed.
        for (auto const& parent : {own.parent_path(), own, mount.point})
            if (auto base = prepare_v2_base(parent)) return *base;
        // Last, since it moves processes that are not ours alone: those of our own group.
        if (auto base = prepare_v2_base_within(own)) return *base;
    }
    return {};
}

}  // namespace

std::unique_ptr<Cgroups> Cgroups::detect() {
    auto const mounts = cgroup_mounts();
    if (auto const base = v2_base(mounts)) return std::make_unique<CgroupsV2>(*base);
    CgroupsV1::Controllers const controllers{.memory = v1_folder(mounts, "memory"),
                                             .cpu = v1_folder(mounts, "cpu"),
                                             .processes = v1_folder(mounts, "pids")};
    auto v1 = std::make_unique<CgroupsV1>(controllers);
    if (v1->limits()) return v1;
    return std::make_unique<NoCgroups>();
}

}  // namespace carrel
