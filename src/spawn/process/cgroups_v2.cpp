#include "spawn/process/cgroups.hpp"
#include "spawn/process/write_setting.hpp"

#include "base/text.hpp"
#include "spawn/process/server_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace carrel {

namespace fs = std::filesystem;

namespace {

constexpr long long period_microseconds = 100'000;

bool has_controllers(fs::path const& group) {
    auto const text = read_small_file(group / "cgroup.controllers");
    if (!text) return false;
    auto const names = split(trimmed(*text), ' ');
    auto const has = [&](std::string_view name) {
        return std::ranges::find(names, name) != names.end();
    };
    return has("memory") && has("cpu") && has("pids");
}

}  // namespace

Result<fs::path> prepare_v2_base(fs::path const& parent) {
    constexpr auto controllers = "+memory +cpu +pids";
    // Moving a process needs write access where its old and its new group meet.
    if (::access((parent / "cgroup.procs").c_str(), W_OK) != 0)
        return fail_errno("use cgroup {}", parent.string());
    if (!has_controllers(parent))
        return fail(Code::Unavailable, "use cgroup {}: it lacks a controller", parent.string());
    auto const base = parent / "carrel";
    if (::mkdir(base.c_str(), 0755) != 0 && errno != EEXIST)
        return fail_errno("make cgroup {}", base.string());
    if (!has_controllers(base)) {
        // Fails while `parent` itself holds processes.
        if (auto const enabled = write_setting(parent / "cgroup.subtree_control", controllers);
            !enabled) {
            ::rmdir(base.c_str());
            return std::unexpected(enabled.error());
        }
    }
    TRY_VOID(write_setting(base / "cgroup.subtree_control", controllers));
    return base;
}

Result<fs::path> prepare_v2_base_within(fs::path const& own) {
    // The top of the whole tree is nobody's own; there alone the file is missing.
    if (::access((own / "cgroup.type").c_str(), F_OK) != 0 ||
        ::access((own / "cgroup.subtree_control").c_str(), W_OK) != 0)
        return fail_errno("use cgroup {}", own.string());
    auto const aside = own / "carrel-platform";
    if (::mkdir(aside.c_str(), 0755) != 0 && errno != EEXIST)
        return fail_errno("make cgroup {}", aside.string());
    auto const move_all = [](fs::path const& from, fs::path const& to) {
        for (auto const process : Cgroup{.folders = {from}}.processes())
            (void)write_setting(to / "cgroup.procs", std::to_string(process));
    };
    auto base = prepare_v2_base(own);
    // Whoever is moved may just have started somebody else.
    for (int attempt = 0; attempt < 10 && !base; ++attempt) {
        move_all(own, aside);
        base = prepare_v2_base(own);
    }
    if (!base) {
        move_all(aside, own);
        ::rmdir(aside.c_str());
    }
    return base;
}

Result<Cgroup> CgroupsV2::create(std::string const& name, CgroupLimits const& limits) const {
    auto const folder = base_ / name;
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
        return fail_errno("make cgroup {}", folder.string());
    auto const quota = std::llround(limits.cpu * static_cast<double>(period_microseconds));
    TRY_VOID(write_setting(folder / "memory.max", std::to_string(limits.memory_bytes)));
    // Absent where the kernel has no swap.
    (void)write_setting(folder / "memory.swap.max", "0");
    TRY_VOID(write_setting(folder / "cpu.max", fmt::format("{} {}", quota, period_microseconds)));
    TRY_VOID(write_setting(folder / "pids.max", std::to_string(limits.processes)));
    return Cgroup{.folders = {folder}};
}

std::vector<std::string> CgroupsV2::notices() const { return {}; }

}  // namespace carrel
