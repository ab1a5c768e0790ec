#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CourseImageCallsTest : public ::testing::Test {
protected:
    CourseImageCallsTest() {
        portal_.add_user("root", true);
        portal_.add_user("lea", false, true);
        portal_.add_user("bob");
        lea_ = portal_.log_in("lea");
        root_ = portal_.log_in("root");
    }
    Answer ask(nlohmann::json const& image, std::string const& environment = "jupyterlab") {
        auto body = portal_.course();
        body["image"] = image;
        body["environment"] = environment;
        return portal_.call(lea_, "POST", "/courses", body);
    }
    TestPortal portal_;
    Caller lea_;
    Caller root_;
};

TEST_F(CourseImageCallsTest, ACourseKeepsTheImageThatItsLeaderNames) {
    auto const asked = ask("quay.io/jupyter/base-notebook");
    ASSERT_EQ(asked.status, 201U) << asked.problem();
    EXPECT_EQ(asked.body["image"], "quay.io/jupyter/base-notebook:latest");
    auto const event = portal_.store().events()[0];
    EXPECT_EQ(event.kind, "course_requested");
    EXPECT_THAT(event.detail, HasSubstr("quay.io/jupyter/base-notebook:latest"));
    auto const seen = portal_.call(root_, "GET", "/courses?state=pending");
    EXPECT_EQ(seen.body["items"][0]["image"], "quay.io/jupyter/base-notebook:latest")
        << "who accepts it sees it before";
    auto const accepted = portal_.call(root_, "POST", "/courses/biology/accept");
    ASSERT_EQ(accepted.status, 200U) << accepted.problem();
    EXPECT_THAT(portal_.store().events()[0].detail, HasSubstr("base-notebook"));
}

TEST_F(CourseImageCallsTest, NamesNoneUnlessItIsAsked) {
    EXPECT_EQ(ask(nullptr).body["image"], nullptr);
    EXPECT_EQ(portal_.find_course("biology").request.image, "");
}

TEST_F(CourseImageCallsTest, RefusesAnImageThatIsNotAllowed) {
    EXPECT_THAT(ask("quay.io/other/lab").problem(),
                AllOf(StartsWith("400 image: the image quay.io/other/lab:latest may not be used"),
                      HasSubstr("allows only quay.io/jupyter/*")));
    EXPECT_THAT(ask("jupyter/base-notebook").problem(),
                StartsWith("400 image: the image docker.io/jupyter/base-notebook:latest"))
        << "it is compared as it is spelled in full";
    EXPECT_THAT(ask("quay.io/jupyter/lab", "plain").problem(), HasSubstr("nobody names one"));
    EXPECT_TRUE(portal_.kinds().empty() || portal_.kinds()[0] != "course_requested");
}

TEST_F(CourseImageCallsTest, RefusesWhatIsNoImage) {
    for (auto const* text :
         {"quay.io/jupyter/lab; rm -rf /", "quay.io/jupyter/$(id)", "quay.io/jupyter/`id`",
          "quay.io/jupyter/lab|x", "quay.io/jupyter/Lab", "quay.io/jupyter/../other/lab",
          "--privileged", "quay.io/jupyter/lab\n", "quay.io/jupyter/läb",
          "quay.io/jupyter/lab:", " quay.io/jupyter/lab"})
        EXPECT_THAT(ask(text).problem(), StartsWith("400 image: '")) << text;
    EXPECT_EQ(ask("quay.io/jupyter/" + std::string(2000, 'a')).status, 400U);
    EXPECT_EQ(ask(7).problem().substr(0, 10), "400 image:");
}

TEST_F(CourseImageCallsTest, IsNotAcceptedWithAnImageThatIsForbiddenMeanwhile) {
    ASSERT_EQ(ask("quay.io/jupyter/lab:v1").status, 201U);
    portal_.change_course("biology",
                          [](Course& row) { row.request.image = "quay.io/formerly/lab:v1"; });
    EXPECT_THAT(portal_.call(root_, "POST", "/courses/biology/accept").problem(),
                StartsWith("409 image: the image quay.io/formerly/lab:v1 may not be used"));
    EXPECT_EQ(portal_.find_course("biology").state, CourseState::Pending);
    EXPECT_EQ(portal_.call(root_, "POST", "/courses/biology/reject", {{"reason", "no"}}).status,
              200U);
}

TEST_F(CourseImageCallsTest, TellsLeadersWhichImagesAreAllowed) {
    auto const told = portal_.call(lea_, "GET", "/images");
    ASSERT_EQ(told.status, 200U) << told.problem();
    EXPECT_EQ(
        told.body["environments"],
        (nlohmann::json{{{"environment", "jupyterlab"}, {"allowed", {"quay.io/jupyter/*"}}}}));
    EXPECT_EQ(portal_.call(root_, "GET", "/images").status, 200U);
    EXPECT_EQ(portal_.call(portal_.log_in("bob"), "GET", "/images").status, 403U);
    EXPECT_EQ(portal_.call({}, "GET", "/images").status, 401U);
}

}  // namespace
}  // namespace carrel
