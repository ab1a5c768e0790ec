#include "hub/jupyterhub/rest_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GroupTest : public RestTest {
protected:
    /// A group with these members, made by gov.
    void make_group(std::string const& name, std::vector<std::string> const& users = {}) {
        auto const answer = call("gov", "POST", "/groups/" + name, json{{"users", users}}.dump());
        ASSERT_EQ(answer.status, 201U) << answer.body;
    }
    json ask(std::string const& who, std::string const& path) {
        auto const answer = call(who, "GET", path);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return json::parse(answer.body);
    }
    unsigned status(std::string const& who, std::string const& method, std::string const& path,
                    std::string const& body = {}) {
        return call(who, method, path, body).status;
    }
    static std::vector<std::string> names_in(json const& models) {
        std::vector<std::string> names;
        for (auto const& each : models) names.push_back(each["name"]);
        return names;
    }
    rbac::RoleGrant grant(std::string const& name, std::vector<std::string> const& scopes) {
        return {.role = {.name = name, .description = "", .scopes = scopes}};
    }
};

TEST_F(GroupTest, AGroupIsMadeShownChangedAndDeleted) {
    auto const made = call("gov", "POST", "/groups/tutors",
                           R"({"users":["bob","ada"],"properties":{"room":"1"}})");
    EXPECT_EQ(made.status, 201U) << made.body;
    json const expected{{"kind", "group"},
                        {"name", "tutors"},
                        {"roles", json::array()},
                        {"users", {"ada", "bob"}},
                        {"properties", {{"room", "1"}}}};
    EXPECT_EQ(json::parse(made.body), expected);
    EXPECT_EQ(ask("gov", "/groups/tutors"), expected);
    EXPECT_EQ(
        json::parse(
            call("gov", "DELETE", "/groups/tutors/users", R"({"users":["bob"]})").body)["users"],
        json{"ada"});
    EXPECT_EQ(
        json::parse(
            call("gov", "PUT", "/groups/tutors/properties", R"({"a":[1]})").body)["properties"],
        (json{{"a", {1}}}));
    EXPECT_EQ(status("gov", "DELETE", "/groups/tutors"), 204U);
    EXPECT_EQ(status("gov", "GET", "/groups/tutors"), 404U);
    EXPECT_EQ(status("gov", "DELETE", "/groups/tutors"), 404U);
    EXPECT_THAT(happened(),
                ElementsAre("group_created", "group_changed", "group_changed", "group_deleted"));
}

TEST_F(GroupTest, SeveralAreMadeAtOnceOrNone) {
    EXPECT_EQ(status("gov", "POST", "/groups", R"({"groups":["a","b"],"users":["ada"]})"), 201U);
    EXPECT_EQ(ask("gov", "/groups/b")["users"], json{"ada"});
    EXPECT_EQ(status("gov", "POST", "/groups", R"({"groups":["c","a"]})"), 409U);
    EXPECT_THAT(names_in(ask("gov", "/groups")), ElementsAre("a", "b"));
    EXPECT_EQ(status("gov", "POST", "/groups/a"), 409U);
}

TEST_F(GroupTest, WhatIsWrongIsRefused) {
    make_group("a");
    for (auto const* body : {"[]", "{", R"({"users":"ada"})", R"({"users":[1]})",
                             R"({"users":["nobody"]})", R"({"users":["eve"]})", "{}"})
        EXPECT_EQ(status("gov", "POST", "/groups/a/users", body), 400U) << body;
    for (auto const* body :
         {"{}", R"({"groups":[]})", R"({"groups":["a b"]})", R"({"groups":[""]})",
          R"({"groups":["x!y"]})", R"({"groups":["b"],"users":["nobody"]})"})
        EXPECT_EQ(status("gov", "POST", "/groups", body), 400U) << body;
    for (auto const* body : {"[]", "1", "{"})
        EXPECT_EQ(status("gov", "PUT", "/groups/a/properties", body), 400U) << body;
    // Otherwise who may make groups could give themselves any role.
    EXPECT_EQ(status("gov", "POST", "/groups/b", R"({"roles":["admin"]})"), 400U);
    EXPECT_EQ(status("gov", "GET", "/groups/b"), 404U);
    EXPECT_THAT(names_in(ask("gov", "/groups")), ElementsAre("a"));
}

TEST_F(GroupTest, LeadersSeeGroupsAndParticipantsDoNot) {
    make_group("a", {"ada"});
    EXPECT_THAT(names_in(ask("lea", "/groups")), ElementsAre("a"));
    EXPECT_EQ(status("lea", "POST", "/groups/b"), 403U);
    EXPECT_EQ(status("lea", "DELETE", "/groups/a"), 403U);
    EXPECT_EQ(status("ada", "GET", "/groups"), 403U);
    EXPECT_EQ(status("ada", "GET", "/groups/a"), 403U);
    EXPECT_EQ(status("eve", "GET", "/groups"), 403U);
}

