#include "app/import/import_plan.hpp"

#include "app/import/import_report.hpp"
#include "auth/test_store.hpp"
#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

JupyterHubContents people(std::vector<std::string> const& names) {
    JupyterHubContents contents;
    for (auto const& name : names) contents.users.push_back({.name = name});
    return contents;
}

JupyterHubContents an_admin(std::string const& name) {
    auto contents = people({name});
    contents.users.at(0).admin = true;
    return contents;
}

std::vector<std::string> names_of(ImportPlan const& plan) {
    std::vector<std::string> names;
    for (auto const& person : plan.people) names.push_back(person.name);
    return names;
}

std::vector<std::string> left_out_of(ImportPlan const& plan) {
    std::vector<std::string> names;
    for (auto const& person : plan.left_out) names.push_back(person.old_name);
    return names;
}

TEST(ImportPlan, TakesNamesInTheirNormalForm) {
    auto const plan = plan_import(people({"Bob", "ada", "c.d_e-1", "admin"}), {}).value();
    EXPECT_THAT(names_of(plan), ElementsAre("ada", "admin", "bob", "c.d_e-1"));
    EXPECT_THAT(plan.left_out, IsEmpty());
}

TEST(ImportPlan, LeavesOutWhomItCannotName) {
    auto const names = {std::string("björn"),  std::string("ada@example.org"),
                        std::string(" ada"),   std::string("a/b"),
                        std::string("root"),   std::string(64, 'x'),
                        std::string("\x1b[2J")};
    auto const plan = plan_import(people(names), {}).value();
    EXPECT_THAT(plan.people, IsEmpty());
    EXPECT_EQ(plan.left_out.size(), names.size());
    EXPECT_THAT(plan.left_out[4].why, testing::Not(IsEmpty()));
}

TEST(ImportPlan, GivesNobodyAnAccountThatTwoCouldMean) {
    auto const plan = plan_import(people({"Ada", "ada", "bob"}), {}).value();
    EXPECT_THAT(names_of(plan), ElementsAre("bob"));
    EXPECT_THAT(left_out_of(plan), ElementsAre("Ada", "ada"));
    EXPECT_THAT(plan.left_out[0].why, HasSubstr("2 people would be called ada"));
}

TEST(ImportPlan, GivesTheNamesItIsTold) {
    auto const names =
        parse_new_names("# old,new\nAda,ada-l\r\nbj\u00f6rn,bjorn\n\na,b,ab\n").value();
    auto const plan = plan_import(people({"Ada", "ada", "bj\u00f6rn", "a,b"}), names).value();
    EXPECT_THAT(names_of(plan), ElementsAre("ab", "ada", "ada-l", "bjorn"));
    EXPECT_EQ(plan_import(people({"Ada"}), names).error().code, Code::InvalidArgument)
        << "a name that is not there is a mistake";
}

TEST(ImportPlan, ExplainsWrongLinesOfNames) {
    for (auto const* const text : {"ada", "ada,", "ada,\u00e4", "ada,a\nada,b"})
        EXPECT_THAT(parse_new_names(text).error().message, HasSubstr("line ")) << text;
}

class ImportTest : public testing::Test {
protected:
    ImportTest() {
        store_.add_user("lea");
        Course course;
        course.id = CourseId("c");
        course.request.slug = "maths";
        course.request.expected_participants = 3;
        course.state = CourseState::Deployed;
        course.requested_by = id_of("lea");
        course.leaders = {id_of("lea")};
        course.invitation_code = "code";
        store_.write(
            [&](Transaction& transaction) { return transaction.courses().insert(course); });
    }

