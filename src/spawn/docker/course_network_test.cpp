#include "spawn/docker/course_network.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

TEST(AddressRange, IsReadStrictly) {
    auto const range = parse_address_range("10.213.0.0/16");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 0x0AD50000U);
    EXPECT_EQ(range->last, 0x0AD5FFFFU);
    EXPECT_TRUE(parse_address_range("0.0.0.0/0"));
    for (auto const* text : {"", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.1/8", "256.0.0.0/8",
                             "10.0.0.0/x", "a.b.c.d/8", "10.0.0.0/8; reboot", "fd00::/8"})
        EXPECT_FALSE(parse_address_range(text)) << text;
}

TEST(FreeSubnet, IsTheFirstThatNobodyTouches) {
    auto const range = *parse_address_range("10.213.0.0/20");
    EXPECT_EQ(free_subnet(range, {}), "10.213.0.0/22");
    EXPECT_EQ(free_subnet(range, {"10.213.0.0/22"}), "10.213.4.0/22");
    EXPECT_EQ(free_subnet(range, {"10.213.4.0/22", "172.17.0.0/16", "10.213.1.0/24"}),
              "10.213.8.0/22");
    EXPECT_EQ(free_subnet(range, {"fd00::/64", "nonsense"}), "10.213.0.0/22");
    EXPECT_FALSE(free_subnet(range, {"10.0.0.0/8"}));
    EXPECT_FALSE(
        free_subnet(range, {"10.213.0.0/22", "10.213.4.0/22", "10.213.8.0/22", "10.213.12.0/22"}));
}

}  // namespace
}  // namespace carrel
