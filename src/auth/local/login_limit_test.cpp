#include "auth/local/login_limit.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

constexpr LoginLimitPolicy policy{.tries_per_place = 3,
                                  .place_refill = Seconds(30),
                                  .tries_per_name = 6,
                                  .name_refill = Seconds(60),
                                  .tries_per_address = 9,
                                  .address_refill = Seconds(10),
                                  .most_buckets = 40};

class LoginLimitTest : public ::testing::Test {
protected:
    /// How many of `count` tries are let through.
    int let_through(int count, LoginTry const& attempt) {
        int passed = 0;
        for (int i = 0; i < count; ++i)
            if (!limit_.take(attempt)) ++passed;
        return passed;
    }
    ManualClock clock_{Time(Seconds(1'000'000))};
    LoginLimit limit_{clock_, policy};
};

TEST_F(LoginLimitTest, StopsGuessingAtOneNameFromOneAddress) {
    EXPECT_EQ(let_through(5, {"ada", "192.0.2.1"}), 3);
    auto const refusal = limit_.take({"ada", "192.0.2.1"});
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->wait, Seconds(30));
    EXPECT_FALSE(limit_.take({"ada", "192.0.2.2"})) << "elsewhere the name goes on";
    EXPECT_FALSE(limit_.take({"bob", "192.0.2.1"})) << "and the address with another name";
}

TEST_F(LoginLimitTest, StopsGuessingAtOneNameFromManyAddresses) {
    int passed = 0;
    for (int i = 0; i < 20; ++i) passed += let_through(1, {"ada", "192.0.2." + std::to_string(i)});
    EXPECT_EQ(passed, 6);
    auto const refusal = limit_.take({"ada", "198.51.100.1"});
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->wait, Seconds(60));
}

TEST_F(LoginLimitTest, StopsGuessingAtManyNamesFromOneAddress) {
    int passed = 0;
    for (int i = 0; i < 20; ++i)
        passed += let_through(1, {"user" + std::to_string(i), "192.0.2.1"});
    EXPECT_EQ(passed, 9);
    EXPECT_FALSE(limit_.take({"another", "192.0.2.2"}));
}

TEST_F(LoginLimitTest, StrangersWhoGuessDoNotKeepTheOwnerOut) {
    for (int i = 0; i < 100; ++i) let_through(5, {"ada", "198.51.100." + std::to_string(i)});
    ASSERT_TRUE(limit_.take({"ada", "192.0.2.1"})) << "somewhere new they do, for a while";
    EXPECT_FALSE(limit_.take({"ada", "192.0.2.1", true})) << "but not where the owner has been";
    EXPECT_FALSE(limit_.take({"ada", "203.0.113.1", false, "browser of ada"}));
}

TEST_F(LoginLimitTest, SomebodyAtTheSameAddressKeepsOutNobodyWhoIsKnown) {
    for (int i = 0; i < 100; ++i) let_through(5, {"user" + std::to_string(i), "192.0.2.1"});
    let_through(100, {"ada", "192.0.2.1", true});
    EXPECT_FALSE(limit_.take({"bob", "192.0.2.1", true})) << "by the address";
    EXPECT_FALSE(limit_.take({"ada", "192.0.2.1", true, "browser of ada"})) << "by the browser";
}

TEST_F(LoginLimitTest, AKnownPlaceIsNoWayToGuessWithoutEnd) {
    EXPECT_EQ(let_through(9, {"ada", "192.0.2.1", true}), 3);
    EXPECT_EQ(let_through(9, {"ada", "192.0.2.1", false, "stolen"}), 3);
    EXPECT_EQ(let_through(9, {"ada", "192.0.2.7", false, "stolen"}), 0) << "from wherever";
}