    UserId id_of(std::string const& name) {
        return store_
            .write([&](Transaction& transaction) { return transaction.users().find_by_name(name); })
            .id;
    }
    User user(std::string const& name) {
        return store_.write(
            [&](Transaction& transaction) { return transaction.users().find_by_name(name); });
    }
    Course course() {
        return store_.write(
            [&](Transaction& transaction) { return transaction.courses().find(CourseId("c")); });
    }
    void change_course(std::function<void(Course&)> const& change) {
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY(auto course, transaction.courses().find(CourseId("c")));
            change(course);
            return transaction.courses().update(course);
        });
    }
    Result<ImportOutcome> import(JupyterHubContents const& contents,
                                 Admins admins = Admins::Participants,
                                 std::map<std::string, std::string> const& hashes = {}) {
        TRY(auto const plan, plan_import(contents, {}));
        return (*store_).write([&](Transaction& transaction) -> Result<ImportOutcome> {
            TRY(auto outcome, look(transaction, plan, "maths", admins));
            TRY_VOID(apply(transaction, outcome, hashes, random_, now_));
            return outcome;
        });
    }
    std::vector<std::string> participants() {
        std::vector<std::string> names;
        store_.write([&](Transaction& transaction) -> Result<> {
            TRY(auto const all, transaction.applications().of_course(
                                    CourseId("c"), ApplicationState::Accepted, {}));
            for (auto const& each : all) {
                TRY(auto const user, transaction.users().find(each.user));
                names.push_back(user.name);
            }
            return {};
        });
        std::ranges::sort(names);
        return names;
    }
    size_t events() { return store_.events().size(); }

    TestStore store_;
    CountingRandom random_;
    Time now_{Seconds(1'700'000'000)};
};

TEST_F(ImportTest, MakesParticipantsWithoutAPassword) {
    Time const created{Seconds(1'600'000'000)};
    auto contents = an_admin("Ada");
    contents.users.at(0).created = created;
    contents.users.push_back({.name = "bob"});
    ASSERT_TRUE(import(contents));
    EXPECT_THAT(participants(), ElementsAre("ada", "bob"));
    auto const ada = user("ada");
    EXPECT_TRUE(ada.password_hash.empty());
    EXPECT_FALSE(ada.administrator) << "nobody governs without being asked for";
    EXPECT_EQ(ada.created_at, created);
    EXPECT_EQ(user("bob").created_at, now_);
}

TEST_F(ImportTest, DoneAgainChangesNothing) {
    auto contents = an_admin("ada");
    contents.users.push_back({.name = "bob"});
    contents.groups.push_back({.name = "class", .members = {"ada", "bob"}});
    ASSERT_TRUE(import(contents, Admins::Leaders, {{"ada", "$hash-1"}}));
    auto const before = events();
    auto const again = import(contents, Admins::Leaders, {{"ada", "$hash-2"}});
    ASSERT_TRUE(again) << again.error().message;
    for (auto const& decision : again->decisions) EXPECT_EQ(decision.step, Step::LeaveAsIs);
    EXPECT_EQ(user("ada").password_hash, "$hash-1");
    EXPECT_EQ(course().leaders.size(), 2U);
    EXPECT_EQ(events(), before);
}

TEST_F(ImportTest, LeavesAccountsThatAreThereAsTheyAre) {
    store_.add_user("ada");
    store_.change_user("ada", [](User& ada) {
        ada.password_hash = "$mine";
        ada.disabled = true;
    });
    ASSERT_TRUE(import(people({"ada", "lea"}), Admins::Participants, {{"ada", "$theirs"}}));
    EXPECT_EQ(user("ada").password_hash, "$mine");
    EXPECT_TRUE(user("ada").disabled);
    EXPECT_THAT(participants(), ElementsAre("ada")) << "who leads needs no place";
}

TEST_F(ImportTest, DoesNotOverruleALeader) {
    ASSERT_TRUE(import(people({"ada"})));
    store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto const ada, transaction.users().find_by_name("ada"));
        TRY(auto application, transaction.applications().find(CourseId("c"), ada.id));
        application.state = ApplicationState::Rejected;
        return transaction.applications().update(application);
    });
    auto const again = import(an_admin("ada"), Admins::Administrators);
    EXPECT_EQ(again->decisions.at(0).step, Step::LeaveRejected);
    EXPECT_THAT(participants(), IsEmpty());
    EXPECT_FALSE(user("ada").administrator);
}

