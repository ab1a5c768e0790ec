#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::HasSubstr;

class OverviewCallsTest : public ::testing::Test {
protected:
    OverviewCallsTest() {
        portal_.add_user("root", true, true);
        root_ = portal_.log_in("root");
        EXPECT_EQ(portal_.call(root_, "POST", "/courses", portal_.course()).status, 201U);
    }
    TestPortal portal_;
    Caller root_;
};

TEST_F(OverviewCallsTest, CountsWhatThereIs) {
    auto const body = portal_.call(root_, "GET", "/overview").body;
    EXPECT_EQ(body["courses"]["pending"], 1);
    EXPECT_EQ(body["courses"]["deployed"], 0);
    EXPECT_EQ(body["servers"]["running"], 0);
    EXPECT_EQ(body["users"], 1);
    EXPECT_EQ(body["uptime_seconds"], 3600);
    EXPECT_EQ(body["one_origin"], false);
    EXPECT_GT(body["machine"]["memory_bytes"], 0);
    EXPECT_GT(body["machine"]["disk_free_bytes"], 0);
    EXPECT_GT(body["machine"]["cpus"], 0);
}

TEST_F(OverviewCallsTest, AuditsEverythingNewestFirst) {
    auto const all = portal_.call(root_, "GET", "/audit").body;
    ASSERT_EQ(all["items"].size(), 2U);
    EXPECT_EQ(all["items"][0]["kind"], "course_requested");
    EXPECT_EQ(all["items"][0]["course"], "biology");
    EXPECT_EQ(all["items"][1]["kind"], "logged_in");
    EXPECT_EQ(all["items"][1]["course"], nullptr);
    auto const first = portal_.call(root_, "GET", "/audit?limit=1").body;
    auto const rest =
        portal_.call(root_, "GET", "/audit?after=" + first["next"].get<std::string>()).body;
    EXPECT_EQ(rest["items"].size(), 1U);
    EXPECT_EQ(rest["items"][0]["kind"], "logged_in");
    EXPECT_EQ(portal_.call(root_, "GET", "/audit?after=x").status, 400U);
}

TEST_F(OverviewCallsTest, TellsTheOperatorThatItLives) {
    auto const get = [&](std::string const& path) {
        return portal_.send(portal_.request("GET", path));
    };
    EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
    EXPECT_EQ(get("/readyz").status, 200U);
    auto const metrics = get("/metrics");
    EXPECT_THAT(std::string(metrics.headers.get("content-type")), HasSubstr("version=0.0.4"));
    EXPECT_THAT(metrics.body, HasSubstr("# TYPE carrel_courses gauge\n"));
    EXPECT_THAT(metrics.body, HasSubstr("carrel_courses{state=\"pending\"} 1\n"));
    EXPECT_THAT(metrics.body, HasSubstr("carrel_servers{state=\"running\"} 0\n"));
    EXPECT_THAT(metrics.body, HasSubstr("carrel_users 1\n"));
    EXPECT_THAT(metrics.body, HasSubstr("process_start_time_seconds 1795244400\n"));
}

}  // namespace
}  // namespace carrel
