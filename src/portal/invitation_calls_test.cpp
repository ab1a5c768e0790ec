#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class InvitationCallsTest : public ::testing::Test {
protected:
    InvitationCallsTest() {
        portal_.add_user("lea", false, true);
        portal_.add_user("eve");
        lea_ = portal_.log_in("lea");
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
        be(CourseState::Accepted);
        code_ = portal_.find_course("biology").invitation_code;
    }
    void be(CourseState state) {
        portal_.change_course("biology", [&](Course& row) { row.state = state; });
    }
    std::string at(std::string const& rest = "") const { return "/invitations/" + code_ + rest; }
    Answer sign_up(nlohmann::json const& body) {
        return portal_.call({}, "POST", at("/signup"), body);
    }
    Answer apply(Caller const& caller) {
        return portal_.call(caller, "POST", at("/applications"), nlohmann::json::object());
    }
    TestPortal portal_;
    Caller lea_;
    std::string code_;
};

TEST_F(InvitationCallsTest, ShowsLeadersTheLink) {
    auto const answer = portal_.call(lea_, "GET", "/courses/biology/invitation");
    EXPECT_EQ(answer.body["code"], code_);
    EXPECT_EQ(answer.body["url"], "http://carrel.example/join/" + code_);
}

TEST_F(InvitationCallsTest, ShowsTheCourseToWhoeverHasTheLink) {
    auto const answer = portal_.call({}, "GET", at());
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.body["course"]["name"], "Biology");
    EXPECT_EQ(answer.body["course"]["leaders"], nlohmann::json({"lea"}));
    EXPECT_EQ(answer.body["course"]["open"], true);
    EXPECT_EQ(answer.body["me"]["application"], nullptr);
    EXPECT_EQ(portal_.call(lea_, "GET", at()).body["me"]["leader"], true);
    EXPECT_EQ(portal_.call({.cookie = "outdated"}, "GET", at()).status, 200U);
}

TEST_F(InvitationCallsTest, SignsNobodyUpUnderANameThatMeansSomethingElse) {
    for (auto const* const name : {"root", "Admin", "www-data", "hub"}) {
        auto const answer = sign_up({{"username", name}, {"password", "a long password"}});
        EXPECT_THAT(answer.problem(), StartsWith("409 username: the name ")) << name;
    }
}

TEST_F(InvitationCallsTest, SignsUpLogsInAndApplies) {
    auto const signed_up = sign_up({{"username", "Pia"},
                                    {"password", "a long password"},
                                    {"email", "pia@example.org"},
                                    {"display_name", "Pia P."}});
    ASSERT_EQ(signed_up.status, 201U) << signed_up.problem();
    EXPECT_EQ(signed_up.body["username"], "pia");
    EXPECT_EQ(signed_up.body["roles"], nlohmann::json::array());
    auto const pia = TestPortal::caller_of(signed_up);
    EXPECT_EQ(portal_.call(pia, "GET", "/courses").body["items"].size(), 0U);

    auto const applied = apply(pia);
    ASSERT_EQ(applied.status, 201U) << applied.problem();
    EXPECT_EQ(applied.body["state"], "pending");
    EXPECT_EQ(applied.body["course"], "biology");
    auto const course = portal_.call(pia, "GET", "/courses/biology").body;
    EXPECT_EQ(course["me"]["participant"], "pending");
    EXPECT_EQ(course["me"]["may"], nlohmann::json::array());
    EXPECT_EQ(portal_.call(pia, "GET", at()).body["me"]["application"], "pending");
    EXPECT_EQ(portal_.kinds()[0], "application_made");
}

/// An account that a course's hub has made is nobody's yet.
TEST_F(InvitationCallsTest, CompletesAnAccountThatTheHubMadeAndLetsTheLeadersDecideAgain) {
    auto const biology = portal_.find_course("biology").id;
    auto other = portal_.course();
    other["slug"] = "art";
    ASSERT_EQ(portal_.call(lea_, "POST", "/courses", other).status, 201U);
    auto const art = portal_.find_course("art").id;
    User const waiting{.id = UserId("id-pia"), .name = "pia", .display_name = "pia"};
    portal_.store().write([&](Transaction& t) -> Result<> {
        TRY_VOID(t.users().insert(waiting));
        for (auto const& course : {biology, art}) {
            TRY_VOID(t.applications().insert(
                {.course = course, .user = waiting.id, .state = ApplicationState::Accepted}));
            TRY_VOID(t.hub_groups().insert({.course = course, .name = "tutors"}));
            TRY_VOID(t.hub_groups().add_member(course, "tutors", waiting.id));
        }
        return {};
    });
    nlohmann::json const wish{{"username", "pia"}, {"password", "a long password"}};
    auto const signed_up = sign_up(wish);
    ASSERT_EQ(signed_up.status, 201U) << signed_up.problem();
    auto const pia = TestPortal::caller_of(signed_up);
    EXPECT_EQ(portal_.call(pia, "GET", "/courses/art").body["me"]["participant"], "pending");
    auto const applied = apply(pia);
    EXPECT_EQ(applied.status, 201U) << applied.problem();
    EXPECT_EQ(applied.body["state"], "pending");
    for (auto const& course : {biology, art})
        EXPECT_TRUE(
            portal_.store()
                .write([&](Transaction& t) { return t.hub_groups().of_user(course, waiting.id); })
                .empty());
    // From now on it is theirs.
    EXPECT_EQ(sign_up(wish).status, 409U);
}

