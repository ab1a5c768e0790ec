#include "proxy/tls/ticket_keys.hpp"

#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

class TicketKeysTest : public testing::Test {
protected:
    ManualClock clock_{Time(std::chrono::hours(500000))};
    CountingRandom random_;
    TicketKeys keys_{clock_, random_};
};

TEST_F(TicketKeysTest, SealsWithTheSameKeyForAnHour) {
    auto const first = keys_.current().name;
    clock_.advance(std::chrono::minutes(59));
    EXPECT_EQ(keys_.current().name, first);
    clock_.advance(std::chrono::minutes(1));
    EXPECT_NE(keys_.current().name, first);
}

TEST_F(TicketKeysTest, OpensWithAnOldKeyUntilItIsForgotten) {
    auto const first = keys_.current();
    clock_.advance(std::chrono::minutes(179));
    ASSERT_TRUE(keys_.find(first.name.data()));
    EXPECT_EQ(keys_.find(first.name.data())->cipher, first.cipher);
    clock_.advance(std::chrono::minutes(1));
    EXPECT_FALSE(keys_.find(first.name.data()));
}

TEST_F(TicketKeysTest, DoesNotKeepAKeyWhenTheClockIsSetBack) {
    auto const first = keys_.current().name;
    clock_.advance(-std::chrono::hours(24));
    EXPECT_NE(keys_.current().name, first);
}

TEST_F(TicketKeysTest, OpensNothingWithAKeyThatItNeverHad) {
    TicketKeys::Name const unknown = {};
    EXPECT_FALSE(keys_.find(unknown.data()));
}

}  // namespace
}  // namespace carrel::proxy
