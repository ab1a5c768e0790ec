#include "hub/jupyterhub/user_list.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace carrel::jupyterhub {

using nlohmann::json;

namespace {

Caller caller_with(std::vector<std::string> const& scopes) {
    Caller caller;
    caller.scopes = rbac::ScopeSet::expand(scopes, {.user = "ada"}).value();
    caller.in_group = rbac::no_groups;
    return caller;
}

Person person_named(std::string const& name) {
    return {.user = {.id = UserId("id-" + name),
                     .name = name,
                     .created_at = Time(Milliseconds(1'700'000'000'123)),
                     .last_login_at = Time(Milliseconds(1'700'000'001'000))},
            .roles = {"user"},
            .groups = {"tutors"}};
}

json listed(std::vector<std::string> const& scopes, std::vector<Person> const& people) {
    auto const caller = caller_with(scopes);
    UserList list(caller);
    for (auto const& person : people) list.add(person);
    return json::parse(std::move(list).take());
}

json const all_of_ada = json::parse(R"({
    "admin": false, "created": "2023-11-14T22:13:20.123000Z", "groups": ["tutors"], "kind": "user",
    "last_activity": "2023-11-14T22:13:21.000000Z", "name": "ada", "pending": null,
    "roles": ["user"], "server": null, "servers": {}})");

}  // namespace

TEST(UserList, ShowsAllToWhoMaySeeAll) {
    EXPECT_EQ(listed({"read:users", "read:roles:users", "read:servers"}, {person_named("ada")}),
              json::array({all_of_ada}));
    EXPECT_EQ(listed({"admin:auth_state"}, {person_named("ada")}),
              json::parse(R"([{"auth_state": null}])"));
    EXPECT_EQ(listed({"read:users"}, {}), json::array());
}

TEST(UserList, StandsBehindItsOpening) {
    auto const caller = caller_with({"read:users:name"});
    EXPECT_EQ(UserList(caller, 1, "items:").take(), "items:[]");
    UserList list(caller, 1, "items:");
    list.leave_place(person_named("ada"));
    list.fill([](Person&) {});
    EXPECT_EQ(std::move(list).take(), R"(items:[{"admin":false,"kind":"user","name":"ada"}])");
}

TEST(UserList, ShowsOfEachWhatTheCallerMaySeeOfThem) {
    EXPECT_EQ(listed({"read:users!user=ada", "read:roles:users!user=ada", "read:servers!user=ada",
                      "read:users:name"},
                     {person_named("eve"), person_named("ada")}),
              json::array({{{"admin", false}, {"kind", "user"}, {"name", "eve"}}, all_of_ada}));
}

TEST(UserList, AnyTextIsWrittenAsJson) {
    auto person = person_named("ada");
    person.groups = {"a\"b\\c\n", "r\u00e4ume", "\xff", ""};
    EXPECT_EQ(listed({"read:users:groups"}, {person}),
              json::array({{{"groups", {"a\"b\\c\n", "r\u00e4ume", "\ufffd", ""}}}}));
}

TEST(UserList, WhoHasNeverBeenThereHasNoTime) {
    auto person = person_named("ada");
    person.user.last_login_at.reset();
    EXPECT_EQ(listed({"read:users:activity"}, {person}),
              json::parse(R"([{"last_activity": null}])"));
}

TEST(UserList, WhoHadAPlaceLeftIsShownInItOnceTheyAreComplete) {
    auto const caller = caller_with({"read:users:name"});
    auto const names = [&](std::string_view shown) {
        // Capitals are those who come later.
        UserList list(caller);
        for (char const c : shown) {
            auto person = person_named(std::string(1, c));
            if (c >= 'a')
                list.add(person);
            else
                list.leave_place(std::move(person));
        }
        list.fill([](Person& person) { person.user.name += "-later"; });
        std::string found;
        for (auto const& user : json::parse(std::move(list).take()))
            found += user["name"].get<std::string>() + " ";
        return found;
    };
    EXPECT_EQ(names("aBcDe"), "a B-later c D-later e ");
    EXPECT_EQ(names("ABcDE"), "A-later B-later c D-later E-later ");
    EXPECT_EQ(names("A"), "A-later ");
    EXPECT_EQ(names("a"), "a ");
    EXPECT_EQ(names(""), "");
}

}  // namespace carrel::jupyterhub
