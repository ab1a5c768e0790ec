#include "hub/rbac/role_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::rbac {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Names = std::vector<std::string>;

RoleGrant grant(std::string name, Names scopes) {
    return {.role = {.name = std::move(name), .description = "", .scopes = std::move(scopes)}};
}

std::string refusal(RoleGrant grant) {
    auto const book = RoleBook::create({std::move(grant)});
    return book ? "" : book.error().message;
}

}  // namespace

TEST(RoleBook, GivesRolesToWhomItNamesInTheCoursesItNames) {
    auto grader = grant("grader", {"read:users", "list:users"});
    grader.users = {"ada"};
    grader.groups = {"tutors"};
    auto culler = grant("culler", {"list:users", "delete:servers"});
    culler.services = {"cull"};
    culler.courses = {"bio"};
    auto const book = RoleBook::create({grader, culler}).value();

    EXPECT_THAT(book.of_user("bio", "ada"), ElementsAre("grader"));
    EXPECT_THAT(book.of_user("bio", "bob"), IsEmpty());
    EXPECT_THAT(book.of_group("art", "tutors"), ElementsAre("grader"));
    EXPECT_THAT(book.of_service("bio", "cull"), ElementsAre("culler"));
    EXPECT_THAT(book.of_service("art", "cull"), IsEmpty());
    // A user who is called like a service is not one.
    EXPECT_THAT(book.of_user("bio", "cull"), IsEmpty());
    EXPECT_TRUE(book.scopes_of(Names{"grader"}, {.user = "ada"}).has("list:users"));
}

TEST(RoleBook, ChangesDefaultRolesButNotTheAdministrators) {
    auto const book = RoleBook::create({grant("user", {"self", "access:services"})}).value();
    EXPECT_TRUE(book.scopes_of(Names{"user"}, {.user = "ada"}).has("access:services"));
    EXPECT_FALSE(
        RoleBook::usual().scopes_of(Names{"user"}, {.user = "ada"}).has("access:services"));
    EXPECT_THAT(refusal(grant("admin", {"self"})), HasSubstr("cannot be given others"));
}

TEST(RoleBook, GivesARoleThatIsThereWithoutSayingItsScopesAgain) {
    auto again = grant("admin", {});
    again.services = {"backup"};
    auto const book = RoleBook::create({again}).value();
    EXPECT_THAT(book.of_service("bio", "backup"), ElementsAre("admin"));
    EXPECT_TRUE(book.scopes_of(Names{"admin"}, {.service = "backup"}).has("shutdown"));
}

TEST(RoleBook, RefusesWhatNobodyKnowsWithASentence) {
    EXPECT_EQ(refusal(grant("grader", {"read:everything"})),
              "the role 'grader': there is no scope 'read:everything'");
    EXPECT_THAT(refusal(grant("grader", {"custom:Bad"})), HasSubstr("custom:Bad"));
    EXPECT_THAT(refusal(grant("grader", {"read:users!team=x"})), HasSubstr("!team=x"));
    EXPECT_EQ(refusal(grant("grader", {})), "the role 'grader' has no scopes");
    EXPECT_THAT(refusal(grant("G", {"self"})), HasSubstr("begins with a letter"));
    EXPECT_THAT(refusal(grant("grader-", {"self"})), HasSubstr("'grader-' is none"));
}

}  // namespace carrel::rbac
