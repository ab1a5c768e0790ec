#include "auth/local/login_limit.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

constexpr LoginLimitPolicy policy{.tries_per_name = 3,
                                  .name_refill = Seconds(30),
                                  .tries_per_address = 5,
                                  .address_refill = Seconds(10),
                                  .most_buckets = 10};

class LoginLimitTest : public ::testing::Test {
protected:
    /// How many of `count` tries are let through.
    int let_through(int count, std::string const& name, std::string const& address) {
        int passed = 0;
        for (int i = 0; i < count; ++i)
            if (limit_.take(name, address)) ++passed;
        return passed;
    }
    ManualClock clock_{Time(Seconds(1'000'000))};
    LoginLimit limit_{clock_, policy};
};

TEST_F(LoginLimitTest, StopsGuessingAtOneName) {
    EXPECT_EQ(let_through(5, "ada", "192.0.2.1"), 3);
    auto const refused = limit_.take("ada", "192.0.2.2");
    ASSERT_FALSE(refused) << "from wherever";
    EXPECT_EQ(refused.error().code, Code::LimitReached);
    EXPECT_EQ(refused.error().message, "too many failed logins; try again in 30 seconds");
    EXPECT_TRUE(limit_.take("bob", "192.0.2.2"));
}

TEST_F(LoginLimitTest, StopsGuessingFromOneAddress) {
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(limit_.take("user" + std::to_string(i), "192.0.2.1")) << i;
    EXPECT_FALSE(limit_.take("another", "192.0.2.1"));
    EXPECT_TRUE(limit_.take("another", "192.0.2.2"));
}

TEST_F(LoginLimitTest, GivesATryBackWithTime) {
    EXPECT_EQ(let_through(3, "ada", "192.0.2.1"), 3);
    clock_.advance(Seconds(29));
    EXPECT_FALSE(limit_.take("ada", "192.0.2.1"));
    clock_.advance(Seconds(1));
    EXPECT_EQ(let_through(3, "ada", "192.0.2.1"), 1);
    clock_.advance(Seconds(100'000));
    EXPECT_EQ(let_through(9, "ada", "192.0.2.1"), 3) << "never more than the bucket holds";
}

TEST_F(LoginLimitTest, StartsAfreshAfterTheRightPassword) {
    EXPECT_EQ(let_through(2, "ada", "192.0.2.1"), 2);
    ASSERT_TRUE(limit_.take("ada", "192.0.2.1"));
    limit_.succeeded("ada", "192.0.2.1");
    EXPECT_EQ(let_through(3, "ada", "192.0.2.9"), 3);
}

TEST_F(LoginLimitTest, TakesNothingFromAnAddressThatLogsInRightly) {
    for (int i = 0; i < 100; ++i) {
        auto const name = "user" + std::to_string(i);
        ASSERT_TRUE(limit_.take(name, "192.0.2.1")) << i;
        limit_.succeeded(name, "192.0.2.1");
    }
}

TEST_F(LoginLimitTest, StandsAClockThatGoesBack) {
    EXPECT_EQ(let_through(3, "ada", "192.0.2.1"), 3);
    clock_.advance(-Seconds(10'000));
    EXPECT_FALSE(limit_.take("ada", "192.0.2.1"));
    clock_.advance(Seconds(30));
    EXPECT_TRUE(limit_.take("ada", "192.0.2.1"));
}

TEST_F(LoginLimitTest, KeepsNoMoreThanItsBuckets) {
    for (int i = 0; i < 1000; ++i)
        let_through(1, "user" + std::to_string(i), "192.0.2." + std::to_string(i % 200));
    EXPECT_EQ(limit_.size(), policy.most_buckets);
}

TEST(AddressKey, TakesAnIpv6NetworkAsOne) {
    EXPECT_EQ(address_key("2001:db8:1:2:3:4:5:6"), address_key("2001:db8:1:2:ffff::1"));
    EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
    EXPECT_EQ(address_key("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(address_key("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(address_key(""), "");
}

}  // namespace
}  // namespace carrel
