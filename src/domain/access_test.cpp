#include "domain/access.hpp"

#include <gtest/gtest.h>

namespace carrel {
namespace {

AccessLists lists(std::vector<std::pair<AccessList, std::string>> const& entries) {
    AccessLists made;
    for (auto const& [list, value] : entries) made.add(list, value);
    return made;
}

TEST(AccessLists, WithoutAListEverybodyMayIn) {
    EXPECT_EQ(AccessLists().judge({.name = "ada"}), Admission::Allowed);
    EXPECT_EQ(lists({{AccessList::Administrators, "root"}}).judge({.name = "ada"}),
              Admission::Allowed);
}

TEST(AccessLists, WithAListOnlyWhoIsOnItMayIn) {
    auto const made = lists({{AccessList::Allow, "ada"}});
    EXPECT_EQ(made.judge({.name = "ada"}), Admission::Allowed);
    EXPECT_EQ(made.judge({.name = "bob"}), Admission::NotListed);
}

TEST(AccessLists, AClosedOneLetsNobodyInEvenWhenItIsEmpty) {
    AccessLists made;
    made.close();
    EXPECT_EQ(made.judge({.name = "ada"}), Admission::NotListed);
}

TEST(AccessLists, ListedAdministratorsAndLeadersMayInToo) {
    auto const made = lists({{AccessList::Allow, "ada"},
                             {AccessList::Administrators, "root"},
                             {AccessList::Leaders, "lee"}});
    EXPECT_EQ(made.judge({.name = "root"}), Admission::Allowed);
    EXPECT_EQ(made.judge({.name = "lee"}), Admission::Allowed);
}

TEST(AccessLists, AnAdministratorByHandNeedsNoList) {
    auto const made = lists({{AccessList::Allow, "ada"}});
    EXPECT_EQ(made.judge({.name = "root", .administrator = true}), Admission::Allowed);
}

TEST(AccessLists, DenyWinsOverEverything) {
    auto const made = lists({{AccessList::Allow, "ada"},
                             {AccessList::Administrators, "ada"},
                             {AccessList::AllowGroups, "physics"},
                             {AccessList::Deny, "ada"},
                             {AccessList::DenyGroups, "guests"}});
    EXPECT_EQ(made.judge({.name = "ada", .administrator = true, .groups = {"physics"}}),
              Admission::Denied);
    EXPECT_EQ(made.judge({.name = "bob", .groups = {"physics", "guests"}}), Admission::Denied);
}

TEST(AccessLists, AGroupLetsIn) {
    auto const made = lists({{AccessList::AllowGroups, "physics"}});
    EXPECT_EQ(made.judge({.name = "bob", .groups = {"physics"}}), Admission::Allowed);
    EXPECT_EQ(made.judge({.name = "bob", .groups = {"Physics"}}), Admission::NotListed);
    EXPECT_EQ(made.judge({.name = "physics"}), Admission::NotListed);
}

TEST(AccessLists, NamesAreReadBack) {
    for (auto const list : access_lists) EXPECT_EQ(parse_access_list(name_of(list)), list);
    EXPECT_FALSE(parse_access_list("admins"));
    for (auto const admission : {Admission::Allowed, Admission::Denied, Admission::NotListed})
        EXPECT_EQ(parse_admission(name_of(admission)), admission);
    EXPECT_FALSE(parse_admission(""));
}

TEST(AccessLists, SeveralPlacesTogether) {
    auto all = lists({{AccessList::Allow, "ada"}});
    all.add_all(lists({{AccessList::Allow, "bob"}, {AccessList::Deny, "eve"}}));
    EXPECT_TRUE(all.has(AccessList::Allow, "ada"));
    EXPECT_TRUE(all.has(AccessList::Allow, "bob"));
    EXPECT_TRUE(all.has(AccessList::Deny, "eve"));
    AccessLists closed;
    closed.close();
    AccessLists open;
    open.add_all(closed);
    EXPECT_TRUE(open.closed());
}

}  // namespace
}  // namespace carrel
