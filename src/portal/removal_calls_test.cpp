#include "auth/removal/removal_order.hpp"
#include "portal/test_portal.hpp"
#include "store/mail_tables.hpp"
#include "store/removal_end.hpp"

namespace carrel {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class RemovalCallsTest : public ::testing::Test {
protected:
    RemovalCallsTest() {
        portal_.add_user("root", true);
        eve_ = portal_.add_user("eve", false, true);
        root_ = portal_.log_in("root");
    }
    Answer remove(std::string const& name, nlohmann::json const& leftovers = "keep") {
        return portal_.call(root_, "POST", "/users/" + name + "/removal",
                            {{"leftovers", leftovers}});
    }
    template <class Work>
    auto read(Work work) {
        return portal_.store().write(work);
    }
    User eve() {
        return read([&](Transaction& t) { return t.users().find(eve_.id); });
    }
    void finish() {
        read([&](Transaction& t) -> Result<> {
            TRY(auto const removal, t.removals().find(eve_.id));
            return finish_removal(t, removal, portal_.clock().now());
        });
    }
    std::vector<std::string> outbox() {
        std::vector<std::string> items;
        for (auto const& item : portal_.store().outbox())
            items.push_back(item.kind + " " + item.payload);
        return items;
    }

    TestPortal portal_;
    User eve_;
    Caller root_;
};

TEST_F(RemovalCallsTest, WithoutAChoiceNobodyIsRemoved) {
    auto const question =
        "400 leftovers: say what becomes of the files that they leave behind: keep, export or "
        "delete";
    EXPECT_EQ(portal_.call(root_, "POST", "/users/eve/removal", nlohmann::json::object()).problem(),
              question);
    EXPECT_EQ(remove("eve", nullptr).problem(), question);
    EXPECT_EQ(remove("eve", "burn").problem(), question);
    EXPECT_EQ(portal_.call_raw(root_, "POST", "/users/eve/removal", "").status / 100, 4U);
    EXPECT_FALSE(eve().removed_at);
}

TEST_F(RemovalCallsTest, WhoIsRemovedIsOutWithEverythingTheyHad) {
    auto const session = portal_.log_in("eve");
    auto const token = portal_.with_token(session, {"self"});
    ASSERT_EQ(portal_.call(session, "POST", "/courses", portal_.course()).status, 201U);
    read([&](Transaction& t) -> Result<> {
        TRY(auto const course, t.courses().find_by_slug("biology"));
        TRY_VOID(t.hub_groups().insert({.course = course.id, .name = "tutors"}));
        TRY_VOID(t.hub_groups().add_member(course.id, "tutors", eve_.id));
        TRY_VOID(t.second_factors().insert({.id = "f",
                                            .user = eve_.id,
                                            .kind = FactorKind::Totp,
                                            .name = "phone",
                                            .credential = "",
                                            .secret = "sealed"}));
        TRY_VOID(t.second_factors().set_recovery_codes(eve_.id, {"hash"}));
        TRY_VOID(t.login_places().note(eve_.id, "address 192.0.2.1", portal_.clock().now()));
        TRY_VOID(mail_of(t).mail_tokens().put({.hash = "link",
                                               .kind = MailKind::ResetPassword,
                                               .user = eve_.id,
                                               .address = "eve@example.org",
                                               .expires_at = portal_.clock().now() + Seconds(60)}));
        TRY_VOID(t.half_logins().insert(
            {.hash = "half", .user = eve_.id, .expires_at = portal_.clock().now() + Seconds(60)}));
        return t.login_identities().insert(
            {.login = "campus", .subject = "s", .user = eve_.id, .shown = "Eve"});
    });
    auto const removed = remove("eve", "delete");
    EXPECT_EQ(removed.status, 202U) << removed.problem();
    EXPECT_EQ(removed.body["username"], "eve");
    EXPECT_TRUE(removed.body["finished_at"].is_null());

    for (auto const& caller : {session, token})
        EXPECT_EQ(portal_.call(caller, "GET", "/me").status, 401U);
    EXPECT_EQ(portal_
                  .call({}, "POST", "/session",
                        {{"username", "eve"}, {"password", TestPortal::password_of("eve")}})
                  .problem(),
              "401 the user name or the password is wrong");
    read([&](Transaction& t) -> Result<> {
        TRY(auto const course, t.courses().find_by_slug("biology"));
        EXPECT_THAT(course.leaders, IsEmpty());
        EXPECT_THAT(t.hub_groups().of_user(course.id, eve_.id).value(), IsEmpty());
        EXPECT_THAT(t.second_factors().of_user(eve_.id).value(), IsEmpty());
        EXPECT_EQ(t.second_factors().recovery_codes_left(eve_.id).value(), 0);
        EXPECT_FALSE(t.login_places().knows(eve_.id, "address 192.0.2.1").value());
        EXPECT_FALSE(t.half_logins().find("half"));
        EXPECT_FALSE(mail_of(t).mail_tokens().find("link"));
        EXPECT_THAT(t.tokens().of_user(eve_.id).value(), IsEmpty());
        EXPECT_THAT(t.login_identities().of_user(eve_.id).value(), IsEmpty());
        return {};
    });
    EXPECT_THAT(outbox(), Contains(HasSubstr("remove_participant")));
    EXPECT_THAT(outbox(), Contains(HasSubstr("token:")));
    EXPECT_THAT(portal_.kinds(), Contains("user_removed"));
    EXPECT_EQ(eve().email, "");
    EXPECT_FALSE(eve().leader);
    for (auto const& user : portal_.call(root_, "GET", "/users").body["items"])
        EXPECT_NE(user["username"], "eve");
}

TEST_F(RemovalCallsTest, WhoIsRemovedIsOutOfEveryCourseTheyEverHadSomethingIn) {
    auto const leader = portal_.log_in(portal_.add_user("lea", false, true).name);
    for (auto const* const slug : {"biology", "botany"})
        ASSERT_EQ(portal_.call(leader, "POST", "/courses", portal_.course(slug)).status, 201U);
    std::string left;
    read([&](Transaction& t) -> Result<> {
        TRY(auto const biology, t.courses().find_by_slug("biology"));
        TRY(auto const botany, t.courses().find_by_slug("botany"));
        left = botany.id.value();
        TRY_VOID(t.applications().insert({.course = biology.id,
                                          .user = eve_.id,
                                          .state = ApplicationState::Accepted,
                                          .applied_at = portal_.clock().now()}));
        TRY_VOID(t.hub_tokens().insert({.secret_hash = "of-the-hub",
                                        .course = biology.id,
                                        .user = eve_.id,
                                        .scopes = "inherit",
                                        .created_at = portal_.clock().now()}));
        TRY_VOID(t.homes().number_of(botany.id, eve_.id, 1000));
        return {};
    });
    ASSERT_EQ(remove("eve", "export").status, 202U);
    read([&](Transaction& t) -> Result<> {
        EXPECT_THAT(t.applications().of_user(eve_.id).value(), IsEmpty());
        EXPECT_FALSE(t.hub_tokens().find_by_secret_hash("of-the-hub"));
        return {};
    });
    EXPECT_THAT(outbox(),
                Contains(testing::AllOf(HasSubstr("remove_participant"), HasSubstr(left))));
}

TEST_F(RemovalCallsTest, AnIdentityStaysOnlyAsTheProofOfWhoComesBack) {
    read([&](Transaction& t) {
        return t.login_identities().insert(
            {.login = "campus", .subject = "s", .user = eve_.id, .shown = "Eve"});
    });
    EXPECT_EQ(remove("eve", "keep").status, 202U);
    EXPECT_EQ(read([&](Transaction& t) { return t.login_identities().of_user(eve_.id); }).size(),
              1U);
}

TEST_F(RemovalCallsTest, OrdersAreListedWithTheNameThatTheyHad) {
    remove("eve", "export");
    finish();
    auto const items = portal_.call(root_, "GET", "/removals").body["items"];
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0]["username"], "eve");
    EXPECT_EQ(items[0]["leftovers"], "export");
    EXPECT_EQ(items[0]["ordered_by"], "root");
    EXPECT_FALSE(items[0]["finished_at"].is_null());
    EXPECT_EQ(portal_.store().events().front().subject, "eve");
}

