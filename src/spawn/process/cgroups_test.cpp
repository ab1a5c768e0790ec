#include "spawn/process/cgroups.hpp"

#include "base/temporary_folder.hpp"
#include "spawn/process/server_folder.hpp"
#include "spawn/test_loop.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace carrel {
namespace {

namespace fs = std::filesystem;

void touch(fs::path const& file, std::string const& text = "") {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

std::string content(fs::path const& file) { return read_small_file(file).value_or("(missing)"); }

constexpr CgroupLimits limits{.cpu = 1.5, .memory_bytes = 1 << 30, .processes = 99};

// Plain files stand for the kernel's: what is written where is what matters.

TEST(CgroupsV2, LimitsAreWritten) {
    TemporaryFolder const folder;
    auto const group = folder.path() / "ada";
    for (auto const* file : {"memory.max", "memory.swap.max", "cpu.max", "pids.max"})
        touch(group / file);
    auto const made = CgroupsV2(folder.path()).create("ada", limits);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->folders, std::vector<fs::path>{group});
    EXPECT_EQ(content(group / "memory.max"), "1073741824");
    EXPECT_EQ(content(group / "memory.swap.max"), "0");
    EXPECT_EQ(content(group / "cpu.max"), "150000 100000");
    EXPECT_EQ(content(group / "pids.max"), "99");
}

TEST(CgroupsV2, BaseNeedsItsControllers) {
    TemporaryFolder const folder;
    touch(folder.path() / "cgroup.procs");
    touch(folder.path() / "cgroup.subtree_control");
    touch(folder.path() / "cgroup.controllers", "cpuset memory pids\n");
    EXPECT_FALSE(prepare_v2_base(folder.path())) << "without cpu";
    touch(folder.path() / "cgroup.controllers", "cpuset cpu memory pids\n");
    touch(folder.path() / "carrel" / "cgroup.subtree_control");
    auto const base = prepare_v2_base(folder.path());
    ASSERT_TRUE(base) << base.error().message;
    EXPECT_EQ(*base, folder.path() / "carrel");
    EXPECT_EQ(content(*base / "cgroup.subtree_control"), "+memory +cpu +pids");
}

TEST(CgroupsV1, EachControllerHasItsFolder) {
    TemporaryFolder const folder;
    CgroupsV1 const cgroups({.memory = folder.path() / "memory",
                             .cpu = folder.path() / "cpu",
                             .processes = folder.path() / "pids"});
    for (auto const* file :
         {"memory/ada/memory.limit_in_bytes", "memory/ada/memory.memsw.limit_in_bytes",
          "cpu/ada/cpu.cfs_period_us", "cpu/ada/cpu.cfs_quota_us", "pids/ada/pids.max"})
        touch(folder.path() / file);
    auto const made = cgroups.create("ada", limits);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->entrances().size(), 3U);
    EXPECT_EQ(content(folder.path() / "memory/ada/memory.limit_in_bytes"), "1073741824");
    EXPECT_EQ(content(folder.path() / "memory/ada/memory.memsw.limit_in_bytes"), "1073741824");
    EXPECT_EQ(content(folder.path() / "cpu/ada/cpu.cfs_quota_us"), "150000");
    EXPECT_EQ(content(folder.path() / "pids/ada/pids.max"), "99");
    EXPECT_TRUE(cgroups.notices().empty());
}

TEST(CgroupsV1, EachMissingControllerIsANotice) {
    CgroupsV1 const cgroups({.memory = "/x", .cpu = {}, .processes = {}});
    EXPECT_EQ(cgroups.notices().size(), 2U);
    EXPECT_TRUE(cgroups.limits());
    EXPECT_FALSE(CgroupsV1({}).limits());
}

TEST(Cgroup, OutOfMemoryKillsAreCountedInBothVersions) {
    TemporaryFolder const folder;
    touch(folder.path() / "v1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    touch(folder.path() / "v2/memory.events", "low 0\nhigh 0\nmax 4\noom 1\noom_kill 3\n");
    EXPECT_EQ(Cgroup{.folders = {folder.path() / "v1"}}.out_of_memory_kills(), 2);
    EXPECT_EQ(Cgroup{.folders = {folder.path() / "v2"}}.out_of_memory_kills(), 3);
    EXPECT_EQ(Cgroup{}.out_of_memory_kills(), 0);
}

}  // namespace
}  // namespace carrel
