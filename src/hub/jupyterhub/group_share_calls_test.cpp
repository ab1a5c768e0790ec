#include "hub/jupyterhub/names.hpp"
#include "hub/jupyterhub/share_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel::jupyterhub {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

/// The group "tutors": ada, bob and lea.
class GroupShareTest : public ShareTest {
protected:
    GroupShareTest() {
        EXPECT_EQ(
            call("gov", "POST", "/groups/tutors", R"({"users": ["ada", "bob", "lea"]})").status,
            201U);
    }
    unsigned give_group(std::string const& who, std::string const& server,
                        std::string const& group) {
        return call(who, "POST", "/shares/" + server, json{{"group", group}}.dump()).status;
    }
    void change_group(std::string const& method, std::string const& user) {
        EXPECT_EQ(
            call("gov", method, "/groups/tutors/users", json{{"users", {user}}}.dump()).status,
            200U);
    }
    /// A visit of bob's as the server knows it.
    void remember_visit() {
        auto const visitor = bob().id;
        ASSERT_TRUE(store_->write([&](Transaction& t) {
            return t.hub_tokens().insert({.secret_hash = "visit",
                                          .course = course_.id,
                                          .user = visitor,
                                          .kind = HubTokenKind::OAuth,
                                          .client = client_id("ada", "gpu"),
                                          .scopes = "access:servers!server=ada/gpu",
                                          .created_at = clock_.now()});
        }));
    }
    bool visit_is_remembered() {
        return store_
            ->read([](Transaction& t) { return t.hub_tokens().find_by_secret_hash("visit"); })
            .has_value();
    }
};

TEST_F(GroupShareTest, LetsInWhoeverIsInTheGroup) {
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    auto const answer = call("ada", "POST", "/shares/ada/gpu", R"({"group": "tutors"})");
    ASSERT_EQ(answer.status, 200U) << answer.body;
    auto const share = json::parse(answer.body);
    EXPECT_EQ(share["kind"], "group");
    EXPECT_EQ(share["group"]["name"], "tutors");
    EXPECT_TRUE(share["user"].is_null());
    EXPECT_EQ(share["scopes"], json{"access:servers!server=ada/gpu"});

    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 302U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/"), 403U) << "the other one is not shared";
    EXPECT_THAT(scopes("bob"), Contains("access:servers!server=ada/gpu"));
    admit(add_user("cyd"));
    EXPECT_EQ(enter("cyd", "/c/bio/user/ada/gpu/"), 403U);
    change_group("POST", "cyd");
    EXPECT_EQ(enter("cyd", "/c/bio/user/ada/gpu/"), 302U) << "who comes later, too";
    EXPECT_THAT(happened(), Contains("share_given"));
    EXPECT_EQ(call("bob", "POST", "/shares/ada/gpu", R"({"group": "tutors"})").status, 404U)
        << "to enter is not to share";
}

TEST_F(GroupShareTest, IsSeenByItsOwnerItsMembersAndWhoReadsTheGroup) {
    give_group("ada", "ada/gpu", "tutors");
    give("ada", "ada/", "bob");
    auto const given = items("ada", "/shares/ada");
    ASSERT_EQ(given.size(), 2U);
    EXPECT_EQ(items("ada", "/shares/ada/gpu")[0]["group"]["name"], "tutors");
    EXPECT_EQ(items("bob", "/users/bob/shared").size(), 2U);
    EXPECT_EQ(call("bob", "GET", "/users/bob/shared/ada/").status, 200U);
    EXPECT_EQ(call("bob", "GET", "/users/bob/shared/ada/gpu").status, 404U) << "it is the group's";
    EXPECT_EQ(call("bob", "DELETE", "/users/bob/shared/ada/gpu").status, 404U);
    auto const of_group = items("gov", "/groups/tutors/shared");
    ASSERT_EQ(of_group.size(), 1U);
    EXPECT_EQ(of_group[0]["server"]["user"]["name"], "ada");
    EXPECT_EQ(call("gov", "GET", "/groups/tutors/shared/ada/gpu").status, 200U);
    EXPECT_EQ(call("gov", "GET", "/groups/tutors/shared/ada/").status, 404U);
    EXPECT_EQ(call("gov", "GET", "/groups/none/shared").status, 404U);
    EXPECT_EQ(call("bob", "GET", "/groups/tutors/shared").status, 404U);
    auto const narrow = scoped("gov", {"read:groups:shares!group=others"});
    EXPECT_EQ(call(narrow, "GET", "/groups/tutors/shared").status, 404U);
}