TEST_F(RemovalCallsTest, ServersAreForgottenWithTheFilesAndKeptWithThem) {
    ASSERT_EQ(portal_.call(portal_.log_in("eve"), "POST", "/courses", portal_.course()).status,
              201U);
    auto const course = read([](Transaction& t) { return t.courses().find_by_slug("biology"); }).id;
    auto const rows = [&] {
        return read([&](Transaction& t) { return t.servers().of_course(course); }).size();
    };
    read([&](Transaction& t) {
        return t.servers().put({.course = course,
                                .user = eve_.id,
                                .name = "",
                                .state = ServerState::Failed,
                                .log_tail = "what she wrote"});
    });
    remove("eve", "keep");
    finish();
    EXPECT_EQ(rows(), 1U);
    ASSERT_EQ(portal_.call(root_, "DELETE", "/users/eve/removal").status, 200U);
    remove("eve", "export");
    finish();
    EXPECT_EQ(rows(), 0U);
}

TEST_F(RemovalCallsTest, TheNameIsTakenUntilTheFilesAreGoneAndAlwaysWhenTheyAreKept) {
    nlohmann::json const again{{"username", "eve"}, {"password", "correct horse of eve"}};
    remove("eve", "delete");
    EXPECT_EQ(portal_.call(root_, "POST", "/users", again).status, 409U);
    finish();
    EXPECT_EQ(portal_.call(root_, "POST", "/users", again).status, 201U);
    EXPECT_TRUE(eve().name.starts_with("eve~"));
    // And the next one of the name can be kept.
    EXPECT_EQ(remove("eve", "keep").status, 202U);
    EXPECT_EQ(portal_.call(root_, "POST", "/users", again).status, 409U);
}

