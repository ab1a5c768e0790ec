/// Version 2 on a real kernel. Skipped where there is none, as on a machine with version 1;
/// scripts/kernel-lab makes a machine that has it, and says there what must be found.

#include "runtime/subprocess.hpp"
#include "spawn/process/cgroups.hpp"
#include "spawn/process/server_folder.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

namespace carrel {
namespace {

/// What CARREL_TEST_CGROUPS says must be found: "2", "0" for none, "" for anything.
std::string_view expected() {
    auto const* const value = std::getenv("CARREL_TEST_CGROUPS");
    return value == nullptr ? "" : value;
}

class CgroupsV2Kernel : public testing::Test {
protected:
    void SetUp() override {
        if (dynamic_cast<CgroupsV2*>(cgroups_.get()) != nullptr) return;
        if (expected() == "2") FAIL() << "version 2 should be usable here and is not";
        GTEST_SKIP() << "no cgroup v2 with the controllers that servers need";
    }
    void TearDown() override {
        if (group_.folders.empty()) return;
        auto const deadline = Deadline::after(Seconds(10));
        while (!group_.kill() && !deadline.passed()) ::usleep(1000);
        while (!group_.remove() && !deadline.passed()) ::usleep(1000);
        EXPECT_TRUE(group_.remove());
    }
    Cgroup const& make(CgroupLimits const& limits) {
        auto made = cgroups_->create(fmt::format("test-{}", ::getpid()), limits);
        if (!made) throw std::runtime_error(made.error().message);
        group_ = *std::move(made);
        return group_;
    }
    /// Runs a shell command inside the group.
    static Completed run_in(Cgroup const& group, std::string const& script) {
        auto const entrance = group.entrances().front().string();
        Command const command{
            .arguments = {"/bin/bash", "-c", fmt::format("echo 0 >{} && {}", entrance, script)}};
        return run(command, Deadline::after(Seconds(60))).value();
    }
    static std::string setting(Cgroup const& group, std::string const& name) {
        return read_small_file(group.folders.front() / name).value_or("(missing)");
    }

    std::unique_ptr<Cgroups> cgroups_ = Cgroups::detect();
    Cgroup group_;
};

TEST_F(CgroupsV2Kernel, LimitsAreTheKernelsOwn) {
    auto const& group = make({.cpu = 1.5, .memory_bytes = 1 << 30, .processes = 99});
    EXPECT_EQ(setting(group, "memory.max"), "1073741824\n");
    EXPECT_EQ(setting(group, "cpu.max"), "150000 100000\n");
    EXPECT_EQ(setting(group, "pids.max"), "99\n");
}

TEST_F(CgroupsV2Kernel, ProcessThatTakesTooMuchMemoryIsKilledAndCounted) {
    auto const& group = make({.cpu = 1, .memory_bytes = 64 << 20, .processes = 20});
    EXPECT_EQ(group.out_of_memory_kills(), 0);
    auto const done = run_in(group, "exec /usr/bin/python3 -c 'bytearray(256 << 20)'");
    EXPECT_EQ(done.exit_code, 128 + SIGKILL) << done.errors;
    EXPECT_EQ(group.out_of_memory_kills(), 1);
}

TEST_F(CgroupsV2Kernel, ForkBombIsStoppedAndKilledWhole) {
    auto const& group = make({.cpu = 1, .memory_bytes = 256 << 20, .processes = 20});
    (void)run_in(group, "for i in {1..40}; do setsid sleep 1000 </dev/null >/dev/null 2>&1 & done");
    EXPECT_GT(group.processes().size(), 10U);
    EXPECT_LE(group.processes().size(), 20U);
    auto const deadline = Deadline::after(Seconds(10));
    while (!group.kill() && !deadline.passed()) ::usleep(1000);
    EXPECT_TRUE(group.processes().empty());
    EXPECT_TRUE(group.remove());
}

TEST_F(CgroupsV2Kernel, MakingAGroupAgainTakesTheOneThatIsThere) {
    (void)make({.cpu = 1, .memory_bytes = 1 << 30, .processes = 99});
    auto const& again = make({.cpu = 1, .memory_bytes = 1 << 29, .processes = 9});
    EXPECT_EQ(setting(again, "memory.max"), "536870912\n");
}

TEST(CgroupsOfThisMachine, AreFoundAsTheLabHasMadeThem) {
    if (expected().empty()) GTEST_SKIP() << "CARREL_TEST_CGROUPS says nothing";
    auto const found = Cgroups::detect();
    EXPECT_EQ(dynamic_cast<CgroupsV2*>(found.get()) != nullptr, expected() == "2");
    EXPECT_EQ(found->limits(), expected() != "0");
    EXPECT_EQ(found->notices().empty(), expected() != "0");
}

}  // namespace
}  // namespace carrel