TEST_F(GroupShareTest, IsTakenBackFromAllMembersAtOnceAndNotFromTheOwner) {
    give_group("ada", "ada/gpu", "tutors");
    remember_visit();
    EXPECT_EQ(call("ada", "PATCH", "/shares/ada/gpu", R"({"group": "tutors"})").status, 200U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_FALSE(visit_is_remembered());
    work();
    EXPECT_THAT(proxy_.revoked_users,
                UnorderedElementsAre("/c/bio/user/ada/gpu bob", "/c/bio/user/ada/gpu lea"));
    EXPECT_THAT(items("ada", "/shares/ada"), IsEmpty());
    EXPECT_EQ(call("ada", "PATCH", "/shares/ada/gpu", R"({"group": "tutors"})").status, 200U)
        << "as JupyterHub: nothing to take back is no error";
}

TEST_F(GroupShareTest, EndsWithTheMembership) {
    give_group("ada", "ada/gpu", "tutors");
    remember_visit();
    change_group("DELETE", "bob");
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_FALSE(visit_is_remembered());
    work();
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada/gpu bob"));
    EXPECT_EQ(items("ada", "/shares/ada").size(), 1U) << "the others are in still";
}

TEST_F(GroupShareTest, EndsWithTheGroup) {
    give_group("ada", "ada/gpu", "tutors");
    EXPECT_EQ(call("gov", "DELETE", "/groups/tutors").status, 204U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    work();
    EXPECT_THAT(proxy_.revoked_users,
                UnorderedElementsAre("/c/bio/user/ada/gpu bob", "/c/bio/user/ada/gpu lea"));
    EXPECT_EQ(call("gov", "POST", "/groups/tutors", R"({"users": ["bob"]})").status, 201U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U) << "another group of the same name";
}

TEST_F(GroupShareTest, EndsWhenTheGroupLeaves) {
    give_group("ada", "ada/gpu", "tutors");
    EXPECT_EQ(call("bob", "DELETE", "/groups/tutors/shared/ada/gpu").status, 404U);
    EXPECT_EQ(call("gov", "DELETE", "/groups/tutors/shared/ada/none").status, 404U);
    EXPECT_EQ(call("gov", "DELETE", "/groups/tutors/shared/ada/gpu").status, 204U);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_EQ(call("gov", "DELETE", "/groups/tutors/shared/ada/gpu").status, 404U);
    EXPECT_THAT(happened(), Contains("share_ended"));
}

TEST_F(GroupShareTest, EndsWithTheServerAndTheOwnersPlace) {
    give_group("ada", "ada/gpu", "tutors");
    give_group("ada", "ada/", "tutors");
    ASSERT_TRUE(await(servers_.remove({course_.id, ada_.id, "gpu"}, "ada")));
    EXPECT_EQ(items("ada", "/shares/ada").size(), 1U);
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada/gpu bob"));
    admit_again(ada_, ApplicationState::Rejected);
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada bob"));
    admit(ada_);
    EXPECT_THAT(scopes("bob"), Not(Contains("access:servers!server=ada/")));
}

TEST_F(GroupShareTest, EndsWithTheMembersPlaceInTheCourse) {
    give_group("ada", "ada/gpu", "tutors");
    EXPECT_EQ(call("gov", "DELETE", "/users/bob").status, 204U);
    EXPECT_THAT(proxy_.revoked_users, IsEmpty());
    admit(bob());
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U) << "and does not come back with it";
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada/gpu bob"))
        << "although they were let in again meanwhile";
}

TEST_F(GroupShareTest, WhoIsRejectedIsOutThoughTheGroupNamesThemStill) {
    give_group("ada", "ada/gpu", "tutors");
    admit_again(bob(), ApplicationState::Rejected);
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    work();
    EXPECT_THAT(proxy_.revoked_users, Contains("/c/bio/user/ada/gpu bob"));
}

TEST_F(GroupShareTest, WhoIsLetInTwiceStaysWhenOneEnds) {
    give_group("ada", "ada/gpu", "tutors");
    give("ada", "ada/gpu", "bob");
    remember_visit();
    change_group("DELETE", "bob");
    work();
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 302U);
    EXPECT_TRUE(visit_is_remembered());
    EXPECT_THAT(proxy_.revoked_users, IsEmpty());
    EXPECT_EQ(call("ada", "PATCH", "/shares/ada/gpu", R"({"user": "bob"})").status, 200U);
    work();
    EXPECT_EQ(enter("bob", "/c/bio/user/ada/gpu/"), 403U);
    EXPECT_THAT(proxy_.revoked_users, ElementsAre("/c/bio/user/ada/gpu bob"));
}

TEST_F(GroupShareTest, WrongWishesAreRefused) {
    EXPECT_EQ(call("gov", "POST", "/groups/secret", "{}").status, 201U);
    EXPECT_EQ(give_group("ada", "ada/gpu", "secret"), 403U) << "she is not in it";
    EXPECT_EQ(give_group("ada", "ada/gpu", "none"), 403U) << "and hears nothing of what there is";
    EXPECT_EQ(give_group("gov", "ada/gpu", "secret"), 200U);
    EXPECT_EQ(give_group("gov", "ada/gpu", "none"), 400U);
    EXPECT_EQ(give_group("ada", "ada/none", "tutors"), 404U);
    auto const narrow = scoped("ada", {"shares!user=ada"});
    EXPECT_EQ(give_group(narrow, "ada/gpu", "tutors"), 403U)
        << "a token that cannot read its owner's groups cannot name them";
    for (auto const* body : {R"({"user": "bob", "group": "tutors"})", R"({"group": 1})",
                             R"({"group": "tutors", "scopes": ["servers"]})"}) {
        EXPECT_EQ(call("ada", "POST", "/shares/ada/gpu", body).status, 400U) << body;
        EXPECT_EQ(call("ada", "PATCH", "/shares/ada/gpu", body).status, 400U) << body;
    }
}

}  // namespace carrel::jupyterhub
