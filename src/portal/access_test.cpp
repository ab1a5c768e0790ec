/// Who gets past the door, for every call there is.

#include "portal/test_portal.hpp"

namespace carrel {
namespace {

/// Written out once more, so that a call that becomes public by mistake is noticed.
std::set<std::string> const public_calls{
    "POST /api/v1/session",
    "GET /api/v1/session/factor",
    "POST /api/v1/session/factor",
    "POST /api/v1/session/key-challenge",
    "POST /api/v1/password-reset",
    "POST /api/v1/password-reset/password",
    "POST /api/v1/email-confirmation",
    "GET /api/v1/options",
    "GET /api/v1/invitations/{code}",
    "POST /api/v1/invitations/{code}/signup",
    "GET /api/v1/openapi.json",
    "GET /healthz",
    "GET /readyz",
    "GET /login/{login}",
    "GET /login/{login}/callback",
    "GET /metrics",
};

class AccessTest : public ::testing::Test {
protected:
    AccessTest() {
        portal_.add_user("root", true, true);
        root_ = portal_.log_in("root");
    }
    /// Every call that needs a login, with something in the place of its parameters.
    std::vector<http::Route> guarded() const {
        std::vector<http::Route> routes;
        for (auto const& route : portal_.routes())
            if (!public_calls.contains(route.method + " " + route.pattern)) routes.push_back(route);
        return routes;
    }
    static std::string below_root(std::string pattern) {
        for (auto start = pattern.find('{'); start != std::string::npos; start = pattern.find('{'))
            pattern.replace(start, pattern.find('}') - start + 1, "something");
        return pattern.substr(std::string("/api/v1").size());
    }
    static std::vector<std::string> scopes_but(std::string const& left_out) {
        std::vector<std::string> scopes;
        for (auto const scope : all_scopes())
            if (name_of(scope) != left_out) scopes.emplace_back(name_of(scope));
        return scopes;
    }

    TestPortal portal_;
    Caller root_;
};

TEST_F(AccessTest, NobodyGetsPastTheDoor) {
    ASSERT_GT(guarded().size(), 30U);
    for (auto const& route : guarded()) {
        auto const answer = portal_.call({}, route.method, below_root(route.pattern));
        EXPECT_EQ(answer.status, 401U) << route.method << ' ' << route.pattern;
    }
}

TEST_F(AccessTest, ATokenWithoutScopesGetsNowhere) {
    auto const caller = portal_.with_token(root_, {});
    for (auto const& route : guarded()) {
        auto const answer = portal_.call(caller, route.method, below_root(route.pattern));
        EXPECT_EQ(answer.status, 403U) << route.method << ' ' << route.pattern;
    }
}

TEST_F(AccessTest, EveryScopeButTheRightOneIsNotEnough) {
    std::map<std::string, Caller> all_but;
    for (auto const scope : all_scopes()) {
        std::string const name(name_of(scope));
        all_but[name] = portal_.with_token(root_, scopes_but(name));
    }
    for (auto const& route : guarded()) {
        auto const& operation = portal_.document()["paths"][route.pattern][to_lower(route.method)];
        auto const scope = operation["security"][0]["token"][0].get<std::string>();
        auto const answer =
            portal_.call(all_but.at(scope), route.method, below_root(route.pattern));
        EXPECT_EQ(answer.problem(), "403 this token lacks the scope " + scope)
            << route.method << ' ' << route.pattern;
    }
}

TEST_F(AccessTest, ACookieWithoutItsCsrfTokenChangesNothing) {
    Caller const forged{.cookie = root_.cookie};
    for (auto const& route : guarded()) {
        if (route.method == "GET") continue;
        auto const answer = portal_.call(forged, route.method, below_root(route.pattern));
        EXPECT_EQ(answer.status, 403U) << route.method << ' ' << route.pattern;
        EXPECT_EQ(answer.body["type"], "urn:carrel:problem:csrf");
    }
}

TEST_F(AccessTest, AnotherSiteChangesNothing) {
    for (auto const& route : portal_.routes()) {
        if (route.method == "GET") continue;
        auto request =
            portal_.request(route.method, "/api/v1" + below_root(route.pattern), "{}", root_);
        request.headers.set("Origin", "https://evil.example");
        EXPECT_EQ(portal_.send(request).status, 403U) << route.method << ' ' << route.pattern;
    }
}

TEST_F(AccessTest, ADisabledUserGetsNowhere) {
    auto const token = portal_.with_token(root_, scopes_but(""));
    portal_.store().change_user("root", [](User& user) { user.disabled = true; });
    for (auto const& caller : {root_, token})
        for (auto const& route : guarded())
            EXPECT_EQ(portal_.call(caller, route.method, below_root(route.pattern)).status, 401U)
                << route.method << ' ' << route.pattern;
}

TEST_F(AccessTest, AParticipantIsNoAdministrator) {
    portal_.add_user("eve");
    auto const eve = portal_.log_in("eve");
    for (auto const* const path : {"/users", "/audit", "/overview"})
        EXPECT_EQ(portal_.call(eve, "GET", path).status, 403U) << path;
    EXPECT_EQ(portal_.call(eve, "POST", "/users", {}).status, 403U);
    EXPECT_EQ(portal_.call(eve, "PATCH", "/users/eve", {{"roles", {"administrator"}}}).status,
              403U);
    EXPECT_EQ(portal_.call(eve, "POST", "/courses", portal_.course()).status, 403U);
}

TEST_F(AccessTest, PathTricksLeadNowhere) {
    for (auto const* const path :
         {"/api/v1/courses/../users", "/api/v1/courses/%2e%2e/users", "/api/v1//users",
          "/api/v1/users/", "/api/v1/users;x=1", "/api/v1/users%2f", "/API/v1/users"}) {
        auto const response = portal_.send(portal_.request("GET", path, "", root_));
        EXPECT_EQ(response.status, 404U) << path;
    }
}

}  // namespace
}  // namespace carrel