TEST_F(LoginLimitTest, RefusesNoneOfAClassThatLogsInRightlyFromOneAddress) {
    for (int i = 0; i < 40; ++i) {
        auto const name = "user" + std::to_string(i);
        LoginTry const attempt{name, "192.0.2.1"};
        // Each mistypes twice, so that there are far more tries than the address has.
        for (int tries = 0; tries < 3; ++tries) ASSERT_FALSE(limit_.take(attempt)) << name;
        limit_.succeeded(attempt);
    }
    // All at once, too: a try that is not decided yet counts, so the address has enough for a
    // class.
    LoginLimit usual(clock_, {});
    for (int i = 0; i < 40; ++i) {
        auto const name = "user" + std::to_string(i);
        ASSERT_FALSE(usual.take({name, "192.0.2.1"})) << name;
    }
}

TEST_F(LoginLimitTest, GivesATryBackWithTime) {
    LoginTry const ada{"ada", "192.0.2.1"};
    EXPECT_EQ(let_through(3, ada), 3);
    clock_.advance(Seconds(29));
    EXPECT_EQ(limit_.take(ada).value().wait, Seconds(1));
    clock_.advance(Seconds(1));
    EXPECT_EQ(let_through(3, ada), 1);
    clock_.advance(Seconds(100'000));
    EXPECT_EQ(let_through(9, ada), 3) << "never more than the bucket holds";
}

TEST_F(LoginLimitTest, StartsAfreshAfterTheRightPassword) {
    LoginTry const ada{"ada", "192.0.2.1"};
    EXPECT_EQ(let_through(3, ada), 3);
    limit_.succeeded(ada);
    EXPECT_EQ(let_through(9, ada), 3);
    limit_.succeeded(ada);
    EXPECT_EQ(let_through(3, {"ada", "192.0.2.2"}), 3) << "what was given back is for the name too";
    EXPECT_EQ(let_through(4, {"ada", "192.0.2.3"}), 3);
}

TEST_F(LoginLimitTest, ARightPasswordGivesBackNothingOfOthers) {
    for (int i = 0; i < 6; ++i) let_through(1, {"ada", "198.51.100." + std::to_string(i)});
    limit_.succeeded({"ada", "192.0.2.1", true});
    EXPECT_TRUE(limit_.take({"ada", "198.51.100.9"}));
}

TEST_F(LoginLimitTest, AnAccountOfOnesOwnIsNoWayToGuessAtOthers) {
    auto const name_of = [](int number) { return "user" + std::to_string(number); };
    for (int i = 0; i < 8; ++i) let_through(1, {name_of(i), "192.0.2.1"});
    LoginTry const own{"eve", "192.0.2.1"};
    ASSERT_FALSE(limit_.take(own));
    limit_.succeeded(own);
    int passed = 0;
    for (int i = 8; i < 20; ++i) passed += let_through(1, {name_of(i), "192.0.2.1"});
    EXPECT_EQ(passed, 1);
}

TEST_F(LoginLimitTest, TellsOnceThatABucketIsEmpty) {
    LoginTry const ada{"ada", "192.0.2.1"};
    let_through(3, ada);
    EXPECT_TRUE(limit_.take(ada).value().first);
    EXPECT_FALSE(limit_.take(ada).value().first);
    clock_.advance(Seconds(30));
    EXPECT_FALSE(limit_.take(ada));
    EXPECT_TRUE(limit_.take(ada).value().first);
}

TEST_F(LoginLimitTest, StandsAClockThatGoesBack) {
    LoginTry const ada{"ada", "192.0.2.1"};
    EXPECT_EQ(let_through(3, ada), 3);
    clock_.advance(-Seconds(10'000));
    EXPECT_TRUE(limit_.take(ada));
    clock_.advance(Seconds(30));
    EXPECT_FALSE(limit_.take(ada));
}

TEST_F(LoginLimitTest, KeepsNoMoreThanItsBuckets) {
    for (int i = 0; i < 1000; ++i)
        let_through(1, {"user" + std::to_string(i), "192.0.2." + std::to_string(i % 200)});
    EXPECT_EQ(limit_.size(), policy.most_buckets);
}

TEST(LoginLimitPolicy, WhoeverIsRefusedMayTryAgainWhenRetryAfterSays) {
    LoginLimitPolicy const usual;
    for (auto const refill : {usual.place_refill, usual.name_refill, usual.address_refill})
        EXPECT_LE(refill, Seconds(30));
}

}  // namespace
}  // namespace carrel
