#include "domain/capacity.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(Capacity, MemoryAndCpuAreForThoseWhoWorkAndStorageIsForAll) {
    auto const needs = needs_of({.people = 30, .at_once = 18, .each = {0.5, 1, 5}});
    EXPECT_DOUBLE_EQ(needs.cpu, 9.2);
    EXPECT_DOUBLE_EQ(needs.memory_gib, 18.5);
    EXPECT_DOUBLE_EQ(needs.storage_gib, 152);
}

TEST(Capacity, AShareOfAClassIsRoundedUp) {
    EXPECT_EQ(at_once_of(30, 60), 18);
    EXPECT_EQ(at_once_of(15, 50), 8);
    EXPECT_EQ(at_once_of(3, 1), 1);
    EXPECT_EQ(at_once_of(0, 60), 0);
    EXPECT_EQ(at_once_of(25, 100), 25);
}

TEST(Capacity, WhatIsScarceDecidesHowManyWork) {
    auto const small = carried_by({.cpu = 2, .memory_gib = 24, .storage_gib = 102}, {0.5, 1, 5});
    EXPECT_EQ(small.at_once, 3);
    EXPECT_EQ(small.scarce, Scarce::Cpu);
    EXPECT_EQ(small.homes, 20);
    auto const wide = carried_by({.cpu = 32, .memory_gib = 8.5, .storage_gib = 1}, {0.5, 1, 5});
    EXPECT_EQ(wide.at_once, 8);
    EXPECT_EQ(wide.scarce, Scarce::Memory);
    EXPECT_EQ(wide.homes, 0);
}

TEST(Capacity, AMachineThatMeetsTheNeedsCarriesTheClass) {
    for (int people = 1; people <= 200; ++people) {
        Class const wanted{.people = people, .at_once = people, .each = {0.3, 0.7, 1.1}};
        auto const carries = carried_by(needs_of(wanted), wanted.each);
        EXPECT_EQ(carries.at_once, people);
        EXPECT_EQ(carries.homes, people);
    }
}

TEST(Capacity, AMachineTooSmallForThePlatformCarriesNobody) {
    EXPECT_EQ(carried_by({}, {1, 1, 1}).at_once, 0);
    EXPECT_EQ(carried_by({.cpu = 0.1, .memory_gib = 64, .storage_gib = 10}, {1, 1, 1}).at_once, 0);
}

}  // namespace carrel
