#include "portal/test_portal.hpp"

#include <fstream>

namespace carrel {
namespace {

using ::testing::HasSubstr;

class ExportCallsTest : public ::testing::Test {
protected:
    ExportCallsTest() {
        portal_.add_user("lea", false, true);
        lea_ = portal_.log_in("lea");
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
        for (auto const* const name : {"ada", "bob"}) {
            portal_.add_user(name);
            attend(name);
        }
        portal_.change_course("biology", [](Course& row) { row.state = CourseState::Degraded; });
        ada_ = portal_.log_in("ada");
    }
    void attend(std::string const& name) {
        portal_.store().write([&](Transaction& transaction) -> Result<> {
            TRY(auto const course, transaction.courses().find_by_slug("biology"));
            Application application;
            application.course = course.id;
            application.user = UserId("id-of-" + name);
            application.state = ApplicationState::Accepted;
            application.applied_at = portal_.clock().now();
            return transaction.applications().insert(application);
        });
    }
    std::filesystem::path add_export(std::string const& name, bool verified = true) {
        auto const file = portal_.store().folder() / (name + ".zip");
        std::ofstream(file) << "the home of " << name;
        portal_.store().write([&](Transaction& transaction) -> Result<> {
            TRY(auto const course, transaction.courses().find_by_slug("biology"));
            Deployment run;
            run.id = DeploymentId("run-" + name);
            run.course = course.id;
            run.kind = DeploymentKind::Degrade;
            TRY_VOID(transaction.deployments().insert(run));
            Export row;
            row.course = course.id;
            row.user = UserId("id-of-" + name);
            row.deployment = run.id;
            row.file = file;
            row.sha256 = std::string(64, 'a');
            row.bytes = 15;
            row.files = 1;
            row.created_at = portal_.clock().now();
            if (verified) row.verified_at = portal_.clock().now();
            return transaction.exports().put(row);
        });
        return file;
    }
    std::filesystem::path add_folder_export(long long files = 3) {
        auto const file = portal_.store().folder() / "~course.zip";
        std::ofstream(file) << "the course folder";
        portal_.store().write([&](Transaction& transaction) -> Result<> {
            TRY(auto const course, transaction.courses().find_by_slug("biology"));
            return transaction.exports().put_folder({.course = course.id,
                                                     .user = {},
                                                     .deployment = DeploymentId("run"),
                                                     .file = file,
                                                     .sha256 = std::string(64, 'b'),
                                                     .bytes = 17,
                                                     .files = files,
                                                     .created_at = portal_.clock().now(),
                                                     .verified_at = portal_.clock().now()});
        });
        return file;
    }
    Answer take_folder_out(Caller const& caller) {
        return portal_.call(caller, "GET", "/courses/biology/folder");
    }
    nlohmann::json shown_folder(Caller const& caller) {
        return portal_.call(caller, "GET", "/courses/biology").body["folder_export"];
    }
    Answer take_out(Caller const& caller, std::string const& query = "") {
        return portal_.call(caller, "GET", "/courses/biology/takeout" + query);
    }
    TestPortal portal_;
    Caller lea_;
    Caller ada_;
};

TEST_F(ExportCallsTest, GivesEverybodyTheirOwnHome) {
    auto const file = add_export("ada");
    auto const answer = take_out(ada_);
    ASSERT_EQ(answer.status, 200U) << answer.problem();
    EXPECT_EQ(answer.response.file, file);
    EXPECT_EQ(answer.response.headers.get("content-type"), "application/zip");
    EXPECT_THAT(std::string(answer.response.headers.get("content-disposition")),
                HasSubstr("biology-ada.zip"));
    EXPECT_EQ(portal_.kinds()[0], "takeout_downloaded");
    EXPECT_EQ(portal_.call(ada_, "GET", "/courses/biology").body["me"]["may"],
              nlohmann::json({"export"}));
}

TEST_F(ExportCallsTest, WritesADownloadDownOnceWhenItBegins) {
    add_export("ada");
    auto const downloads = [&] {
        auto const kinds = portal_.kinds();
        return std::ranges::count(kinds, "takeout_downloaded");
    };
    auto const ask = [&](std::string const& method, std::string const& range) {
        auto request = portal_.request(method, "/api/v1/courses/biology/takeout", "", ada_);
        if (!range.empty()) request.headers.set("Range", range);
        auto const answer = portal_.send(request);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        EXPECT_TRUE(answer.file);
    };
    ask("HEAD", "");
    EXPECT_EQ(downloads(), 0) << "a page looked whether there is one";
    ask("GET", "");
    EXPECT_EQ(downloads(), 1);
    ask("GET", "bytes=7-");
    EXPECT_EQ(downloads(), 1) << "the rest of one that broke off";
    EXPECT_EQ(take_out(lea_, "?user=ada").status, 200U);
    EXPECT_EQ(downloads(), 2) << "somebody else's";
    portal_.clock().advance(Seconds(601));
    ask("GET", "bytes=1-");
    EXPECT_EQ(downloads(), 3) << "in parts or not, nobody downloads unseen";
}

TEST_F(ExportCallsTest, GivesLeadersAnybodysAndOthersNobodyElses) {
    add_export("ada");
    add_export("bob");
    EXPECT_EQ(take_out(lea_, "?user=bob").status, 200U);
    EXPECT_EQ(portal_.store().events()[0].subject, "bob");
    EXPECT_EQ(take_out(ada_, "?user=bob").status, 403U);
    EXPECT_EQ(take_out(ada_, "?user=nobody").status, 403U);
    EXPECT_EQ(take_out(ada_, "?user=Ada").status, 200U);
    EXPECT_EQ(take_out(lea_, "?user=nobody").status, 404U);
    EXPECT_EQ(take_out(lea_, "?user=..%2F").status, 404U);
    EXPECT_EQ(take_out(lea_).status, 404U) << "the leader has no home there";
}

TEST_F(ExportCallsTest, GivesNothingThatIsNotVerifiedOrGone) {
    EXPECT_EQ(take_out(ada_).status, 404U);
    auto const file = add_export("ada", false);
    EXPECT_EQ(take_out(ada_).status, 404U);
    add_export("bob");
    std::filesystem::remove(portal_.store().folder() / "bob.zip");
    EXPECT_EQ(take_out(lea_, "?user=bob").status, 503U);
}

TEST_F(ExportCallsTest, GivesTheCourseFolderToAllWhoAreInTheCourse) {
    EXPECT_EQ(take_folder_out(ada_).status, 404U);
    EXPECT_EQ(shown_folder(ada_), nullptr);
    auto const file = add_folder_export();
    EXPECT_EQ(shown_folder(ada_)["files"], 3);
    EXPECT_EQ(shown_folder(lea_)["bytes"], 17);
    for (auto const& caller : {ada_, lea_}) {
        auto const answer = take_folder_out(caller);
        ASSERT_EQ(answer.status, 200U) << answer.problem();
        EXPECT_EQ(answer.response.file, file);
        EXPECT_THAT(std::string(answer.response.headers.get("content-disposition")),
                    HasSubstr("\"biology.zip\""));
    }
    EXPECT_EQ(portal_.kinds()[0], "folder_downloaded");
    EXPECT_EQ(std::ranges::count(portal_.kinds(), "folder_downloaded"), 2);
    take_folder_out(ada_);
    EXPECT_EQ(std::ranges::count(portal_.kinds(), "folder_downloaded"), 2) << "once each";
}

TEST_F(ExportCallsTest, GivesTheCourseFolderToNobodyElse) {
    add_folder_export();
    portal_.add_user("eve");
    auto const eve = portal_.log_in("eve");
    EXPECT_EQ(take_folder_out(eve).status, 404U) << "for her there is no such course";
    for (auto const state : {ApplicationState::Pending, ApplicationState::Rejected}) {
        portal_.store().write([&](Transaction& transaction) -> Result<> {
            TRY(auto const course, transaction.courses().find_by_slug("biology"));
            TRY(auto application, transaction.applications().find(course.id, UserId("id-of-ada")));
            application.state = state;
            return transaction.applications().update(application);
        });
        EXPECT_EQ(take_folder_out(ada_).status, 403U) << name_of(state);
        EXPECT_EQ(shown_folder(ada_), nullptr) << name_of(state);
    }
}

TEST_F(ExportCallsTest, OffersNoEmptyCourseFolder) {
    add_folder_export(0);
    EXPECT_EQ(shown_folder(lea_), nullptr);
    EXPECT_EQ(take_folder_out(lea_).status, 404U);
}

TEST_F(ExportCallsTest, ListsForLeaders) {
    add_export("bob");
    add_export("ada", false);
    auto const list = portal_.call(lea_, "GET", "/courses/biology/exports");
    ASSERT_EQ(list.body["items"].size(), 2U);
    EXPECT_EQ(list.body["items"][0]["username"], "ada");
    EXPECT_EQ(list.body["items"][0]["verified_at"], nullptr);
    EXPECT_EQ(list.body["items"][1]["bytes"], 15);
    auto const page = portal_.call(lea_, "GET", "/courses/biology/exports?limit=1");
    EXPECT_EQ(page.body["next"], "ada");
    auto const rest = portal_.call(lea_, "GET", "/courses/biology/exports?limit=1&after=ada");
    EXPECT_EQ(rest.body["items"][0]["username"], "bob");
    EXPECT_EQ(portal_.call(ada_, "GET", "/courses/biology/exports").status, 403U);
}

}  // namespace
}  // namespace carrel
