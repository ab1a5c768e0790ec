#include "portal/test_portal.hpp"

namespace carrel {
namespace {

class ParticipantCallsTest : public ::testing::Test {
protected:
    ParticipantCallsTest() {
        portal_.add_user("lea", false, true);
        lea_ = portal_.log_in("lea");
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
        be(CourseState::Accepted);
        for (auto const* const name : {"ada", "bob", "cyd"}) apply(name);
    }
    void be(CourseState state) {
        portal_.change_course("biology", [&](Course& row) { row.state = state; });
    }
    void apply(std::string const& name) {
        portal_.add_user(name);
        auto const code = portal_.find_course("biology").invitation_code;
        auto const answer =
            portal_.call(portal_.log_in(name), "POST", "/invitations/" + code + "/applications");
        EXPECT_EQ(answer.status, 201U) << answer.problem();
    }
    Answer decide(std::string const& name, std::string const& verdict) {
        return decide(lea_, name, verdict);
    }
    Answer decide(Caller const& caller, std::string const& name, std::string const& verdict) {
        return portal_.call(caller, "POST",
                            "/courses/biology/participants/" + name + "/" + verdict);
    }
    Answer list(std::string const& query = "") {
        return portal_.call(lea_, "GET", "/courses/biology/participants" + query);
    }
    void join_group(std::string const& name) {
        auto const course = portal_.find_course("biology").id;
        portal_.store().write([&](Transaction& transaction) -> Result<> {
            HubGroup const group{.course = course, .name = "tutors", .roles = "", .created_at = {}};
            (void)transaction.hub_groups().insert(group);
            return transaction.hub_groups().add_member(course, "tutors", UserId("id-of-" + name));
        });
    }
    std::vector<UserId> group() {
        auto const course = portal_.find_course("biology").id;
        return portal_.store().write([&](Transaction& transaction) {
            return transaction.hub_groups().members(course, "tutors");
        });
    }
    TestPortal portal_;
    Caller lea_;
};

TEST_F(ParticipantCallsTest, AcceptsAnApplication) {
    auto const answer = decide("Ada", "accept");
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.body["state"], "accepted");
    EXPECT_EQ(answer.body["decided_by"], "lea");
    EXPECT_EQ(portal_.kinds()[0], "application_accepted");
    EXPECT_EQ(portal_.store().events()[0].subject, "ada");
    EXPECT_EQ(decide("ada", "accept").problem(), "409 ada is accepted already");
    auto const course = portal_.call(lea_, "GET", "/courses/biology").body;
    EXPECT_EQ(course["participants"], (nlohmann::json{{"accepted", 1}, {"pending", 2}}));
    EXPECT_TRUE(portal_.store().outbox().empty());
}

TEST_F(ParticipantCallsTest, AdmitsAsManyAsTheCourseWasRequestedFor) {
    EXPECT_EQ(decide("ada", "accept").status, 200U);
    EXPECT_EQ(decide("bob", "accept").status, 200U);
    EXPECT_EQ(decide("cyd", "accept").problem(),
              "409 the course was requested for 2 participants and has that many already");
    EXPECT_EQ(decide("bob", "reject").status, 200U);
    EXPECT_EQ(decide("cyd", "accept").status, 200U);
}

TEST_F(ParticipantCallsTest, SendsARejectedParticipantAway) {
    EXPECT_EQ(decide("ada", "accept").status, 200U);
    EXPECT_EQ(decide("ada", "reject").body["state"], "rejected");
    ASSERT_EQ(portal_.store().outbox().size(), 1U);
    EXPECT_EQ(portal_.store().outbox()[0].kind, "remove_participant");
    EXPECT_EQ(nlohmann::json::parse(portal_.store().outbox()[0].payload),
              (nlohmann::json{{"course", portal_.find_course("biology").id.value()},
                              {"user", "id-of-ada"}}));
    EXPECT_EQ(portal_.kinds()[0], "application_rejected");
    EXPECT_EQ(decide("ada", "reject").status, 409U);
    EXPECT_EQ(decide("ada", "accept").status, 200U) << "a leader may think again";
}

TEST_F(ParticipantCallsTest, RemovesAParticipantWhoMayApplyAgain) {
    EXPECT_EQ(decide("ada", "accept").status, 200U);
    auto const path = "/courses/biology/participants/ada";
    EXPECT_EQ(portal_.call(lea_, "DELETE", path).status, 204U);
    EXPECT_EQ(portal_.call(lea_, "DELETE", path).status, 404U);
    EXPECT_EQ(portal_.kinds()[0], "participant_removed");
    EXPECT_EQ(portal_.store().outbox().size(), 1U);
    auto const ada = portal_.log_in("ada");
    EXPECT_EQ(portal_.call(ada, "GET", "/courses/biology").status, 404U);
    auto const code = portal_.find_course("biology").invitation_code;
    EXPECT_EQ(portal_.call(ada, "POST", "/invitations/" + code + "/applications").status, 201U);
}

TEST_F(ParticipantCallsTest, WhoIsSentAwayLeavesTheGroupsOfTheCourse) {
    for (auto const* const name : {"ada", "bob", "cyd"}) join_group(name);
    EXPECT_EQ(decide("ada", "accept").status, 200U);
    EXPECT_EQ(decide("ada", "reject").status, 200U);
    EXPECT_EQ(portal_.call(lea_, "DELETE", "/courses/biology/participants/bob").status, 204U);
    EXPECT_EQ(group(), std::vector<UserId>{UserId("id-of-cyd")});
}

TEST_F(ParticipantCallsTest, IsForLeadersAlone) {
    auto const ada = portal_.log_in("ada");
    EXPECT_EQ(decide(ada, "ada", "accept").status, 403U);
    EXPECT_EQ(decide(ada, "bob", "reject").status, 403U);
    EXPECT_EQ(portal_.call(ada, "DELETE", "/courses/biology/participants/bob").status, 403U);
    EXPECT_EQ(portal_.call(ada, "GET", "/courses/biology/participants").status, 403U);
    portal_.add_user("other", false, true);
    EXPECT_EQ(decide(portal_.log_in("other"), "ada", "accept").status, 404U);
}

TEST_F(ParticipantCallsTest, KnowsOnlyThoseWhoApplied) {
    portal_.add_user("eve");
    for (auto const* const name : {"eve", "nobody", "..%2Fada", "a%20b"})
        EXPECT_EQ(decide(name, "accept").status, 404U) << name;
}

TEST_F(ParticipantCallsTest, DecidesNothingOnceTheCourseEnds) {
    be(CourseState::Degrading);
    EXPECT_EQ(decide("ada", "accept").status, 409U);
    EXPECT_EQ(portal_.call(lea_, "DELETE", "/courses/biology/participants/ada").status, 409U);
}

TEST_F(ParticipantCallsTest, ListsWithServerAndExport) {
    portal_.store().write([&](Transaction& transaction) -> Result<> {
        TRY(auto const course, transaction.courses().find_by_slug("biology"));
        ServerRecord server;
        server.course = course.id;
        server.user = UserId("id-of-ada");
        server.state = ServerState::Running;
        server.last_activity = portal_.clock().now();
        return transaction.servers().put(server);
    });
    auto const all = list().body["items"];
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0]["username"], "ada");
    EXPECT_EQ(all[0]["email"], "ada@example.org");
    EXPECT_EQ(all[0]["server"]["state"], "running");
    EXPECT_EQ(all[0]["server"]["url"], "/c/biology/user/ada/");
    EXPECT_EQ(all[1]["server"], nullptr);
    EXPECT_EQ(decide("bob", "accept").status, 200U);
    EXPECT_EQ(list("?state=accepted").body["items"].size(), 1U);
    auto const page = list("?limit=2").body;
    EXPECT_EQ(page["items"].size(), 2U);
    EXPECT_EQ(list("?after=" + page["next"].get<std::string>()).body["items"].size(), 1U);
    EXPECT_EQ(list("?state=odd").status, 400U);
}

TEST_F(ParticipantCallsTest, MayEnterOnceAcceptedAndDeployed) {
    auto const ada = portal_.log_in("ada");
    auto const may = [&] { return portal_.call(ada, "GET", "/courses/biology").body["me"]["may"]; };
    EXPECT_EQ(decide("ada", "accept").status, 200U);
    EXPECT_EQ(may(), nlohmann::json::array());
    be(CourseState::Deployed);
    EXPECT_EQ(may(), nlohmann::json({"enter"}));
    EXPECT_EQ(portal_.call(ada, "GET", "/courses/biology").body["hub_url"], "/c/biology/");
    EXPECT_EQ(decide("ada", "reject").status, 200U);
    EXPECT_EQ(may(), nlohmann::json::array());
}

}  // namespace
}  // namespace carrel
