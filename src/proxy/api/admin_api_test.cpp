#include "proxy/api/admin_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::proxy {
namespace {

using json = Json;
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
    /// An answer with its whole body, as a client sees it in the end.
    SideAnswer call(std::string const& method, std::string const& target,
                    std::string const& body = {},
                    std::string const& authorization = "token secret") {
        SideRequest request{.method = method,
                            .target = target,
                            .path = std::string_view(target).substr(0, target.find('?')),
                            .host = "a",
                            .accept = "",
                            .authorization = authorization,
                            .body = body};
        auto answer = api().handle(request);
        while (answer.job)
            if (auto done = answer.job->step()) answer = *std::move(done);
        while (answer.feed)
            if (answer.feed->next(answer.body) != Feed::State::More) answer.feed.reset();
        return answer;
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
    EXPECT_EQ(all["/a/b"]["last_activity"], "2027-01-15T08:00:00.000Z");
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
    for (auto const* origin : {R"("ada.test")", R"("ftp://ada.test")", R"("https://")", "7",
                               R"("")", R"("https://ada.test/x")", R"("https://a\r\nX: y")",
                               R"("https://a@b")", R"("https://ADA.test")"})
        EXPECT_EQ(status("POST", "/api/routes/a",
                         fmt::format(R"({{"target":"http://127.0.0.1:1","origin":{}}})", origin)),
                  400U)
            << origin;
    EXPECT_TRUE(updates_.empty());
}

TEST_F(AdminApiTest, TakesARouteWhosePathIsLeftOut) {
    EXPECT_EQ(
        status("POST", "/api/routes/a", R"({"target":"http://127.0.0.1:1","strip_path":"yes"})"),
        400U);
    EXPECT_EQ(
        status("POST", "/api/routes/a", R"({"target":"http://127.0.0.1:1","strip_path":true})"),
        201U);
    EXPECT_TRUE(std::get<RoutePointer>(updates_.at(0))->strip_path);
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

TEST_F(AdminApiTest, RefusesNumbersThatAreNone) {
    for (std::string const number : {"1e999", "18222e40522", "-1e400"}) {
        auto const route = R"({"target":"http://127.0.0.1:1","x":)" + number + "}";
        EXPECT_EQ(status("POST", "/api/routes/a", route), 400U) << number;
        EXPECT_EQ(status("POST", "/api/revocations", R"({"session":"s","until":)" + number + "}"),
                  400U)
            << number;
    }
    EXPECT_EQ(status("POST", "/api/revocations", R"({"session":"s","until":1e300})"), 400U);
    // For ever.
    EXPECT_EQ(status("POST", "/api/revocations", R"({"session":"s","until":9223372036854775807})"),
              201U);
    EXPECT_EQ(std::get<Revocation>(updates_.at(0)).until, 253'402'300'799'000);
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

TEST_F(AdminApiTest, KeepsTheOrderOfWhatWasPosted) {
    EXPECT_EQ(
        status("POST", "/api/routes/z",
               R"({"user":"ü","target":"http://127.0.0.1:1","last_activity":"never","a":[1]})"),
        201U);
    EXPECT_EQ(
        call("GET", "/api/routes").body,
        R"({"/z":{"user":"ü","target":"http://127.0.0.1:1","a":[1],"last_activity":"2027-01-15T08:00:00.000Z"}})");
}

TEST_F(AdminApiTest, AddsTheHostWhereHostsAreRouted) {
    options_.host_routing = true;
    EXPECT_EQ(status("POST", "/api/routes/a.b/c", R"({"target":"http://127.0.0.1:1"})"), 201U);
    EXPECT_EQ(json::parse(call("GET", "/api/routes").body)["/a.b/c"]["host"], "a.b");
}

TEST_F(AdminApiTest, APatchMergesAndKeepsTheSecret) {
    EXPECT_EQ(status("PATCH", "/api/routes/a", R"({"x":1})"), 404U);
    EXPECT_EQ(status("POST", "/api/routes/a",
                     R"({"target":"http://127.0.0.1:1","secret":"hush","x":1,"y":2})"),
              201U);
    auto const patched =
        call("PATCH", "/api/routes/a", R"({"target":"http://127.0.0.1:2","x":null})");
    EXPECT_EQ(patched.status, 200U);
    EXPECT_EQ(json::parse(patched.body)["y"], 2);
    EXPECT_FALSE(json::parse(patched.body).contains("x"));
    auto const& route = std::get<RoutePointer>(updates_.back());
    EXPECT_EQ(route->secret, "hush");
    EXPECT_EQ(route->target->url, "http://127.0.0.1:2");
    EXPECT_EQ(status("PATCH", "/api/routes/a", R"({"target":null})"), 400U);
    EXPECT_EQ(status("PATCH", "/api/routes/a", "[]"), 400U);
}

TEST_F(AdminApiTest, ChangesManyRoutesInOneCall) {
    auto const array = call("POST", "/api/routes?bulk", R"([
        {"put": "/a", "data": {"target": "http://127.0.0.1:1", "t": "}\"]"}},
        {"put": "/b/", "data": {"target": "http://127.0.0.1:2"}},
        {"patch": "/b", "data": {"x": 1}},
        {"delete": "/a"}, {"delete": "/none"}])");
    EXPECT_EQ(array.status, 200U) << array.body;
    EXPECT_EQ(array.body, R"({"put":3,"deleted":1})");
    EXPECT_EQ(status("GET", "/api/routes/a"), 404U);
    EXPECT_EQ(json::parse(call("GET", "/api/routes/b").body)["x"], 1);
    std::string lines;
    for (int i = 0; i < 1000; ++i)
        lines += fmt::format(
            "{{\"put\":\"/n/{}\",\"data\":{{\"target\":\"http://127.0.0.1:1\"}}}}\n", i);
    EXPECT_EQ(call("POST", "/api/routes?bulk", lines).body, R"({"put":1000,"deleted":0})");
    EXPECT_EQ(json::parse(call("GET", "/api/routes").body).size(), 1001U);
    EXPECT_EQ(call("POST", "/api/routes?bulk", "").body, R"({"put":0,"deleted":0})");
}

TEST_F(AdminApiTest, OneMistakeInABulkChangeAndNothingIsChanged) {
    std::string const good = R"({"put":"/a","data":{"target":"http://127.0.0.1:1"}})";
    for (auto const& bad :
         {R"({"put":"/b","data":{"target":1}})", R"({"put":"/b"})", R"({"put":1})", R"({"x":1})",
          R"({"put":"/a/../b","data":{"target":"http://127.0.0.1:1"}})",
          R"({"patch":"/b","data":{}})", R"({"delete":"/b")", "nonsense", "[]",
          R"({"put":"/b","data":{}} ])"}) {
        EXPECT_EQ(status("POST", "/api/routes?bulk", good + "\n" + bad), 400U) << bad;
        EXPECT_EQ(status("POST", "/api/routes?bulk", "[" + good + "," + bad + "]"), 400U) << bad;
    }
    EXPECT_EQ(status("POST", "/api/routes?bulk", "[" + good), 400U);
    EXPECT_EQ(status("POST", "/api/routes?bulk", "[" + good + "] x"), 400U);
    EXPECT_EQ(status("POST", "/api/routes?bulk", "[" + good + " " + good + "]"), 400U);
    EXPECT_TRUE(updates_.empty());
}

TEST_F(AdminApiTest, AWatcherHearsAllRoutesAndThenTheirChanges) {
    EXPECT_EQ(status("POST", "/api/routes/a", R"({"target":"http://127.0.0.1:1"})"), 201U);
    SideRequest request{.method = "GET",
                        .target = "/api/routes?watch",
                        .path = "/api/routes",
                        .host = "a",
                        .accept = "",
                        .authorization = "token secret",
                        .body = ""};
    auto const answer = api().handle(request);
    ASSERT_TRUE(answer.feed);
    int wakes = 0;
    answer.feed->wake = [&] { ++wakes; };
    std::string out;
    EXPECT_EQ(answer.feed->next(out), Feed::State::More);
    EXPECT_THAT(out, testing::StartsWith(R"({"put":"/a","data":{"target":"http://127.0.0.1:1",)"));
    EXPECT_THAT(out, testing::EndsWith("{\"synced\":true}\n"));
    out.clear();
    EXPECT_EQ(answer.feed->next(out), Feed::State::Waiting);
    EXPECT_EQ(out, "");
    EXPECT_EQ(status("POST", "/api/routes/b", R"({"target":"http://127.0.0.1:2"})"), 201U);
    EXPECT_EQ(status("DELETE", "/api/routes/a"), 204U);
    EXPECT_EQ(wakes, 2);
    EXPECT_EQ(answer.feed->next(out), Feed::State::Waiting);
    EXPECT_THAT(out, HasSubstr(R"({"put":"/b","data":{"target":"http://127.0.0.1:2",)"));
    EXPECT_THAT(out, testing::EndsWith("{\"delete\":\"/a\"}\n"));
}

TEST(DateText, ReadsWhatJavaScriptReads) {
    setenv("TZ", "UTC", 1);
    tzset();
    for (auto const* text :
         {"2026-11-21T08:30:00Z", "2026-11-21T08:30:00.000000Z", "2026-11-21T09:30+01:00",
          "2026-11-21T09:30:00+0100", "2026-11-21T09:30:00 01:00", "2026-11-21T08:30",
          "2026-11-21 08:30:00", "Sat, 21 Nov 2026 08:30:00 GMT", "Nov 21, 2026 08:30",
          "21 November 2026 08:30 UTC", "11/21/2026 08:30", "2026/11/21 08:30",
          "Sat Nov 21 2026 09:30:00 GMT+0100"})
        EXPECT_EQ(parse_date(text), 1795249800000) << text;
    EXPECT_EQ(parse_date("2026"), 1767225600000);
    EXPECT_EQ(parse_date("2026-11"), 1793491200000);
    for (auto const* text : {"", "soon", "2026-13-01", "2026-02-30", "2026-11-21T25:00Z", "11:30",
                             "2026-11-21T08", "2026-11-21T08:30:00+1:00", "1 2 3 4"})
        EXPECT_EQ(parse_date(text), std::nullopt) << text;
}

}  // namespace
}  // namespace carrel::proxy
