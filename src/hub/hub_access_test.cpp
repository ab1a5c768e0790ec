#include "hub/hub_access.hpp"

#include "hub/entry.hpp"
#include "hub/hub_fixture.hpp"

namespace carrel {

class HubAccessTest : public HubFixture {
protected:
    Result<HubAccess> ask(User const& who, std::string_view slug, std::string_view owner) {
        Identity const identity{.user = who};
        return store_->read(
            [&](Transaction& t) { return find_hub_access(t, identity, slug, owner); });
    }
    Code refusal(User const& who, std::string_view slug, std::string_view owner) {
        return ask(who, slug, owner).error().code;
    }
};

TEST_F(HubAccessTest, ParticipantHasTheirOwnServerAndNoOther) {
    admit(ada_);
    auto const bob = add_user("bob");
    admit(bob);
    EXPECT_TRUE(ask(ada_, "bio", "ada")->own);
    EXPECT_EQ(refusal(ada_, "bio", "bob"), Code::PermissionDenied);
    EXPECT_EQ(refusal(ada_, "bio", "lea"), Code::PermissionDenied);
}

TEST_F(HubAccessTest, RejectedPendingAndStrangersHaveNothing) {
    auto const bob = add_user("bob");
    auto const cyd = add_user("cyd");
    auto const dan = add_user("dan");
    admit(bob, ApplicationState::Rejected);
    admit(cyd, ApplicationState::Pending);
    for (auto const& person : {bob, cyd, dan})
        EXPECT_EQ(refusal(person, "bio", person.name), Code::PermissionDenied) << person.name;
}

TEST_F(HubAccessTest, LeaderAndAdministratorManageEveryServerOfTheCourse) {
    admit(ada_);
    auto boss = add_user("boss");
    boss.administrator = true;
    EXPECT_TRUE(ask(lea_, "bio", "ada")->manages);
    EXPECT_TRUE(ask(boss, "bio", "ada")->manages);
    EXPECT_TRUE(ask(lea_, "bio", "lea")->own);
    EXPECT_EQ(refusal(lea_, "bio", "nobody"), Code::NotFound);
    EXPECT_EQ(refusal(boss, "none", "ada"), Code::NotFound);
}

TEST_F(HubAccessTest, NobodyLearnsWhichCoursesOrPeopleExist) {
    auto const bob = add_user("bob");
    EXPECT_EQ(refusal(bob, "bio", "ada"), Code::PermissionDenied);
    EXPECT_EQ(refusal(bob, "none", "ada"), Code::PermissionDenied);
    EXPECT_EQ(refusal(bob, "bio", "nobody"), Code::PermissionDenied);
}

TEST(ServerOwnerIn, AcceptsOnlyPathsOfServersInThisCourse) {
    EXPECT_EQ(server_owner_in("/c/bio/user/ada/lab?x=1", "bio"), "ada");
    EXPECT_EQ(server_owner_in("/c/bio/user/ada", "bio"), "ada");
    EXPECT_EQ(server_owner_in("/c/bio/user/a%40b/", "bio"), "a@b");
    for (auto const* target :
         {"", "/", "//evil.example/c/bio/user/ada/", "https://evil.example/c/bio/user/ada/",
          "/c/chem/user/ada/lab", "/c/bio/hub/enter", "/c/bio/user/", "/c/bio/user/ada/../../x",
          "/c/bio/user/ada/%2e%2e/bob/", "/c/bio/user/ada//x", "/c/bio/user/..%2fbob/lab",
          "/c/bio/user/ada/%5c%5cevil", "\\\\evil", "/\\evil", "/c/bio/user/%zz/"})
        EXPECT_FALSE(server_owner_in(target, "bio")) << target;
}

}  // namespace carrel
