#include "spawn/process/cgroups.hpp"
#include "spawn/process/write_setting.hpp"

#include <cmath>

namespace carrel {

namespace {

constexpr long long period_microseconds = 100'000;

Result<std::filesystem::path> make_group(std::filesystem::path const& parent,
                                         std::string const& name) {
    auto const folder = parent / name;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(Code::Unavailable, "make cgroup {}: {}", folder.string(), error.message());
    return folder;
}

}  // namespace

Result<Cgroup> CgroupsV1::create(std::string const& name, CgroupLimits const& limits) const {
    Cgroup group;
    if (!controllers_.memory.empty()) {
        TRY(auto const folder, make_group(controllers_.memory, name));
        group.folders.push_back(folder);
        auto const bytes = std::to_string(limits.memory_bytes);
        TRY_VOID(write_setting(folder / "memory.limit_in_bytes", bytes));
        // Memory and swap together; absent where the kernel does not account for swap.
        (void)write_setting(folder / "memory.memsw.limit_in_bytes", bytes);
    }
    if (!controllers_.cpu.empty()) {
        TRY(auto const folder, make_group(controllers_.cpu, name));
        group.folders.push_back(folder);
        auto const quota = std::llround(limits.cpu * static_cast<double>(period_microseconds));
        TRY_VOID(write_setting(folder / "cpu.cfs_period_us", std::to_string(period_microseconds)));
        TRY_VOID(write_setting(folder / "cpu.cfs_quota_us", std::to_string(quota)));
    }
    if (!controllers_.processes.empty()) {
        TRY(auto const folder, make_group(controllers_.processes, name));
        group.folders.push_back(folder);
        TRY_VOID(write_setting(folder / "pids.max", std::to_string(limits.processes)));
    }
    return group;
}

std::vector<std::string> CgroupsV1::notices() const {
    std::vector<std::string> missing;
    if (controllers_.memory.empty())
        missing.emplace_back(
            "The kernel's memory limits cannot be set here: one server can use up "
            "the memory of the machine.");
    if (controllers_.cpu.empty())
        missing.emplace_back(
            "The kernel's CPU limits cannot be set here: one server can slow down "
            "all others.");
    if (controllers_.processes.empty())
        missing.emplace_back(
            "The number of a server's processes cannot be limited here: one "
            "server can stop the machine from starting programs.");
    return missing;
}

bool CgroupsV1::limits() const {
    return !controllers_.memory.empty() || !controllers_.cpu.empty() ||
           !controllers_.processes.empty();
}

}  // namespace carrel