TEST_F(ImportTest, MakesAdminsWhatItIsTold) {
    auto contents = an_admin("ada");
    contents.users.push_back({.name = "bob"});
    ASSERT_TRUE(import(contents, Admins::Administrators));
    EXPECT_TRUE(user("ada").administrator);
    EXPECT_FALSE(user("bob").administrator);
    EXPECT_THAT(participants(), ElementsAre("ada", "bob"));
    ASSERT_TRUE(import(an_admin("cy"), Admins::Leaders));
    EXPECT_EQ(course().leaders.back(), user("cy").id);
    EXPECT_THAT(participants(), ElementsAre("ada", "bob"));
}

TEST_F(ImportTest, TakesNobodyWhenNotAllHaveRoom) {
    auto const refused = import(people({"a1", "a2", "a3", "a4"}));
    EXPECT_EQ(refused.error().code, Code::Conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("requested for 3 participants"));
    EXPECT_THAT(participants(), IsEmpty());
    ASSERT_TRUE(import(people({"a1", "a2", "a3"})));
    EXPECT_TRUE(import(people({"a1", "a2", "a3"}))) << "whoever is in needs no more room";
}

TEST_F(ImportTest, TakesNobodyIntoACourseThatHasEnded) {
    change_course([](Course& course) { course.state = CourseState::Degraded; });
    EXPECT_THAT(import(people({"ada"})).error().message, HasSubstr("while it is degraded"));
}

TEST_F(ImportTest, BringsGroupsOfThoseWhoCome) {
    auto contents = people({"Ada", "bob", "bj\u00f6rn"});
    contents.groups = {{.name = "class", .properties = R"({"room": 7})", .members = {"Ada", "bob"}},
                       {.name = "others", .properties = "null", .members = {"bj\u00f6rn"}}};
    ASSERT_TRUE(import(contents));
    auto const groups = [&] {
        return store_.write([](Transaction& transaction) {
            return transaction.hub_groups().of_course(CourseId("c"));
        });
    };
    auto const members = [&](std::string const& group) {
        return store_
            .write([&](Transaction& transaction) {
                return transaction.hub_groups().members(CourseId("c"), group);
            })
            .size();
    };
    ASSERT_EQ(groups().size(), 2U);
    EXPECT_EQ(groups()[0].properties, R"({"room":7})");
    EXPECT_EQ(groups()[1].properties, "{}");
    EXPECT_EQ(members("class"), 2U);
    EXPECT_EQ(members("others"), 0U);
    // What was changed here since is not undone by doing it again.
    store_.write([&](Transaction& transaction) -> Result<> {
        TRY(auto group, transaction.hub_groups().find(CourseId("c"), "class"));
        group.properties = "{}";
        return transaction.hub_groups().update(group);
    });
    contents.groups[0].members.emplace_back("bj\u00f6rn");
    ASSERT_TRUE(import(contents));
    EXPECT_EQ(groups()[0].properties, "{}");
    EXPECT_EQ(members("class"), 2U);
}

TEST_F(ImportTest, TheReportNamesEverybodyAndDrivesNoTerminal) {
    auto const plan = plan_import(people({"Bob", "bad\x1b[2Jname"}), {}).value();
    auto const outcome = store_.write([&](Transaction& transaction) {
        return look(transaction, plan, "maths", Admins::Participants);
    });
    auto contents = people({"Bob", "x"});
    contents.api_tokens = 2;
    contents.roles.push_back({.name = "teacher",
                              .description = "Teaches \x1b[2J",
                              .scopes = {"list:users", "access:servers"},
                              .users = {"Bob", "nobody"},
                              .groups = {"class"}});
    auto const text = report_of(contents, plan, outcome);
    EXPECT_THAT(text, HasSubstr("Bob"));
    EXPECT_THAT(text, HasSubstr("new account, participant"));
    EXPECT_THAT(text, HasSubstr("left out: "));
    EXPECT_THAT(text, HasSubstr("2 tokens (only hashes are stored: make new ones)"));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_THAT(text, HasSubstr("[[roles]]\nname = \"teacher\"\ndescription = \"Teaches "
                                "\\u001b[2J\"\nscopes = [\"list:users\",\"access:servers\"]\n"
                                "users = [\"bob\"]\ngroups = [\"class\"]\n"
                                "courses = [\"maths\"]\n"));
}

}  // namespace
}  // namespace carrel
