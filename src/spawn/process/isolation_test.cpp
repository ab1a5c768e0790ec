#include "spawn/process/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::Contains;
using testing::HasSubstr;
using Level = Isolation::Level;

CgroupsV2 const limited("/sys/fs/cgroup/carrel");

Machine good_root() { return {.root = true, .sandbox = true, .metadata_blocked = true}; }
Machine good_user() { return {.root = false, .sandbox = true, .private_network = true}; }

TEST(IsolationOfMachine, IsFullWhereEverythingWorks) {
    EXPECT_EQ(isolation_of(good_root(), limited, {}).level, Level::Full);
    EXPECT_EQ(isolation_of(good_user(), limited, {}).level, Level::Full);
}

TEST(IsolationOfMachine, IsPartialWithoutLimits) {
    auto const isolation = isolation_of(good_user(), NoCgroups(), {});
    EXPECT_EQ(isolation.level, Level::Partial);
    EXPECT_THAT(isolation.notices, Contains(HasSubstr("Control groups")));
}

TEST(IsolationOfMachine, IsPartialWhereMetadataIsInReach) {
    auto machine = good_root();
    machine.metadata_blocked = false;
    machine.metadata_open = "no ip";
    auto const isolation = isolation_of(machine, limited, {});
    EXPECT_EQ(isolation.level, Level::Partial);
    EXPECT_THAT(isolation.notices, Contains(HasSubstr("metadata service")));
    EXPECT_EQ(isolation_of(good_user(), limited, {.private_network = false}).level, Level::Partial);
}

TEST(IsolationOfMachine, SaysWhenThereIsNoNetwork) {
    auto machine = good_user();
    machine.private_network = false;
    machine.no_private_network = "slirp4netns is not installed";
    auto const isolation = isolation_of(machine, limited, {});
    EXPECT_EQ(isolation.level, Level::Full);
    EXPECT_THAT(isolation.notices, Contains(HasSubstr("slirp4netns is not installed")));
}

TEST(IsolationOfMachine, IsNoneWithoutASandbox) {
    for (auto machine : {good_root(), good_user()}) {
        machine.sandbox = false;
        machine.no_sandbox = "bubblewrap is not installed";
        auto const isolation = isolation_of(machine, limited, {});
        EXPECT_EQ(isolation.level, Level::None);
        EXPECT_THAT(isolation.notices, Contains(HasSubstr("bubblewrap is not installed")));
    }
}

}  // namespace
}  // namespace carrel
