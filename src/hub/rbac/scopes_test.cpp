#include "hub/rbac/scopes.hpp"

#include "hub/rbac/roles.hpp"
#include "hub/rbac/scope_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::rbac {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Names = std::vector<std::string>;

Holder const ada{.user = "ada"};
Holder const ada_server{.user = "ada", .service = {}, .server = "ada/"};

/// ada and bob are in "bio", cleo is in "art".
bool in_group(std::string_view user, std::string_view group) {
    return (group == "bio" && (user == "ada" || user == "bob")) ||
           (group == "art" && user == "cleo");
}

ScopeSet expanded(Names const& written, Holder const& holder = ada) {
    auto set = ScopeSet::expand(written, holder);
    EXPECT_TRUE(set) << set.error().message;
    return set.value_or(ScopeSet());
}

Target user(std::string const& name) { return {.user = name}; }
Target server(std::string const& name, std::string const& server) {
    return {.user = name, .server = server};
}

}  // namespace

struct Expansion {
    Names written;
    Names expected;
};

class ScopeExpansion : public testing::TestWithParam<Expansion> {};

TEST_P(ScopeExpansion, GivesWhatItContains) {
    EXPECT_EQ(expanded(GetParam().written, ada_server).names(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ScopeExpansion,
    testing::Values(
        Expansion{{}, {}}, Expansion{{"proxy"}, {"proxy"}},
        Expansion{{"read:users"},
                  {"read:users", "read:users:activity", "read:users:groups", "read:users:name"}},
        Expansion{{"list:users"}, {"list:users", "read:users:name"}},
        Expansion{{"users"},
                  {"list:users", "read:users", "read:users:activity", "read:users:groups",
                   "read:users:name", "users", "users:activity"}},
        Expansion{{"admin:users"},
                  {"admin:auth_state", "admin:users", "delete:users", "list:users",
                   "read:roles:users", "read:users", "read:users:activity", "read:users:groups",
                   "read:users:name", "users", "users:activity"}},
        Expansion{{"admin:servers"},
                  {"admin:server_state", "admin:servers", "delete:servers", "read:servers",
                   "read:users:name", "servers", "start:servers"}},
        Expansion{{"tokens"}, {"read:tokens", "tokens"}},
        Expansion{{"admin:groups"},
                  {"admin:groups", "delete:groups", "groups", "list:groups", "read:groups",
                   "read:groups:name", "read:roles:groups"}},
        Expansion{{"admin:services"},
                  {"admin:services", "list:services", "read:roles:services", "read:services",
                   "read:services:name"}},
        Expansion{{"read:roles"},
                  {"read:roles", "read:roles:groups", "read:roles:services", "read:roles:users"}},
        Expansion{{"shares"},
                  {"access:servers", "groups:shares", "read:groups:shares", "read:shares",
                   "read:users:shares", "shares", "users:shares"}},
        // Filters go to every part, but a server has no users.
        Expansion{{"tokens!user=bob"}, {"read:tokens!user=bob", "tokens!user=bob"}},
        Expansion{{"servers!server=bob/gpu"},
                  {"delete:servers!server=bob/gpu", "read:servers!server=bob/gpu",
                   "servers!server=bob/gpu", "start:servers!server=bob/gpu"}},
        Expansion{{"read:users:name!group=bio"}, {"read:users:name!group=bio"}},
        Expansion{{"access:services!service=cull"}, {"access:services!service=cull"}},
        // Bare filters mean who holds them.
        Expansion{{"tokens!user"}, {"read:tokens!user=ada", "tokens!user=ada"}},
        Expansion{{"access:servers!server"}, {"access:servers!server=ada/"}},
        Expansion{{"access:services!service"}, {}},
        // Without a filter swallows with one, in whichever order.
        Expansion{{"tokens!user=bob", "tokens"}, {"read:tokens", "tokens"}},
        Expansion{{"proxy", "proxy"}, {"proxy"}},
        Expansion{{"tokens", "tokens!user=bob"}, {"read:tokens", "tokens"}},
        Expansion{{"read:tokens!user=bob", "read:tokens!user=ada"},
                  {"read:tokens!user=ada", "read:tokens!user=bob"}}));

TEST(ScopeExpansionOfSelf, IsAboutItsOwnerAlone) {
    EXPECT_THAT(expanded({"self"}).names(),
                UnorderedElementsAre(
                    "access:servers!user=ada", "delete:servers!user=ada", "read:servers!user=ada",
                    "read:shares!user=ada", "read:tokens!user=ada", "read:users!user=ada",
                    "read:users:activity!user=ada", "read:users:groups!user=ada",
                    "read:users:name!user=ada", "read:users:shares!user=ada", "servers!user=ada",
                    "start:servers!user=ada", "tokens!user=ada", "users:activity!user=ada",
                    "users:shares!user=ada"));
    EXPECT_TRUE(expanded({"self"}, Holder{.user = {}, .service = "cull"}).empty());
}

TEST(ScopeExpansionRefuses, WhatNobodyKnows) {
    for (auto const* written : {"", "nonsense", "read", "read:users:", "Read:users", "read:users!",
                                "read:users!user=", "read:users!nobody=x", "read:users!group",
                                "servers!server=ada", "self!user=bob", "custom:", "custom:A",
                                "custom:-a", "custom:a:", "custom:a b", "admin:users!role=x"}) {
        auto const refused = ScopeSet::expand(Names{written}, ada);
        ASSERT_FALSE(refused) << written;
        EXPECT_EQ(refused.error().code, Code::InvalidArgument);
        EXPECT_EQ(refused.error().field, "scopes");
    }
}

struct Question {
    Names written;
    std::string scope;
    Target target;
    bool allowed;
};

class ScopeFilters : public testing::TestWithParam<Question> {};

TEST_P(ScopeFilters, AllowWhatTheyCover) {
    auto const& [written, scope, target, allowed] = GetParam();
    EXPECT_EQ(expanded(written).allows(scope, target, in_group), allowed);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ScopeFilters,
    testing::Values(
        Question{{"servers"}, "servers", server("bob", ""), true},
        Question{{"servers"}, "proxy", {}, false},
        Question{{"servers!user=bob"}, "servers", server("bob", ""), true},
        Question{{"servers!user=bob"}, "servers", server("bob", "gpu"), true},
        Question{{"servers!user=bob"}, "delete:servers", server("bob", "gpu"), true},
        Question{{"servers!user=bob"}, "servers", server("bobby", ""), false},
        Question{{"servers!user=bob"}, "servers", {}, false},
        Question{{"servers!group=bio"}, "servers", server("bob", ""), true},
        Question{{"servers!group=bio"}, "servers", server("cleo", ""), false},
        Question{{"servers!server=bob/"}, "servers", server("bob", ""), true},
        Question{{"servers!server=bob/"}, "servers", server("bob", "gpu"), false},
        Question{{"servers!server=bob/gpu"}, "servers", server("bob", "gpu"), true},
        Question{{"servers!server=bob/gpu"}, "servers", server("bob", "gp"), false},
        Question{{"servers!server=bob/gpu"}, "servers", user("bob"), false},
        Question{{"servers!server=bob/gpu"}, "read:users:name", user("bob"), false},
        Question{{"read:users!group=bio"}, "read:users:name", user("ada"), true},
        Question{{"read:users!group=bio"}, "read:users:name", user("cleo"), false},
        Question{{"groups!group=bio"}, "read:groups", Target{.group = "bio"}, true},
        Question{{"groups!group=bio"}, "read:groups", Target{.group = "art"}, false},
        Question{{"read:services!service=cull"}, "read:services", Target{.service = "cull"}, true},
        Question{{"read:services!service=cull"}, "read:services", Target{.service = "x"}, false},
        // A user filter says nothing about services of the same name.
        Question{{"read:services!user=cull"}, "read:services", Target{.service = "cull"}, false},
        Question{{"self"}, "tokens", user("ada"), true},
        Question{{"self"}, "tokens", user("bob"), false},
        Question{{"self"}, "list:users", {}, false}));

struct Meeting {
    Names one;
    Names other;
    Names both;
};

class ScopeIntersection : public testing::TestWithParam<Meeting> {};

TEST_P(ScopeIntersection, IsWhatBothAllowWhicheverComesFirst) {
    auto const one = expanded(GetParam().one);
    auto const other = expanded(GetParam().other);
    EXPECT_EQ(one.intersection(other, in_group).names(), GetParam().both);
    EXPECT_EQ(other.intersection(one, in_group).names(), GetParam().both);
    EXPECT_TRUE(one.contains(one.intersection(other, in_group), in_group));
    EXPECT_TRUE(other.contains(one.intersection(other, in_group), in_group));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ScopeIntersection,
    testing::Values(
        Meeting{{"proxy"}, {"shutdown"}, {}}, Meeting{{"proxy"}, {"proxy"}, {"proxy"}},
        Meeting{{"proxy"}, {}, {}},
        Meeting{{"read:users:name"}, {"read:users:name!user=bob"}, {"read:users:name!user=bob"}},
        Meeting{{"read:users:name!user=ada"}, {"read:users:name!user=bob"}, {}},
        Meeting{{"read:users:name!group=bio"},
                {"read:users:name!user=bob"},
                {"read:users:name!user=bob"}},
        Meeting{{"read:users:name!group=bio"}, {"read:users:name!user=cleo"}, {}},
        Meeting{{"read:users:name!group=bio"},
                {"read:users:name!group=bio"},
                {"read:users:name!group=bio"}},
        Meeting{{"read:users:name!group=bio"}, {"read:users:name!group=art"}, {}},
        Meeting{{"access:servers!server=bob/gpu"},
                {"access:servers!user=bob"},
                {"access:servers!server=bob/gpu"}},
        Meeting{{"access:servers!server=bob/gpu"}, {"access:servers!server=bob/"}, {}},
        Meeting{{"access:servers!server=bob/gpu"},
                {"access:servers!group=bio"},
                {"access:servers!server=bob/gpu"}},
        Meeting{{"access:servers!server=cleo/"}, {"access:servers!group=bio"}, {}},
        Meeting{{"access:services!service=a"}, {"access:services!service=b"}, {}},
        Meeting{{"access:services!service=a"}, {"access:services"}, {"access:services!service=a"}},
        Meeting{{"self"}, {"servers!user=bob"}, {}},
        Meeting{{"read:users:name!user=ada", "read:users:name!user=cleo"},
                {"read:users:name!group=bio", "read:users:name!user=cleo"},
                {"read:users:name!user=ada", "read:users:name!user=cleo"}}));

TEST(Scopes, OfATokenAreNeverMoreThanItsOwners) {
    auto const owner = scopes_of(Names{"user"}, ada);
    auto const of = [&](Names const& given) {
        return effective(given, owner, ada_server, in_group).names();
    };
    EXPECT_EQ(of({"inherit"}), owner.names());
    EXPECT_THAT(of({"admin:users", "proxy", "access:servers!user=bob"}),
                testing::Each(testing::HasSubstr("!user=ada")));
    EXPECT_THAT(of({"proxy"}), IsEmpty());
    EXPECT_THAT(of({"no:longer:known", "read:users:name!user"}),
                ElementsAre("read:users:name!user=ada"));
    EXPECT_THAT(of({"users:activity!user", "access:servers!server"}),
                ElementsAre("access:servers!server=ada/", "read:users:activity!user=ada",
                            "users:activity!user=ada"));
}

TEST(Scopes, AreLessWhenTheOwnersBecomeLess) {
    Names const given{"list:users", "tokens!user"};
    auto const leader = scopes_of(roles_of({.leads = true}), ada);
    auto const stranger = scopes_of(roles_of({}), ada);
    EXPECT_TRUE(effective(given, leader, ada, no_groups).has("list:users"));
    EXPECT_TRUE(effective(given, stranger, ada, no_groups).empty());
}

TEST(Scopes, ContainSaysWhetherNothingIsMissing) {
    auto const self = expanded({"self"});
    EXPECT_TRUE(self.contains(expanded({"tokens!user"}), in_group));
    EXPECT_FALSE(self.contains(expanded({"tokens"}), in_group));
    EXPECT_FALSE(self.contains(expanded({"tokens!user=bob"}), in_group));
    EXPECT_FALSE(self.contains(expanded({"proxy"}), in_group));
    EXPECT_TRUE(expanded({"tokens!group=bio"}).contains(expanded({"tokens!user=bob"}), in_group));
}

TEST(Scopes, TextIsSplitAndJoined) {
    EXPECT_THAT(split_scopes("  a b  c "), ElementsAre("a", "b", "c"));
    EXPECT_THAT(split_scopes(""), IsEmpty());
    EXPECT_EQ(join_scopes(Names{"a", "b"}), "a b");
}

TEST(ScopeTable, ContainsOnlyWhatItKnows) {
    for (auto const& entry : scope_table())
        for (auto const part : entry.contains) EXPECT_NE(find_scope(part), nullptr) << part;
    for (auto const each : self_scopes()) EXPECT_NE(find_scope(each), nullptr) << each;
}

TEST(Roles, OfEveryKindExpand) {
    for (auto const& role : default_roles())
        EXPECT_TRUE(ScopeSet::expand(role.scopes, ada_server)) << role.name;
    EXPECT_EQ(find_role("emperor").error().code, Code::NotFound);
}

TEST(Roles, FollowFromTheStandingInTheCourse) {
    EXPECT_THAT(roles_of({}), IsEmpty());
    EXPECT_THAT(roles_of({.participates = true}), ElementsAre("user"));
    EXPECT_THAT(roles_of({.leads = true}), ElementsAre("leader", "user"));
    EXPECT_THAT(roles_of({.administrator = true}), ElementsAre("admin", "user"));
}

TEST(Roles, OfALeaderManageServersAndNotPeople) {
    auto const leader = scopes_of(Names{"leader", "user"}, ada);
    EXPECT_TRUE(leader.allows("servers", server("bob", ""), no_groups));
    EXPECT_TRUE(leader.allows("access:servers", server("bob", ""), no_groups));
    EXPECT_TRUE(leader.allows_everything("list:users"));
    for (auto const* scope : {"admin:users", "users", "delete:users", "shutdown", "proxy",
                              "admin:groups", "read:metrics"})
        EXPECT_FALSE(leader.has(scope)) << scope;
    EXPECT_FALSE(leader.allows("tokens", user("bob"), no_groups));
}

TEST(Scopes, AsTextKeepNamesWithSpacesInOnePiece) {
    std::vector<std::string> const scopes{"access:servers!server=ada/my gpu",
                                          "access:servers!server=ada/100%20", "self"};
    EXPECT_EQ(split_scopes(join_scopes(scopes)), scopes);
    EXPECT_EQ(std::ranges::count(join_scopes(scopes), ' '), 2);
    EXPECT_EQ(split_scopes("  self  read:users "),
              (std::vector<std::string>{"self", "read:users"}));
}

}  // namespace carrel::rbac