TEST_F(InvitationCallsTest, CompletesNoAccountOfSomebodyElse) {
    auto const biology = portal_.find_course("biology").id;
    auto const insert = [&](User const& user, bool applied) {
        portal_.store().write([&](Transaction& t) -> Result<> {
            TRY_VOID(t.users().insert(user));
            if (!applied) return {};
            return t.applications().insert(
                {.course = biology, .user = user.id, .state = ApplicationState::Accepted});
        });
    };
    auto const named = [](std::string const& name) {
        return User{.id = UserId("id-" + name), .name = name, .display_name = name};
    };
    auto with_password = named("pia");
    with_password.password_hash = "$argon2id$";
    insert(with_password, true);
    auto has_been_in = named("quin");
    has_been_in.last_login_at = Time(Milliseconds(1));
    insert(has_been_in, true);
    auto administrator = named("rob");
    administrator.administrator = true;
    insert(administrator, true);
    auto disabled = named("sue");
    disabled.disabled = true;
    insert(disabled, true);
    insert(named("tim"), false);
    for (auto const* name : {"pia", "quin", "rob", "sue", "tim"})
        EXPECT_EQ(sign_up({{"username", name}, {"password", "a long password"}}).status, 409U)
            << name;
}

TEST_F(InvitationCallsTest, TakesOneApplicationFromEachPerson) {
    auto const eve = portal_.log_in("eve");
    EXPECT_EQ(apply(eve).status, 201U);
    EXPECT_THAT(apply(eve).problem(), HasSubstr("409 you have applied already"));
    EXPECT_EQ(apply(lea_).problem(), "409 you lead this course");
}

TEST_F(InvitationCallsTest, RefusesWrongCodes) {
    auto const sentence =
        "404 this invitation is not valid; ask the course's leader for the current link";
    auto const eve = portal_.log_in("eve");
    for (auto const* const wrong : {"wrong", "%00", "'", "%F0%9F%98%80"}) {
        code_ = wrong;
        auto const opened = portal_.call({}, "GET", at()).problem();
        EXPECT_TRUE(opened == sentence || opened == "404 there is nothing at this path") << opened;
        EXPECT_EQ(sign_up({{"username", "pia"}, {"password", "a long password"}}).status, 404U);
        EXPECT_EQ(apply(eve).status, 404U);
    }
}

TEST_F(InvitationCallsTest, StopsTheOldLinkWhenItIsReplaced) {
    auto const rotated = portal_.call(lea_, "POST", "/courses/biology/invitation/rotate");
    ASSERT_EQ(rotated.status, 200U) << rotated.problem();
    EXPECT_NE(rotated.body["code"], code_);
    EXPECT_EQ(portal_.call({}, "GET", at()).status, 404U);
    EXPECT_EQ(sign_up({{"username", "pia"}, {"password", "a long password"}}).status, 404U);
    EXPECT_EQ(portal_.kinds()[0], "invitation_rotated");
    code_ = rotated.body["code"];
    EXPECT_EQ(portal_.call({}, "GET", at()).status, 200U);
}

TEST_F(InvitationCallsTest, TakesApplicationsOnlyWhileTheTableSaysSo) {
    auto const eve = portal_.log_in("eve");
    for (auto const state : {CourseState::Pending, CourseState::Rejected, CourseState::Canceled,
                             CourseState::Degrading, CourseState::Degraded}) {
        be(state);
        EXPECT_EQ(portal_.call({}, "GET", at()).body["course"]["open"], false);
        EXPECT_THAT(apply(eve).problem(), StartsWith("409 the course takes no applications"));
        EXPECT_EQ(sign_up({{"username", "pia"}, {"password", "a long password"}}).status, 409U);
    }
}

TEST_F(InvitationCallsTest, RefusesAccountsThatAreNotRight) {
    EXPECT_EQ(sign_up({{"username", "EVE"}, {"password", "a long password"}}).problem(),
              "409 username: the user name eve is taken");
    auto const wrong = [&](nlohmann::json const& body) { return sign_up(body).problem(); };
    EXPECT_THAT(wrong({{"username", "p i a"}, {"password", "a long password"}}),
                StartsWith("400 username: "));
    EXPECT_THAT(wrong({{"username", "../pia"}, {"password", "a long password"}}),
                StartsWith("400 username: "));
    EXPECT_THAT(wrong({{"username", std::string(64, 'p')}, {"password", "a long password"}}),
                StartsWith("400 username: "));
    EXPECT_THAT(wrong({{"username", "pia"}, {"password", "short"}}), StartsWith("400 password: "));
    EXPECT_THAT(wrong({{"username", "pia-pia-pia"}, {"password", "pia-pia-pia"}}),
                StartsWith("400 password: "));
    EXPECT_THAT(wrong({{"username", "pia"}, {"password", "a long password"}, {"email", "not one"}}),
                StartsWith("400 email: "));
    EXPECT_THAT(
        wrong({{"username", "pia"}, {"password", "a long password"}, {"roles", {"administrator"}}}),
        StartsWith("400 roles: "));
    EXPECT_EQ(portal_.kinds()[0], "course_requested") << "no account came of it";
}

TEST_F(InvitationCallsTest, IsForLeaders) {
    auto const eve = portal_.log_in("eve");
    EXPECT_EQ(apply(eve).status, 201U);
    EXPECT_EQ(portal_.call(eve, "GET", "/courses/biology/invitation").status, 403U);
    EXPECT_EQ(portal_.call(eve, "POST", "/courses/biology/invitation/rotate").status, 403U);
    be(CourseState::Degraded);
    EXPECT_EQ(portal_.call(lea_, "POST", "/courses/biology/invitation/rotate").status, 409U);
}

}  // namespace
}  // namespace carrel