TEST_F(GroupTest, AFilteredScopeReachesItsGroupAlone) {
    make_group("a", {"ada"});
    make_group("b", {"bob"});
    auto const token = scoped("gov", {"list:groups!group=a", "groups!group=a",
                                      "read:users:name!group=a", "list:users!group=a"});
    EXPECT_THAT(names_in(ask(token, "/groups")), ElementsAre("a"));
    EXPECT_EQ(status(token, "GET", "/groups/a"), 200U);
    EXPECT_EQ(status(token, "GET", "/groups/b"), 404U);
    EXPECT_EQ(status(token, "POST", "/groups/b/users", R"({"users":["ada"]})"), 404U);
    EXPECT_EQ(status(token, "DELETE", "/groups/a"), 403U);
    // And its users alone.
    EXPECT_EQ(status(token, "GET", "/users/ada"), 200U);
    EXPECT_EQ(status(token, "GET", "/users/bob"), 404U);
    EXPECT_THAT(names(token, ""), ElementsAre("ada"));
    EXPECT_EQ(status("gov", "POST", "/groups/a/users", R"({"users":["bob"]})"), 200U);
    EXPECT_EQ(status(token, "GET", "/users/bob"), 200U);
}

TEST_F(GroupTest, MembersInheritWhatTheConfigurationGivesTheirGroup) {
    auto role = grant("grader", {"list:users", "custom:grades:write", "admin:groups!group=tutors"});
    role.groups = {"tutors"};
    auto const custom = rbac::CustomScopes::create(
        {{.name = "custom:grades:write", .description = "writes grades", .subscopes = {}}});
    roles_ = rbac::RoleBook::create({role}, custom.value()).value();
    EXPECT_EQ(status("ada", "GET", "/users"), 403U);
    make_group("tutors", {"ada"});
    EXPECT_EQ(status("ada", "GET", "/users"), 200U);
    EXPECT_EQ(status("bob", "GET", "/users"), 403U);
    EXPECT_EQ(ask("ada", "/groups/tutors")["roles"], json{"grader"});
    auto const me = ask("ada", "/user");
    EXPECT_THAT(me["scopes"], Contains("custom:grades:write"));
    // A role of the group is not their own.
    EXPECT_THAT(me["groups"], ElementsAre("tutors"));
    EXPECT_EQ(status("gov", "DELETE", "/groups/tutors/users", R"({"users":["ada"]})"), 200U);
    EXPECT_EQ(status("ada", "GET", "/users"), 403U);
}

TEST_F(GroupTest, ARoleIsNothingToWhoHasLeftTheCourse) {
    auto role = grant("grader", {"list:users"});
    role.groups = {"tutors"};
    role.users = {"ada", "eve"};
    roles_ = rbac::RoleBook::create({role}).value();
    make_group("tutors", {"ada"});
    EXPECT_EQ(status("ada", "GET", "/users"), 200U);
    EXPECT_EQ(status("eve", "GET", "/users"), 403U);
    auto const token = make("ada", "ada")["token"].get<std::string>();
    admit(ada_, ApplicationState::Rejected);
    EXPECT_EQ(status("ada", "GET", "/users"), 403U);
    EXPECT_EQ(status(token, "GET", "/users"), 403U);
}

TEST_F(GroupTest, ATokenForAGroupIsNoMoreThanItsOwners) {
    make_group("a", {"ada"});
    // ada may not even see the group; a filter by it gives her nothing that she has not got.
    EXPECT_EQ(status("ada", "POST", "/users/ada/tokens", R"({"scopes":["servers!group=a"]})"),
              400U);
    auto role = grant("helper", {"servers!group=a", "read:users!group=a", "tokens!user"});
    role.users = {"bob"};
    roles_ = rbac::RoleBook::create({role}).value();
    // Of a member of the group: it is within.
    EXPECT_EQ(status("bob", "POST", "/users/bob/tokens", R"({"scopes":["servers!user=ada"]})"),
              201U);
    EXPECT_EQ(status("bob", "POST", "/users/bob/tokens", R"({"scopes":["servers!user=lea"]})"),
              400U);
}

TEST_F(GroupTest, UsersAreShownWithTheirGroups) {
    make_group("b", {"ada"});
    make_group("a", {"ada", "bob"});
    EXPECT_THAT(ask("gov", "/users/ada")["groups"], ElementsAre("a", "b"));
    auto const listed = ask("gov", "/users?sort=name");
    EXPECT_THAT(listed[0]["groups"], ElementsAre("a", "b"));
    EXPECT_THAT(listed[1]["groups"], ElementsAre("a"));
    EXPECT_THAT(listed[2]["groups"], IsEmpty());
}

TEST_F(GroupTest, TheyComeInPages) {
    for (auto const* name : {"a", "b", "c"}) make_group(name);
    auto const page = json::parse(
        call("gov", "GET", "/groups?limit=2", {}, "application/jupyterhub-pagination+json").body);
    EXPECT_THAT(names_in(page["items"]), ElementsAre("a", "b"));
    EXPECT_EQ(page["_pagination"]["total"], 3);
    EXPECT_THAT(page["_pagination"]["next"]["url"].get<std::string>(), HasSubstr("offset=2"));
    EXPECT_THAT(names_in(ask("gov", "/groups?offset=2")), ElementsAre("c"));
}

}  // namespace carrel::jupyterhub
