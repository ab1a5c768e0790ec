#include "runtime/called_program.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

namespace fs = std::filesystem;

TEST(CalledProgram, IsFoundByPathOrByName) {
    EXPECT_EQ(called_program("/bin/sh", ""), "/bin/sh");
    EXPECT_EQ(called_program("sh", "/nowhere:/bin"), "/bin/sh");
}

TEST(CalledProgram, IsThisFileWhenItsNameLeadsNowhere) {
    auto const self = fs::read_symlink("/proc/self/exe");
    EXPECT_EQ(called_program("/no/such/program", ""), self);
    EXPECT_EQ(called_program("no-such-program", "/bin"), self);
    EXPECT_EQ(called_program("", "/bin"), self);
    EXPECT_EQ(fs::canonical(called_program()), self);
}

}  // namespace
}  // namespace carrel
