#include "spawn/process/explain.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

std::string explained(std::optional<int> code, std::string log, long long kills = 0) {
    return explain({.exit_code = code,
                    .out_of_memory_kills = kills,
                    .memory_gib = 1,
                    .log_tail = std::move(log)});
}

TEST(Explain, OutOfMemory) {
    EXPECT_EQ(explained(137, "", 1),
              "the server used more than its 1 GiB of memory and was stopped");
    EXPECT_EQ(explained({}, "", 1),
              "the server used more than its 1 GiB of memory and was stopped");
}

TEST(Explain, KernelKilledForItsMemoryEarlierIsNotWhyTheServerEnds) {
    EXPECT_EQ(explained(0, "", 3), "the server ended by itself");
    EXPECT_EQ(explained(1, "", 3), "the server ended with exit code 1");
}

TEST(Explain, CommandThatIsNotThere) {
    EXPECT_EQ(explained(127, "setpriv: failed to execute /x/jupyter: No such file or directory\n"),
              "the notebook command could not be started: /x/jupyter: No such file or directory");
    EXPECT_EQ(explained(1, "bwrap: execvp /x/jupyter: No such file or directory\n"),
              "the notebook command could not be started: /x/jupyter: No such file or directory");
}

TEST(Explain, SandboxThatCouldNotBeMade) {
    EXPECT_EQ(
        explained(1, "bwrap: Can't find source path /x: Permission denied\n"),
        "the server's sandbox could not be made: Can't find source path /x: Permission denied");
}

TEST(Explain, IncompleteEnvironmentAndFullDisk) {
    EXPECT_EQ(explained(1, "Traceback\nModuleNotFoundError: No module named 'jupyterlab'\n"),
              "the notebook environment is not complete: No module named 'jupyterlab'");
    EXPECT_EQ(explained(1, "OSError: [Errno 28] No space left on device\n"),
              "there is no space left on the disk");
    EXPECT_EQ(explained(1, "OSError: [Errno 122] Disk quota exceeded: '/home/ada/.jupyter'\n"),
              "the home is full: it has all the storage that the course gives each");
}

TEST(Explain, SignalsAndCodes) {
    EXPECT_EQ(explained(139, ""), "the server was ended by signal 11 (Segmentation fault)");
    EXPECT_EQ(explained(3, ""), "the server ended with exit code 3");
    EXPECT_EQ(explained({}, ""), "the server ended without saying why");
}

}  // namespace
}  // namespace carrel
