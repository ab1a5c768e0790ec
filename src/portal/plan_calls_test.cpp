#include "portal/test_portal.hpp"

namespace carrel {
namespace {

std::string const question =
    "/plan?people=10&at_once_percent=50&cpu=0.5&memory_gib=1&storage_gib=2";

class PlanCallsTest : public ::testing::Test {
protected:
    PlanCallsTest() {
        portal_.add_user("lea", false, true);
        portal_.add_user("ada");
        lea_ = portal_.log_in("lea");
    }
    std::string refusal(std::string const& query) {
        return portal_.call(lea_, "GET", "/plan?" + query).problem();
    }
    TestPortal portal_;
    Caller lea_;
};

TEST_F(PlanCallsTest, ALeaderLearnsWhatACourseNeedsAndWhatThereIs) {
    auto const body = portal_.call(lea_, "GET", question).body;
    EXPECT_EQ(body["at_once"], 5);
    EXPECT_EQ(body["needs"]["memory_gib"], 5.5);
    EXPECT_EQ(body["needs"]["storage_gib"], 22);
    EXPECT_GT(body["machine"]["memory_gib"], 0);
    EXPECT_GE(body["carries"]["at_once"], 0);
    EXPECT_EQ(body["fits"], body["carries"]["at_once"] >= 5 && body["carries"]["homes"] >= 10);
}

TEST_F(PlanCallsTest, AParticipantDoesNotLearnHowBigTheMachineIs) {
    EXPECT_EQ(portal_.call(portal_.log_in("ada"), "GET", question).status, 403U);
}

TEST_F(PlanCallsTest, WhatIsMissingOrOutOfRangeIsNamed) {
    EXPECT_EQ(refusal("at_once_percent=50&cpu=1&memory_gib=1&storage_gib=1"),
              "400 people: people has to be a number from 1 to 500");
    EXPECT_EQ(refusal("people=2.5&at_once_percent=50&cpu=1&memory_gib=1&storage_gib=1"),
              "400 people: people has to be a whole number");
    EXPECT_EQ(refusal("people=2&at_once_percent=0&cpu=1&memory_gib=1&storage_gib=1"),
              "400 at_once_percent: at_once_percent has to be a number from 1 to 100");
    for (std::string const cpu : {"nan", "inf", "1e99", "", "1x", "-1", "0x10"})
        EXPECT_EQ(refusal("people=2&at_once_percent=50&cpu=" + cpu + "&memory_gib=1&storage_gib=1"),
                  "400 cpu: cpu has to be a number from 0.25 to 4")
            << cpu;
}

}  // namespace
}  // namespace carrel
