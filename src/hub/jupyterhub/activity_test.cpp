#include "auth/secret.hpp"
#include "hub/hub_fixture.hpp"
#include "hub/jupyterhub/user_calls.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

using nlohmann::json;

namespace {

Time const noon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(12)};

}  // namespace

TEST(ActivityReports, AreReadAsServersWriteThem) {
    auto const report = read_activity(
        json::parse(R"({"servers": {"": {"last_activity": "2026-11-21T11:59:30.716378Z"},
                                    "gpu": {"last_activity": "2026-11-21T11:00:00+01:00"}},
                        "last_activity": "2026-11-21T11:58:00.5"})"),
        noon);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->servers.at(""), noon - Milliseconds(29'284));
    EXPECT_EQ(report->servers.at("gpu"), noon - std::chrono::hours(2));
    EXPECT_EQ(report->user, noon - Milliseconds(119'500));
}

TEST(ActivityReports, ALittleAheadAreNow) {
    auto const report = read_activity({{"last_activity", "2026-11-21T12:58:00Z"}}, noon);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->user, noon);
}

TEST(ActivityReports, AreRefusedWhenTheyMakeNoSense) {
    for (auto const* body :
         {"{}", R"({"last_activity": 5})", R"({"last_activity": "yesterday"})",
          R"({"last_activity": "9999-01-01T00:00:00Z"})",
          R"({"last_activity": "2026-11-21T13:00:00Z"})", R"({"servers": []})",
          R"({"servers": {"": "2026-11-21T11:00:00Z"}})", R"({"servers": {"": {}}})",
          R"({"servers": {"": {"last_activity": "9999-01-01T00:00:00Z"}}})"})
        EXPECT_EQ(read_activity(json::parse(body), noon).error().code, Code::InvalidArgument)
            << body;
}

/// ada's server reports by its own token.
class ActivityTest : public HubFixture {
protected:
    ActivityTest() {
        settings_.environments["lab"].kind = EnvironmentKind::JupyterHub;
        users_.add_routes(router_);
        auto const server = await(servers_.start(server_of(ada_), "ada")).value();
        run_until([&] { return server->progress.latest().over(); });
        token_ = spawner_.started.back().secret;
        clock_.advance(std::chrono::hours(12));
    }

    unsigned post(std::string const& user, std::string const& body) {
        http::Request request{
            .method = "POST",
            .target = "/c/bio/hub/api/users/" + user + "/activity",
            .path = "/c/bio/hub/api/users/" + user + "/activity",
            .headers = {{"Authorization", "token " + token_}, {"Content-Type", "application/json"}},
            .body = body};
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value().status;
    }

    Gate gate_{*store_, clock_, random_};
    ServerLifecycle servers_{dependencies(), settings_};
    CallerGate callers_{*store_, gate_, clock_};
    UserCalls users_{dependencies(), callers_, servers_};
    http::Router router_{pool_};
    std::string token_;
};

TEST_F(ActivityTest, IsKeptAndGoesOnlyForward) {
    EXPECT_EQ(post("ada", R"({"servers": {"": {"last_activity": "2026-11-21T11:00:00Z"}}})"), 200U);
    EXPECT_EQ(record_of(ada_).last_activity, noon - std::chrono::hours(1));
    EXPECT_EQ(post("ada", R"({"servers": {"": {"last_activity": "2026-11-21T10:00:00Z"}}})"), 200U);
    EXPECT_EQ(record_of(ada_).last_activity, noon - std::chrono::hours(1));
}

TEST_F(ActivityTest, AServersOwnReportTakesNoAnnouncedStopBack) {
    auto const server = servers_.find({course_.id, ada_.id, ""});
    server->stops_at = noon + std::chrono::minutes(5);
    EXPECT_EQ(post("ada", R"({"servers": {"": {"last_activity": "2026-11-21T12:00:00Z"}}})"), 200U);
    EXPECT_TRUE(server->stops_at);
}

TEST_F(ActivityTest, IsTakenFromNobodyForSomebodyElse) {
    admit(add_user("bob"));
    auto const body = R"({"last_activity": "2026-11-21T11:00:00Z"})";
    EXPECT_EQ(post("bob", body), 404U);
    EXPECT_EQ(post("nobody", body), 404U);
    token_ = "guess";
    EXPECT_EQ(post("ada", body), 403U);
}

TEST_F(ActivityTest, OfAServerThatIsNotThereIsRefused) {
    EXPECT_EQ(post("ada", R"({"servers": {"gpu": {"last_activity": "2026-11-21T11:00:00Z"}}})"),
              400U);
    EXPECT_EQ(post("ada", "not json"), 400U);
}

}  // namespace carrel::jupyterhub
