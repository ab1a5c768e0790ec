#include "spawn/process/process_state.hpp"

#include "runtime/subprocess.hpp"
#include "spawn/process/launch_plan.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace carrel {
namespace {

ProcessState this_process() {
    return {.id = "1.2",
            .user = "ada",
            .process = ::getpid(),
            .start_time = start_time_of(::getpid()).value_or(0),
            .boot = boot_id(),
            .sandbox = false,
            .cgroup = {.folders = {"/sys/a", "/sys/b"}},
            .memory_gib = 1.5,
            .folder = "/run/x",
            .log = "/data/log"};
}

TEST(ProcessState, SurvivesBeingText) {
    auto const state = this_process();
    auto const back = parse_process_state(to_text(state));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(to_text(*back), to_text(state));
    EXPECT_EQ(back->start_time, state.start_time);
    EXPECT_EQ(back->cgroup.folders, state.cgroup.folders);
}

TEST(ProcessState, OtherTextIsRefused) {
    for (auto const* text : {"", "{}", "[]", "null", R"({"id": 3})"})
        EXPECT_FALSE(parse_process_state(text)) << text;
}

TEST(ProcessState, RunsOnlyAsTheSameProcessOfTheSameBoot) {
    EXPECT_TRUE(is_running(this_process()));
    auto reused = this_process();
    ++reused.start_time;
    EXPECT_FALSE(is_running(reused)) << "the number belongs to another process now";
    auto rebooted = this_process();
    rebooted.boot = "another boot";
    EXPECT_FALSE(is_running(rebooted));
}

TEST(LaunchPlan, SurvivesBeingText) {
    LaunchPlan const plan{.arguments = {"/bin/true", "ünï"},
                          .environment = {{"A", "b"}},
                          .folder = "/tmp",
                          .inputs = {{10, std::string("\0\xff", 2)}},
                          .outputs = {{12, "/run/status"}},
                          .entrances = {"/sys/fs/cgroup/x/cgroup.procs"},
                          .limits = {{"core", 0}},
                          .network_info = 13};
    auto const back = parse_launch_plan(to_text(plan));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(to_text(*back), to_text(plan));
    EXPECT_EQ(back->inputs.at(10), plan.inputs.at(10));
}

TEST(LaunchPlan, OtherTextIsRefused) {
    for (auto const* text : {"", "{}", R"({"arguments": []})"})
        EXPECT_FALSE(parse_launch_plan(text)) << text;
}

}  // namespace
}  // namespace carrel
