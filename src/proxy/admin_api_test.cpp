#include "proxy/admin_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class AdminApiTest : public testing::Test {
protected:
    AdminApiTest() {
        options_.api_token = "secret";
        options_.edge_key = std::string(32, 'k');
    }
    AdminApi& api() {
        if (!api_)
            api_ = std::make_unique<AdminApi>(
                options_, clock_, [this](Update const& update) { updates_.push_back(update); });
        return *api_;
    }
    http::Response call(std::string const& method, std::string const& target,
                        std::string const& body = {},
                        std::string const& authorization = "token secret") {
        http::Request request;
        request.method = method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        request.body = body;
        if (!authorization.empty()) request.headers.set("Authorization", authorization);
        return api().handle(request);
    }
    unsigned status(std::string const& method, std::string const& target,
                    std::string const& body = {}) {
        return call(method, target, body).status;
    }

    ManualClock clock_{Time(Milliseconds(1'800'000'000'000))};
    Options options_;
    std::vector<Update> updates_;
    std::unique_ptr<AdminApi> api_;
};

TEST_F(AdminApiTest, AsksForTheTokenAsConfigurableHttpProxyDoes) {
    for (auto const* bad : {"", "token wrong", "Bearer secret", "Token secret", "secret", "token",
                            "tokensecret", "token secretx"})
        EXPECT_EQ(call("GET", "/api/routes", "", bad).status, 403U) << bad;
    EXPECT_EQ(call("GET", "/api/routes", "", "token   secret").status, 200U);
    options_.api_token = "";
    EXPECT_EQ(call("GET", "/api/routes", "", "").status, 200U);
}

