#include "hub/jupyterhub/rest_fixture.hpp"

#include "auth/logins.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class MemberTest : public RestTest {
protected:
    MemberTest() {
        course_.request.expected_participants = 10;
        EXPECT_TRUE(store_->write([&](Transaction& t) { return t.courses().update(course_); }));
    }

    unsigned status(std::string const& who, std::string const& method, std::string const& path,
                    std::string const& body = {}) {
        return call(who, method, path, body).status;
    }
    User account(std::string const& name) {
        return store_->read([&](Transaction& t) { return t.users().find_by_name(name); }).value();
    }
    bool has_account(std::string const& name) {
        return store_->read([&](Transaction& t) { return t.users().find_by_name(name); })
            .has_value();
    }
    void give(std::string const& user, std::vector<std::string> const& scopes) {
        rbac::RoleGrant grant{.role = {.name = "given", .description = "", .scopes = scopes}};
        grant.users = {user};
        roles_ = rbac::RoleBook::create({grant}).value();
    }
    /// A cookie of somebody who has logged in, as a browser sends it.
    http::Response by_cookie(User const& user, std::string const& method, std::string const& path,
                             std::string const& body) {
        http::Response begun;
        auto const identity = gate_.begin_session(user, {}, begun).value();
        auto const cookie = std::string(begun.headers.get("Set-Cookie"));
        http::Request request{.method = method,
                              .target = "/c/bio/hub/api" + path,
                              .headers = {{"Cookie", cookie.substr(0, cookie.find(';'))},
                                          {"X-CSRF-Token", identity.csrf_token}},
                              .body = body};
        request.path = request.target;
        auto answer = [](http::Router& router, http::Request asked) -> Task<http::Response> {
            co_return co_await router.handle(asked);
        };
        return await(answer(router_, std::move(request))).value();
    }
};

TEST_F(MemberTest, AUserWhoIsMadeIsAParticipantWithAnAccountThatNobodyCanLogInTo) {
    auto const made = call("gov", "POST", "/users/cyd");
    EXPECT_EQ(made.status, 201U) << made.body;
    EXPECT_EQ(json::parse(made.body)["name"], "cyd");
    EXPECT_THAT(json::parse(made.body)["roles"], ElementsAre("user"));
    EXPECT_TRUE(account("cyd").password_hash.empty());
    EXPECT_THAT(names("gov", "?name_filter=cyd"), ElementsAre("cyd"));
    EXPECT_EQ(status("gov", "POST", "/users/cyd"), 409U);
    EXPECT_THAT(happened(), ElementsAre("user_created", "application_accepted"));
}

TEST_F(MemberTest, SomebodyWithAnAccountIsTakenInAndTheAccountIsLeftAlone) {
    EXPECT_EQ(status("eve", "GET", "/user"), 403U);
    EXPECT_EQ(status("gov", "POST", "/users/eve"), 201U);
    EXPECT_EQ(status("eve", "GET", "/user"), 200U);
    EXPECT_EQ(account("eve").id, UserId("id-eve"));
    EXPECT_THAT(happened(), ElementsAre("application_accepted"));
}

TEST_F(MemberTest, SeveralAreMadeAtOnceAndThoseWhoAreThereArePassedOver) {
    auto const made = call("gov", "POST", "/users", R"({"usernames":["ada","cyd","dan"]})");
    EXPECT_EQ(made.status, 201U) << made.body;
    EXPECT_EQ(json::parse(made.body).size(), 2U);
    EXPECT_EQ(status("gov", "POST", "/users", R"({"usernames":["ada","cyd"]})"), 409U);
    for (auto const* body :
         {"{}", R"({"usernames":[]})", R"({"usernames":["x y"]})", R"({"usernames":"fay"})",
          R"({"usernames":["fay","Fay"]})", "[", R"({"usernames":["fay"],"admin":"yes"})"})
        EXPECT_EQ(status("gov", "POST", "/users", body), 400U) << body;
    EXPECT_FALSE(has_account("fay"));
}

TEST_F(MemberTest, TheCourseIsNotMadeFullerThanItWasAskedFor) {
    course_.request.expected_participants = 3;
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.courses().update(course_); }));
    EXPECT_EQ(status("gov", "POST", "/users/cyd"), 201U);
    EXPECT_EQ(status("gov", "POST", "/users/dan"), 409U);
    EXPECT_FALSE(has_account("dan"));
    set_state(CourseState::Degraded);
    EXPECT_EQ(status("gov", "POST", "/users/eve"), 409U);
}

TEST_F(MemberTest, ScopesDecideWhoMakesUsers) {
    EXPECT_EQ(status("lea", "POST", "/users/cyd"), 403U);
    EXPECT_EQ(status("ada", "POST", "/users/cyd"), 403U);
    give("lea", {"admin:users"});
    EXPECT_EQ(status("lea", "POST", "/users/cyd"), 201U);
    // A name that speaks for the platform is given by administrators alone.
    EXPECT_EQ(status("lea", "POST", "/users/support"), 400U);
    EXPECT_EQ(status("gov", "POST", "/users/support"), 201U);
    give("lea", {"admin:users!user=dan"});
    EXPECT_EQ(status("lea", "POST", "/users/fay"), 404U);
    EXPECT_EQ(status("lea", "POST", "/users", R"({"usernames":["dan"]})"), 403U);
    EXPECT_EQ(status("lea", "POST", "/users/dan"), 201U);
}

