#include "hub/rbac/custom_scopes.hpp"

#include "hub/rbac/role_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::rbac {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Names = std::vector<std::string>;

CustomScope scope(std::string name, Names subscopes = {}) {
    return {.name = std::move(name), .description = "does it", .subscopes = std::move(subscopes)};
}

/// Writing grades contains reading them.
CustomScopes grades() {
    return CustomScopes::create({scope("custom:grades:write", {"custom:grades:read"}),
                                 scope("custom:grades:read"),
                                 scope("custom:grades:*", {"custom:grades:write"})})
        .value();
}

std::string refusal(std::vector<CustomScope> const& scopes) {
    auto const known = CustomScopes::create(scopes);
    return known ? "" : known.error().message;
}

}  // namespace

TEST(CustomScopes, ContainTheirPartsUnderTheSameFilter) {
    auto const known = grades();
    auto const names = [&](Names const& written) {
        return ScopeSet::expand(written, {.user = "ada"}, known).value().names();
    };
    EXPECT_THAT(names({"custom:grades:write"}),
                ElementsAre("custom:grades:read", "custom:grades:write"));
    EXPECT_THAT(names({"custom:grades:*!group=bio"}),
                ElementsAre("custom:grades:*!group=bio", "custom:grades:read!group=bio",
                            "custom:grades:write!group=bio"));
    EXPECT_THAT(names({"custom:grades:read!user"}), ElementsAre("custom:grades:read!user=ada"));
    EXPECT_EQ(known.find("custom:grades:read")->description, "does it");
}

TEST(CustomScopes, AreUnknownUnlessTheConfigurationNamesThem) {
    for (auto const* const written : {"custom:grades:delete", "custom:grades", "custom:"})
        EXPECT_FALSE(ScopeSet::expand(Names{written}, {.user = "ada"}, grades())) << written;
    EXPECT_FALSE(ScopeSet::expand(Names{"custom:grades:read"}, {.user = "ada"}));
}

TEST(CustomScopes, OfATokenAreThoseThatItsOwnerHasToo) {
    auto const known = grades();
    auto const owner = expand_known(Names{"custom:grades:write!group=bio"}, {}, known);
    auto const in_bio = [](std::string_view user, std::string_view) { return user == "bob"; };
    auto const token = [&](Names const& given) {
        return effective(given, owner, {.user = "ada"}, in_bio, known).names();
    };
    EXPECT_THAT(token({"custom:grades:read"}), ElementsAre("custom:grades:read!group=bio"));
    EXPECT_THAT(token({"custom:grades:read!user=bob"}), ElementsAre("custom:grades:read!user=bob"));
    EXPECT_THAT(token({"custom:grades:read!user=eve"}), IsEmpty());
    EXPECT_THAT(token({"custom:grades:*"}),
                ElementsAre("custom:grades:read!group=bio", "custom:grades:write!group=bio"));
    EXPECT_THAT(token({"custom:gone"}), IsEmpty()) << "of a configuration that was";
}

TEST(CustomScopes, AreGivenByRoles) {
    auto const grant = [](Names scopes) {
        return std::vector<RoleGrant>{
            {.role = {.name = "grader", .description = "", .scopes = std::move(scopes)}}};
    };
    auto const book = RoleBook::create(grant({"custom:grades:write!group=bio"}), grades()).value();
    EXPECT_THAT(book.scopes_of(Names{"grader"}, {.user = "ada"}).names(),
                ElementsAre("custom:grades:read!group=bio", "custom:grades:write!group=bio"));
    auto const unknown = RoleBook::create(grant({"custom:grades:delete"}), grades());
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().message,
              "the role 'grader': there is no scope 'custom:grades:delete'");
}

TEST(CustomScopes, AreRefusedWithASentence) {
    for (auto const* const name : {"", "grades", "custom:", "custom:A", "custom:-a",
                                   "custom:a:", "custom:a b", "custom:ä", "read:users"})
        EXPECT_THAT(refusal({scope(name)}), StartsWith("the name of a custom scope is")) << name;
    EXPECT_EQ(refusal({scope("custom:a"), scope("custom:a")}),
              "there are two custom scopes 'custom:a'");
    EXPECT_THAT(refusal({{.name = "custom:a", .description = "", .subscopes = {}}}),
                HasSubstr("'custom:a' needs a description"));
    EXPECT_EQ(refusal({scope("custom:a", {"custom:b"})}),
              "the custom scope 'custom:a' contains 'custom:b', and there is no such custom scope");
    EXPECT_THAT(refusal({scope("custom:a", {"read:users"})}),
                HasSubstr("cannot contain 'read:users', which is one of the hub's own"));
}

TEST(CustomScopes, InACircleAreRefused) {
    EXPECT_EQ(refusal({scope("custom:a", {"custom:a"})}),
              "these custom scopes contain each other in a circle: custom:a, custom:a");
    EXPECT_EQ(refusal({scope("custom:a", {"custom:b"}), scope("custom:b", {"custom:c"}),
                       scope("custom:c", {"custom:a"})}),
              "these custom scopes contain each other in a circle: "
              "custom:a, custom:b, custom:c, custom:a");
    EXPECT_EQ(refusal({scope("custom:a", {"custom:b", "custom:c"}), scope("custom:b", {"custom:c"}),
                       scope("custom:c")}),
              "")
        << "two ways to one scope are no circle";
}

}  // namespace carrel::rbac