TEST_F(AdminApiTest, AddsShowsListsAndRemovesRoutes) {
    EXPECT_EQ(status("POST", "/api/routes/a%2Fb/", R"({"target":"http://127.0.0.1:1","user":"x"})"),
              201U);
    EXPECT_EQ(status("POST", "/api/routes", R"({"target":"http://127.0.0.1:2"})"), 201U);
    auto const all = json::parse(call("GET", "/api/routes").body);
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all["/a/b"]["user"], "x");
    EXPECT_EQ(all["/a/b"]["last_activity"], "2027-01-15T08:00:00Z");
    EXPECT_EQ(all["/"]["target"], "http://127.0.0.1:2");
    EXPECT_EQ(json::parse(call("GET", "/api/routes/a/b").body)["user"], "x");
    EXPECT_EQ(status("GET", "/api/routes/a"), 404U);
    EXPECT_EQ(status("DELETE", "/api/routes/a"), 404U);
    EXPECT_EQ(status("DELETE", "/api/routes/a/b/"), 204U);
    EXPECT_EQ(status("DELETE", "/api/routes/a/b"), 404U);
    EXPECT_EQ(status("PUT", "/api/routes/a/b"), 405U);
    EXPECT_EQ(status("GET", "/api/other"), 404U);
    EXPECT_EQ(updates_.size(), 3U);
}

TEST_F(AdminApiTest, RefusesBodiesThatAreNoRoutes) {
    for (auto const* body : {"", "{", "[]", "{}", R"({"target":1})", R"({"target":null})"})
        EXPECT_EQ(status("POST", "/api/routes/a", body), 400U) << body;
    EXPECT_EQ(call("POST", "/api/routes/a", "{}").body, "Must specify 'target' as string");
    EXPECT_EQ(status("POST", "/api/routes/a/%2e%2e/b", R"({"target":"http://127.0.0.1:1"})"), 400U);
    EXPECT_TRUE(updates_.empty());
}

TEST_F(AdminApiTest, AGuardedRouteIsNeverOpenBySomebodysMistake) {
    for (auto const* auth :
         {"{}", "true", "null", R"({"login":""})", R"({"login":1})", R"({"login":"/a b"})"})
        EXPECT_EQ(status("POST", "/api/routes/a",
                         fmt::format(R"({{"target":"http://127.0.0.1:1","auth":{}}})", auth)),
                  400U)
            << auth;
    EXPECT_EQ(
        status("POST", "/api/routes/a", R"({"target":"http://127.0.0.1:1","secret":"a\r\nX: y"})"),
        400U);
    EXPECT_TRUE(updates_.empty());
}

TEST_F(AdminApiTest, NeverShowsASecret) {
    EXPECT_EQ(status("POST", "/api/routes/a",
                     R"({"target":"http://127.0.0.1:1","secret":"hush","auth":{"login":"/l"}})"),
              201U);
    EXPECT_EQ(call("GET", "/api/routes").body.find("hush"), std::string::npos);
    EXPECT_EQ(call("GET", "/api/routes/a").body.find("hush"), std::string::npos);
    EXPECT_EQ(std::get<RoutePointer>(updates_.at(0))->secret, "hush");
    EXPECT_EQ(std::get<RoutePointer>(updates_.at(0))->login, "/l");
}

TEST_F(AdminApiTest, ListsRoutesThatWereInactiveSince) {
    EXPECT_EQ(status("POST", "/api/routes/old", R"({"target":"http://127.0.0.1:1"})"), 201U);
    clock_.advance(Seconds(60));
    EXPECT_EQ(status("POST", "/api/routes/new", R"({"target":"http://127.0.0.1:1"})"), 201U);
    for (auto const* since : {"2027-01-15T08:00:30Z", "2027-01-15T08:00:30.000000",
                              "2027-01-15T09:00:30+01:00", "2027-01-15T09:00:30%2B01:00"}) {
        auto const routes =
            json::parse(call("GET", fmt::format("/api/routes?inactive_since={}", since)).body);
        EXPECT_EQ(routes.size(), 1U) << since;
        EXPECT_TRUE(routes.contains("/old"));
    }
    EXPECT_EQ(json::parse(call("GET", "/api/routes/?inactiveSince=2020").body).size(), 0U);
    auto const bad = call("GET", "/api/routes?inactiveSince=endoftheuniverse");
    EXPECT_EQ(bad.status, 400U);
    EXPECT_EQ(bad.body, "Invalid datestamp 'endoftheuniverse' must be ISO8601.");
}

TEST_F(AdminApiTest, AReplacedRouteKeepsItsActivityObject) {
    EXPECT_EQ(status("POST", "/api/routes/a", R"({"target":"http://127.0.0.1:1"})"), 201U);
    EXPECT_EQ(status("POST", "/api/routes/a", R"({"target":"http://127.0.0.1:2"})"), 201U);
    EXPECT_EQ(std::get<RoutePointer>(updates_.at(0))->activity,
              std::get<RoutePointer>(updates_.at(1))->activity);
}

TEST_F(AdminApiTest, TheDefaultTargetIsARouteLikeAnyOther) {
    options_.default_target = *Target::parse("http://127.0.0.1:9");
    EXPECT_THAT(call("GET", "/api/routes").body, HasSubstr("http://127.0.0.1:9"));
    EXPECT_TRUE(std::get<RoutePointer>(updates_.at(0))->trusted);
}

TEST_F(AdminApiTest, TakesAndListsRevocations) {
    EXPECT_EQ(status("POST", "/api/revocations", R"({"session":"s","until":1900000000})"), 201U);
    EXPECT_EQ(status("POST", "/api/revocations", R"({"route":"/a","user":"u","until":1900000000})"),
              201U);
    EXPECT_EQ(std::get<Revocation>(updates_.at(1)).issued_until, 1'800'000'000'000);
    for (auto const* body : {"{}", R"({"session":"s"})", R"({"until":1})",
                             R"({"session":"s","route":"/a","user":"u","until":1})"})
        EXPECT_EQ(status("POST", "/api/revocations", body), 400U) << body;
    auto const listed = json::parse(call("GET", "/api/revocations").body);
    EXPECT_EQ(listed["items"].size(), 2U);
    EXPECT_EQ(listed["items"][0]["until"], 1900000000);
    EXPECT_FALSE(listed["items"][0].contains("issued_until")) << "ended for good";
    clock_.set(Time(Seconds(1900000001)));
    EXPECT_EQ(json::parse(call("GET", "/api/revocations").body)["items"].size(), 0U);
    EXPECT_EQ(call("POST", "/api/revocations", "{}", "").status, 403U);
    EXPECT_EQ(status("DELETE", "/api/revocations"), 405U);
}

}  // namespace
}  // namespace carrel::proxy
