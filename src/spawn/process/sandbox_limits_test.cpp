/// That limits are kept, and what a user is told.

#include "base/text.hpp"
#include "spawn/process/process_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::HasSubstr;

class SandboxLimits : public testing::Test {
protected:
    /// Whether the kernel limits a whole server here, not merely each of its processes.
    static bool has_cgroups() { return Cgroups::detect()->limits(); }

    static std::string allocate(int mebibytes) {
        return fmt::format("exec /usr/bin/python3 -c 'b = bytearray({} << 20); print(len(b))'",
                           mebibytes);
    }

    ProcessWorld world;
};

TEST_F(SandboxLimits, MemoryHogIsStoppedAndItsServerGoesOn) {
    auto const ada = world.spec(1, "ada");  // 256 MiB
    auto const started = world.start_or_fail(ada);
    EXPECT_EQ(world.run_inside(ada, started, allocate(64)).code, 0);
    EXPECT_NE(world.run_inside(ada, started, allocate(512)).code, 0);
    EXPECT_EQ(world.run_inside(ada, started, "true").code, 0);
}

TEST_F(SandboxLimits, MemoryInTemporaryFilesCounts) {
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    auto const fill = [&](int mebibytes) {
        return world
            .run_inside(ada, started,
                        fmt::format("exec dd if=/dev/zero of=/tmp/x bs=1M count={}", mebibytes))
            .code;
    };
    EXPECT_EQ(fill(32), 0);
    EXPECT_NE(fill(512), 0);
}

TEST_F(SandboxLimits, ServerThatNeedsTooMuchMemoryIsExplained) {
    if (!has_cgroups()) GTEST_SKIP() << "no cgroups here";
    auto ada = world.spec(1, "ada");
    ada.environment.command = {"/usr/bin/python3", "-c", "b = bytearray(1 << 30)", "{socket}"};
    auto const started = world.start(ada);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message,
              "the server used more than its 0.25 GiB of memory and was stopped");
    EXPECT_TRUE(world.spawner->last_failure(ada.id)->out_of_memory);
}

TEST_F(SandboxLimits, RunningServerKilledForItsMemoryIsExplained) {
    if (!has_cgroups()) GTEST_SKIP() << "no cgroups here";
    auto ada = world.spec(1, "ada");
    // The server itself grows when somebody asks it to.
    ada.environment.command[2] = std::string(
                                     "import threading, time, os\n"
                                     "def grow():\n"
                                     "    while not os.path.exists('/tmp/grow'): time.sleep(0.01)\n"
                                     "    bytearray(1 << 30)\n"
                                     "threading.Thread(target=grow, daemon=True).start()\n") +
                                 small_server;
    auto const started = world.start_or_fail(ada);
    (void)world.run_inside(ada, started, "touch /tmp/grow");
    auto const ending = world.wait_for_end(started);
    EXPECT_TRUE(ending.out_of_memory);
    EXPECT_EQ(ending.explanation,
              "the server used more than its 0.25 GiB of memory and was stopped");
}

TEST_F(SandboxLimits, ForkBombIsStopped) {
    world.options.most_processes = 40;
    world.spawner = world.make_spawner();
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    auto const forks = [&](int count) {
        return world
            .run_inside(ada, started,
                        fmt::format("exec /usr/bin/python3 -c '\n"
                                    "import os, signal, sys\n"
                                    "made = []\n"
                                    "try:\n"
                                    "    for _ in range({}):\n"
                                    "        made.append(os.fork())\n"
                                    "        if made[-1] == 0: signal.pause()\n"
                                    "except OSError: pass\n"
                                    "for process in made: os.kill(process, 9)\n"
                                    "print(len(made))'",
                                    count))
            .output;
    };
    EXPECT_EQ(forks(10), "10\n");
    EXPECT_LT(parse_whole(trimmed(forks(200))).value_or(200), 40);
}

/// However busy the machine is, nobody has more than their share; on a quiet one both processes
/// would have four times as much.
TEST_F(SandboxLimits, BusyServerHasNoMoreThanItsShare) {
    if (!has_cgroups()) GTEST_SKIP() << "no cgroups here";
    auto ada = world.spec(1, "ada");
    ada.resources.cpu = 0.5;
    auto const started = world.start_or_fail(ada);
    auto const used = world.run_inside(ada, started,
                                       "exec /usr/bin/python3 -c '\n"
                                       "import os, resource, time\n"
                                       "begun = time.monotonic()\n"
                                       "for _ in range(2):\n"
                                       "    if os.fork() == 0:\n"
                                       "        while time.monotonic() < begun + 2: pass\n"
                                       "        os._exit(0)\n"
                                       "for _ in range(2): os.wait()\n"
                                       "usage = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
                                       "passed = time.monotonic() - begun\n"
                                       "processor = usage.ru_utime + usage.ru_stime\n"
                                       "print(int(100 * processor / passed))'");
    ASSERT_EQ(used.code, 0);
    EXPECT_LE(parse_whole(trimmed(used.output)).value_or(200), 65) << "per cent of one processor";
}

TEST_F(SandboxLimits, NoFileGrowsBeyondTheStorageOfAHome) {
    auto ada = world.spec(1, "ada");
    ada.resources.storage_gib = 0.01;
    auto const started = world.start_or_fail(ada);
    EXPECT_EQ(world.run_inside(ada, started, "truncate -s 5M ~/small").code, 0);
    EXPECT_NE(world.run_inside(ada, started, "truncate -s 50M ~/large").code, 0);
}

TEST_F(SandboxLimits, WithoutCgroupsProcessesAreLimitedAndPeopleAreTold) {
    world.options.use_cgroups = false;
    world.spawner = world.make_spawner();
    EXPECT_EQ(world.spawner->isolation().level, Isolation::Level::Partial);
    EXPECT_THAT(world.spawner->isolation().notices.front(), HasSubstr("Control groups"));
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    EXPECT_EQ(world.run_inside(ada, started, allocate(64)).code, 0);
    EXPECT_NE(world.run_inside(ada, started, allocate(512)).code, 0);
    EXPECT_EQ(world.run_inside(ada, started, "ulimit -u").output, "512\n");
}

}  // namespace
}  // namespace carrel