TEST_F(RemovalCallsTest, WhoseFilesAreKeptCanBeBroughtBack) {
    auto const bring_back = [&] { return portal_.call(root_, "DELETE", "/users/eve/removal"); };
    EXPECT_EQ(bring_back().status, 409U);
    remove("eve", "keep");
    EXPECT_EQ(bring_back().status, 409U) << "the hub may be stopping servers still";
    finish();
    auto const back = bring_back();
    EXPECT_EQ(back.status, 200U) << back.problem();
    EXPECT_TRUE(back.body["roles"].empty());
    EXPECT_FALSE(eve().removed_at);
    EXPECT_THAT(portal_.kinds(), Contains("user_returned"));
    EXPECT_EQ(portal_.call(root_, "GET", "/removals").body["items"].size(), 0U);
}

TEST_F(RemovalCallsTest, WhoseFilesAreNotKeptDoesNotComeBack) {
    remove("eve", "export");
    finish();
    auto const back = portal_.store()->write([&](Transaction& t) {
        auto user = eve_;
        return bring_back(t, user, "root", portal_.clock().now());
    });
    EXPECT_EQ(back.error().code, Code::Conflict);
    EXPECT_TRUE(eve().removed_at);
}

TEST_F(RemovalCallsTest, NobodyGivesARemovedAccountRolesOrAPassword) {
    EXPECT_EQ(remove("eve").status, 202U);
    auto const refused = "409 eve is removed; bring them back first";
    for (auto const& change : {nlohmann::json{{"roles", {"administrator"}}},
                               nlohmann::json{{"password", "a long enough password"}}})
        EXPECT_EQ(portal_.call(root_, "PATCH", "/users/eve", change).problem(), refused);
    EXPECT_FALSE(eve().administrator);
    EXPECT_TRUE(eve().password_hash.empty());
}

TEST_F(RemovalCallsTest, NeitherOneselfNorTheLastAdministrator) {
    EXPECT_EQ(remove("root").problem(),
              "409 nobody removes themselves; another administrator has to");
    portal_.add_user("second", true);
    auto const last = portal_.store()->write([&](Transaction& t) -> Result<Removal> {
        TRY(auto second, t.users().find_by_name("second"));
        TRY(auto root, t.users().find_by_name("root"));
        root.admission = Admission::Denied;
        TRY_VOID(t.users().update(root));
        return order_removal(
            t, second,
            {.leftovers = Leftovers::Keep, .ordered_by = {}, .now = portal_.clock().now()});
    });
    EXPECT_EQ(last.error().message,
              "second is the last administrator; name another one before removing this one");
    EXPECT_EQ(remove("second").status, 202U);
}

TEST_F(RemovalCallsTest, StrangersAndWhoIsGoneAreNotThere) {
    EXPECT_EQ(remove("nobody-here").status, 404U);
    EXPECT_EQ(remove("..%2f..").status, 404U);
    remove("eve", "keep");
    EXPECT_EQ(remove("eve", "delete").problem(), "409 eve is removed already");
}

TEST_F(RemovalCallsTest, ItIsForAdministrators) {
    auto const eve = portal_.log_in("eve");
    EXPECT_EQ(portal_.call(eve, "POST", "/users/root/removal", {{"leftovers", "keep"}}).status,
              403U);
    EXPECT_EQ(portal_.call(eve, "DELETE", "/users/root/removal").status, 403U);
    EXPECT_EQ(portal_.call(eve, "GET", "/removals").status, 403U);
}

}  // namespace
}  // namespace carrel
