#include "hub/culler.hpp"

#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace carrel {

TEST(JupyterActivity, TakesTheNewestOfKernelsAndTerminals) {
    auto const activity = read_jupyter_activity(
        R"([{"execution_state":"idle","last_activity":"2026-11-21T08:00:00.5Z"},
            {"execution_state":"idle","last_activity":"2026-11-21T09:00:00Z"}])",
        R"([{"name":"1","last_activity":"2026-11-21T10:00:00Z"}])");
    ASSERT_TRUE(activity);
    EXPECT_FALSE(activity->busy);
    EXPECT_EQ(format_time(*activity->last), "2026-11-21T10:00:00Z");
}

TEST(JupyterActivity, BusyKernelIsActivity) {
    auto const activity = read_jupyter_activity(
        R"([{"execution_state":"busy","last_activity":"2026-11-21T08:00:00Z"}])", "");
    ASSERT_TRUE(activity);
    EXPECT_TRUE(activity->busy);
}

TEST(JupyterActivity, ServerWithoutKernelsHasNone) {
    auto const activity = read_jupyter_activity("[]", "[]");
    ASSERT_TRUE(activity);
    EXPECT_FALSE(activity->last);
}

constexpr Time at(int minutes) { return Time(std::chrono::minutes(minutes)); }
constexpr Time now = at(60);

class NewestActivity : public testing::Test {
protected:
    JupyterActivity idle_{.last = at(10)};
};

TEST_F(NewestActivity, OpenTabThatOnlyAsksKeepsNoJupyterServer) {
    EXPECT_EQ(newest_activity(at(5), idle_, {.last = now}, now), at(10));
    EXPECT_EQ(newest_activity(at(5), JupyterActivity{}, {.last = now}, now), at(5));
}

TEST_F(NewestActivity, WhoSavesFilesWithoutAKernelIsAtWork) {
    EXPECT_EQ(newest_activity(at(5), JupyterActivity{}, {.last = now, .last_change = at(58)}, now),
              at(58));
    EXPECT_EQ(newest_activity(at(5), idle_, {.last_change = at(7)}, now), at(10));
}

TEST_F(NewestActivity, AnyRequestIsUseOfOtherApplications) {
    EXPECT_EQ(newest_activity(at(5), {}, {.last = at(59), .last_change = at(7)}, now), at(59));
}

TEST_F(NewestActivity, IsNeverForgottenNorInTheFuture) {
    EXPECT_EQ(newest_activity(at(5), idle_, {}, now), at(10));
    EXPECT_EQ(newest_activity(at(30), idle_, {.last_change = at(20)}, now), at(30));
    EXPECT_EQ(newest_activity(at(5), JupyterActivity{.last = at(90)}, {}, now), now);
    EXPECT_EQ(newest_activity(at(5), JupyterActivity{.busy = true}, {}, now), now);
}

TEST(AnnouncedStop, IsSaidShortlyBefore) {
    HubSettings settings;
    settings.idle_timeout = std::chrono::minutes(60);
    settings.idle_warning = std::chrono::minutes(10);
    EXPECT_EQ(announced_stop(settings, at(0), at(49)), std::nullopt);
    EXPECT_EQ(announced_stop(settings, at(0), at(50)), at(60));
    EXPECT_EQ(announced_stop(settings, at(0), at(70)), at(60));
    EXPECT_EQ(announced_stop(settings, at(20), at(50)), std::nullopt);
}

TEST(AnnouncedStop, LeavesAtLeastHalfOfTheTimeInPeace) {
    HubSettings settings;
    settings.idle_timeout = std::chrono::minutes(10);
    settings.idle_warning = std::chrono::minutes(30);
    EXPECT_EQ(announced_stop(settings, at(0), at(4)), std::nullopt);
    EXPECT_EQ(announced_stop(settings, at(0), at(5)), at(10));
}

TEST(AnnouncedStop, IsNeverSaidWhereNoneIsOrNobodyIsToBeTold) {
    HubSettings settings;
    settings.idle_timeout = Milliseconds(0);
    EXPECT_EQ(announced_stop(settings, at(0), at(1000)), std::nullopt);
    settings.idle_timeout = std::chrono::minutes(10);
    settings.idle_warning = Milliseconds(0);
    EXPECT_EQ(announced_stop(settings, at(0), at(1000)), std::nullopt);
}

TEST(JupyterActivity, OtherApplicationsSayNothing) {
    for (auto const* text : {"", "<html>", "{}", "[1]", "null"})
        EXPECT_FALSE(read_jupyter_activity(text, "[]")) << text;
}

}  // namespace carrel