TEST_F(MemberTest, OnlyAnAdministratorWhoIsLoggedInMakesAnother) {
    auto const admin = R"({"admin":true})";
    give("lea", {"admin:users"});
    EXPECT_EQ(status("lea", "PATCH", "/users/ada", admin), 403U);
    EXPECT_EQ(status("lea", "POST", "/users/cyd", admin), 403U);
    EXPECT_FALSE(has_account("cyd"));
    // What the hub gave out is of this hub alone, even when an administrator holds it.
    auto const token = make("gov", "gov")["token"].get<std::string>();
    EXPECT_EQ(status(token, "PATCH", "/users/ada", admin), 403U);
    EXPECT_EQ(status(token, "PATCH", "/users/ada", R"({"admin":false})"), 200U);
    EXPECT_FALSE(account("ada").administrator);

    auto const changed = call("gov", "PATCH", "/users/ada", admin);
    EXPECT_EQ(changed.status, 200U) << changed.body;
    EXPECT_EQ(json::parse(changed.body)["admin"], true);
    EXPECT_TRUE(account("ada").administrator);
    EXPECT_EQ(status("gov", "PATCH", "/users/gov", R"({"admin":false})"), 400U);
    EXPECT_EQ(by_cookie(account("ada"), "PATCH", "/users/gov", R"({"admin":false})").status, 200U);
    EXPECT_FALSE(account("gov").administrator);
    EXPECT_EQ(status("gov", "PATCH", "/users/ada", R"({"admin":false})"), 403U);
    EXPECT_THAT(happened(), Contains("user_changed").Times(2));
}

TEST_F(MemberTest, NamesStayAndWhatIsNotKnownIsRefused) {
    EXPECT_EQ(status("gov", "PATCH", "/users/ada", R"({"name":"ada"})"), 200U);
    EXPECT_THAT(call("gov", "PATCH", "/users/ada", R"({"name":"bob"})").body,
                HasSubstr("must be unique"));
    for (auto const* body : {R"({"name":"bob"})", R"({"name":"zoe"})", R"({"admin":1})",
                             R"({"auth_state":{"a":1}})", R"({"roles":["admin"]})", "[]", "{"})
        EXPECT_EQ(status("gov", "PATCH", "/users/ada", body), 400U) << body;
    EXPECT_EQ(status("gov", "PATCH", "/users/nobody", "{}"), 404U);
    EXPECT_EQ(status("gov", "PATCH", "/users/eve", "{}"), 404U);
    EXPECT_EQ(status("ada", "PATCH", "/users/ada", "{}"), 403U);
}

TEST_F(MemberTest, WhoIsDeletedHasNoServerNoTokensAndNoGroupsLeft) {
    auto const server = await(servers_.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    auto const token = make("ada", "ada")["token"].get<std::string>();
    EXPECT_EQ(status("gov", "POST", "/groups/tutors", R"({"users":["ada"]})"), 201U);

    EXPECT_EQ(status("gov", "DELETE", "/users/ada"), 204U);
    EXPECT_EQ(server->record.state, ServerState::Stopped);
    EXPECT_EQ(status("ada", "GET", "/user"), 403U);
    EXPECT_EQ(status("gov", "GET", "/users/ada"), 404U);
    EXPECT_EQ(status("gov", "DELETE", "/users/ada"), 404U);
    EXPECT_TRUE(has_account("ada"));
    EXPECT_THAT(happened(), Contains("participant_removed"));
    // Whoever comes back does not find old rights waiting.
    EXPECT_EQ(status("gov", "POST", "/users/ada"), 201U);
    EXPECT_EQ(status(token, "GET", "/user"), 403U);
    EXPECT_EQ(json::parse(call("gov", "GET", "/users/ada").body)["groups"], json::array());
}

TEST_F(MemberTest, NobodyIsDeletedWhoseRightIsNotThisHubs) {
    EXPECT_EQ(status("gov", "DELETE", "/users/lea"), 400U);
    EXPECT_EQ(status("gov", "DELETE", "/users/gov"), 400U);
    EXPECT_EQ(status("lea", "DELETE", "/users/ada"), 403U);
    EXPECT_EQ(status("ada", "DELETE", "/users/ada"), 403U);
    give("ada", {"delete:users"});
    EXPECT_EQ(status("ada", "DELETE", "/users/ada"), 400U);
    EXPECT_EQ(status("ada", "DELETE", "/users/gov"), 400U);
    give("lea", {"delete:users!user=ada"});
    EXPECT_EQ(status("lea", "DELETE", "/users/bob"), 404U);
    EXPECT_EQ(status("lea", "DELETE", "/users/ada"), 204U);
}

}  // namespace carrel::jupyterhub
