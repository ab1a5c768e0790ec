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

TEST(JupyterActivity, OtherApplicationsSayNothing) {
    for (auto const* text : {"", "<html>", "{}", "[1]", "null"})
        EXPECT_FALSE(read_jupyter_activity(text, "[]")) << text;
}

}  // namespace carrel
