#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SessionCallsTest : public ::testing::Test {
protected:
    SessionCallsTest() { portal_.add_user("ada", false, true); }
    Answer log_in(std::string const& name, std::string const& password) {
        return portal_.call({}, "POST", "/session", {{"username", name}, {"password", password}});
    }
    TestPortal portal_;
};

TEST_F(SessionCallsTest, LogsInAndTellsWhoOneIs) {
    auto const answer = log_in("Ada", "correct horse of ada");
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.body["username"], "ada");
    EXPECT_EQ(answer.body["roles"], nlohmann::json({"leader"}));
    auto const me = portal_.call(TestPortal::caller_of(answer), "GET", "/me");
    EXPECT_EQ(me.body, answer.body);
    EXPECT_EQ(me.response.headers.get("cache-control"), "no-store");
}

TEST_F(SessionCallsTest, RefusesAWrongPasswordAndWritesItDown) {
    EXPECT_EQ(log_in("ada", "wrong").problem(), "401 the user name or the password is wrong");
    EXPECT_EQ(log_in("nobody", "wrong").problem(), "401 the user name or the password is wrong");
    auto const events = portal_.store().events();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].kind, "login_failed");
    EXPECT_EQ(events[1].subject, "ada");
    EXPECT_THAT(events[1].detail, HasSubstr("192.0.2.1"));
    // What was typed as a name may be a password.
    EXPECT_THAT(events[0].message + events[0].detail + events[0].subject, Not(HasSubstr("nobody")));
}

TEST_F(SessionCallsTest, AnotherSiteDoesNotEvenGuess) {
    auto request =
        portal_.request("POST", "/api/v1/session", R"({"username": "ada", "password": "wrong"})");
    request.headers.set("Origin", "https://evil.example");
    EXPECT_EQ(portal_.send(request).status, 403U);
    EXPECT_TRUE(portal_.store().events().empty());
}

TEST_F(SessionCallsTest, SlowsGuessingDown) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("ada", "wrong").status, 401U) << i;
    auto const answer = log_in("ada", "correct horse of ada");
    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.response.headers.get("retry-after"), "30");
    EXPECT_THAT(answer.problem(), HasSubstr("try again in"));
}

TEST_F(SessionCallsTest, LogsOut) {
    auto const ada = portal_.log_in("ada");
    auto const answer = portal_.call(ada, "DELETE", "/session");
    EXPECT_EQ(answer.status, 204U);
    EXPECT_THAT(std::string(answer.response.headers.get("set-cookie")), HasSubstr("Max-Age=0"));
    EXPECT_EQ(portal_.call(ada, "GET", "/me").status, 401U);
    ASSERT_EQ(portal_.store().outbox().size(), 1U);
    EXPECT_EQ(portal_.store().outbox()[0].kind, "revoke_login");
}

TEST_F(SessionCallsTest, HasNoSessionToEndForAToken) {
    auto const token = portal_.with_token(portal_.log_in("ada"), {"self"});
    EXPECT_EQ(portal_.call(token, "DELETE", "/session").status, 400U);
    EXPECT_EQ(portal_.call(token, "GET", "/me").body["csrf_token"], nullptr);
}

TEST_F(SessionCallsTest, TakesNothingButTheTwoFields) {
    auto const try_body = [&](std::string const& body) {
        return portal_.call_raw({}, "POST", "/session", body).problem();
    };
    EXPECT_EQ(try_body(R"({"username": "ada"})"), "400 password: password is missing");
    EXPECT_EQ(try_body(R"({"username": 7, "password": "x"})"),
              "400 username: username must be a string");
    EXPECT_EQ(try_body(R"({"username": "ada", "password": "x", "admin": true})"),
              "400 admin: there is no field 'admin' here");
    EXPECT_THAT(try_body(R"({"username": "ada", "username": "bob", "password": "x"})"),
                HasSubstr("occurs twice"));
    EXPECT_THAT(try_body(""), HasSubstr("it is empty"));
    EXPECT_THAT(try_body("[]"), HasSubstr("400"));
    EXPECT_THAT(try_body("{\"username\": \"a"), HasSubstr("it ends too early"));
    EXPECT_THAT(try_body(std::string(10'000, '[')), HasSubstr("nested deeper than 64"));
}

}  // namespace
}  // namespace carrel
