#include "portal/test_portal.hpp"

namespace carrel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CourseCallsTest : public ::testing::Test {
protected:
    CourseCallsTest() {
        portal_.add_user("root", true);
        portal_.add_user("lea", false, true);
        portal_.add_user("eve", false, true);
        lea_ = portal_.log_in("lea");
        eve_ = portal_.log_in("eve");
        root_ = portal_.log_in("root");
    }
    /// Asks for the usual course with one field replaced; "resources.cpu" reaches inside.
    std::string wrong(std::string const& field, nlohmann::json const& value) {
        auto body = portal_.course();
        auto const dot = field.find('.');
        if (dot == std::string::npos)
            body[field] = value;
        else
            body[field.substr(0, dot)][field.substr(dot + 1)] = value;
        auto const answer = portal_.call(lea_, "POST", "/courses", body);
        EXPECT_EQ(answer.status, 400U) << field << " = " << value;
        return answer.problem();
    }
    std::vector<std::string> slugs(Caller const& caller, std::string const& query = "") {
        auto const answer = portal_.call(caller, "GET", "/courses" + query);
        EXPECT_EQ(answer.status, 200U) << answer.problem();
        std::vector<std::string> slugs;
        for (auto const& item : answer.body["items"]) slugs.push_back(item["slug"]);
        return slugs;
    }
    TestPortal portal_;
    Caller lea_;
    Caller eve_;
    Caller root_;
};

TEST_F(CourseCallsTest, SharesAFolderWhereThatIsAskedFor) {
    auto body = portal_.course();
    body["shared_folder"] = true;
    EXPECT_EQ(portal_.call(lea_, "POST", "/courses", body).body["shared_folder"], true);
    EXPECT_TRUE(portal_.find_course("biology").request.shared_folder);
    EXPECT_THAT(wrong("shared_folder", "yes"), HasSubstr("shared_folder"));
}

TEST_F(CourseCallsTest, LetsALeaderRequestACourse) {
    auto const answer = portal_.call(lea_, "POST", "/courses", portal_.course());
    ASSERT_EQ(answer.status, 201U) << answer.problem();
    EXPECT_EQ(answer.response.headers.get("location"), "/api/v1/courses/biology");
    auto const& course = answer.body;
    EXPECT_EQ(course["state"], "pending");
    EXPECT_EQ(course["starts_at"], "2026-11-22T08:00:00Z");
    EXPECT_EQ(course["leaders"], nlohmann::json({"lea"}));
    EXPECT_EQ(course["target"], "local");
    EXPECT_EQ(course["hub_url"], nullptr);
    EXPECT_EQ(course["deployment"], nullptr);
    EXPECT_EQ(course["shared_folder"], false) << "nobody shares who did not ask for it";
    EXPECT_EQ(course["folder_export"], nullptr);
    EXPECT_EQ(course["me"]["leader"], true);
    EXPECT_EQ(course["me"]["may"], nlohmann::json({"cancel", "invite", "manage"}));
    EXPECT_EQ(portal_.call(lea_, "GET", "/courses/biology").body, course);
    EXPECT_EQ(portal_.kinds()[0], "course_requested");
    EXPECT_GE(portal_.find_course("biology").invitation_code.size(), 22U);
}

TEST_F(CourseCallsTest, TakesAStandingHub) {
    auto body = portal_.course();
    body["ends_at"] = nullptr;
    EXPECT_EQ(portal_.call(lea_, "POST", "/courses", body).body["ends_at"], nullptr);
    body["slug"] = "another";
    body.erase("ends_at");
    EXPECT_EQ(portal_.call(lea_, "POST", "/courses", body).body["ends_at"], nullptr);
}

TEST_F(CourseCallsTest, IsForLeadersAlone) {
    auto const answer = portal_.call(root_, "POST", "/courses", portal_.course());
    EXPECT_EQ(answer.problem(), "403 only leaders may request a course");
}

TEST_F(CourseCallsTest, RefusesATakenSlug) {
    ASSERT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
    EXPECT_EQ(portal_.call(eve_, "POST", "/courses", portal_.course()).problem(),
              "409 slug: the slug 'biology' is taken");
    EXPECT_EQ(portal_.find_course("biology").requested_by.value(), "id-of-lea");
}

TEST_F(CourseCallsTest, RefusesIllegalSlugs) {
    for (auto const* const slug : {"", "ab", "../x", "bio/logy", "Biology", "bio logy", "-bio",
                                   "bio-", "biología", "bio.x", "<script>", "a\nb"})
        EXPECT_THAT(wrong("slug", slug), StartsWith("400 slug: ")) << slug;
    EXPECT_THAT(wrong("slug", std::string(64, 'a')), HasSubstr("3 to 63 characters"));
}

TEST_F(CourseCallsTest, RefusesWrongDates) {
    EXPECT_THAT(wrong("ends_at", "2026-11-22T07:00:00Z"),
                HasSubstr("the end must be after the start"));
    EXPECT_THAT(wrong("starts_at", "2025-11-22T08:00:00Z"), HasSubstr("has passed"));
    EXPECT_THAT(wrong("starts_at", "2030-11-22T08:00:00Z"), HasSubstr("within three years"));
    for (auto const* const text : {"10000-01-01T00:00:00Z", "tomorrow", "2026-11-22", "",
                                   "2026-13-22T08:00:00Z", "2026-11-22T08:00:00"}) {
        EXPECT_THAT(wrong("starts_at", text), StartsWith("400 starts_at: ")) << text;
        EXPECT_THAT(wrong("ends_at", text), StartsWith("400 ends_at: ")) << text;
    }
}

TEST_F(CourseCallsTest, RefusesWrongNumbers) {
    for (auto const& value : {nlohmann::json(0), nlohmann::json(-1), nlohmann::json(1'000'000'000),
                              nlohmann::json(1e30), nlohmann::json(1.5), nlohmann::json("25"),
                              nlohmann::json(true), nlohmann::json()})
        EXPECT_THAT(wrong("expected_participants", value),
                    StartsWith("400 expected_participants: "))
            << value;
    EXPECT_THAT(wrong("resources.cpu", 1000), StartsWith("400 resources.cpu: "));
    EXPECT_THAT(wrong("resources.memory_gib", "1"), StartsWith("400 resources.memory_gib: "));
    EXPECT_THAT(wrong("resources.storage_gib", -1), StartsWith("400 resources.storage_gib: "));
    EXPECT_THAT(wrong("resources.gpu", 1), StartsWith("400 resources.gpu: "));
    EXPECT_THAT(wrong("resources", 7), StartsWith("400 resources: "));
    EXPECT_THAT(wrong("resources", nullptr), StartsWith("400 resources: "));
}

TEST_F(CourseCallsTest, RefusesWrongTextsAndUnknownFields) {
    EXPECT_THAT(wrong("name", "ab"), StartsWith("400 name: "));
    EXPECT_THAT(wrong("name", "     ab    "), StartsWith("400 name: "));
    EXPECT_THAT(wrong("name", std::string(64, 'x')), StartsWith("400 name: "));
    EXPECT_THAT(wrong("name", {"Biology"}), StartsWith("400 name: "));
    EXPECT_THAT(wrong("description", std::string(2049, 'x')), StartsWith("400 description: "));
    EXPECT_THAT(wrong("environment", "cobol"), StartsWith("400 environment: "));
    EXPECT_THAT(wrong("target", "moon"), StartsWith("400 target: "));
    EXPECT_THAT(wrong("state", "deployed"), StartsWith("400 state: "));
    EXPECT_TRUE(slugs(root_).empty()) << "nothing of that was kept";
}

TEST_F(CourseCallsTest, RefusesAMissingField) {
    for (auto const* const field :
         {"slug", "name", "starts_at", "expected_participants", "resources", "environment"}) {
        auto body = portal_.course();
        body.erase(field);
        EXPECT_EQ(portal_.call(lea_, "POST", "/courses", body).problem(),
                  fmt::format("400 {0}: {0} is missing", field));
    }
}

TEST_F(CourseCallsTest, ShowsACourseOnlyToThoseItConcerns) {
    ASSERT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
    EXPECT_THAT(slugs(lea_), ElementsAre("biology"));
    EXPECT_THAT(slugs(root_), ElementsAre("biology"));
    EXPECT_THAT(slugs(root_, "?mine=true"), ElementsAre());
    EXPECT_THAT(slugs(eve_), ElementsAre());
    auto const hidden = portal_.call(eve_, "GET", "/courses/biology");
    auto const missing = portal_.call(eve_, "GET", "/courses/nothing");
    EXPECT_EQ(hidden.problem(), "404 there is no course 'biology' that you can see");
    EXPECT_EQ(missing.problem(), "404 there is no course 'nothing' that you can see");
    for (auto const* const call : {"/accept", "/cancel", "/deploy", "/degrade", "/redeploy"})
        EXPECT_EQ(portal_.call(eve_, "POST", fmt::format("/courses/biology{}", call)).status, 404U);
    for (auto const* const call :
         {"/events", "/participants", "/invitation", "/takeout", "/exports"})
        EXPECT_EQ(portal_.call(eve_, "GET", fmt::format("/courses/biology{}", call)).status, 404U);
}

TEST_F(CourseCallsTest, ListsByPageAndState) {
    for (auto const* const slug : {"course-a", "course-b", "course-c"})
        ASSERT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course(slug)).status, 201U);
    portal_.change_course("course-b", [](Course& row) { row.state = CourseState::Accepted; });
    EXPECT_THAT(slugs(lea_, "?state=accepted"), ElementsAre("course-b"));
    auto const first = portal_.call(lea_, "GET", "/courses?limit=2");
    EXPECT_EQ(first.body["next"], "course-b");
    EXPECT_THAT(slugs(lea_, "?limit=2&after=course-b"), ElementsAre("course-c"));
    EXPECT_EQ(portal_.call(lea_, "GET", "/courses?limit=3").body["next"], nullptr);
    for (auto const* const query :
         {"?limit=0", "?limit=201", "?limit=x", "?limit=-1", "?state=odd", "?mine=odd"})
        EXPECT_EQ(portal_.call(lea_, "GET", fmt::format("/courses{}", query)).status, 400U)
            << query;
}

TEST_F(CourseCallsTest, SaysWhetherASlugIsFree) {
    ASSERT_EQ(portal_.call(lea_, "POST", "/courses", portal_.course()).status, 201U);
    auto const ask = [&](std::string const& slug) {
        return portal_.call(eve_, "GET", "/slugs/" + slug).body;
    };
    EXPECT_EQ(ask("chemistry"), (nlohmann::json{{"available", true}, {"problem", nullptr}}));
    EXPECT_EQ(ask("biology")["problem"], "this slug is taken");
    EXPECT_EQ(ask("%C3%BC%C3%BC%C3%BC")["available"], false);
    EXPECT_THAT(ask("..%2Fx")["problem"].get<std::string>(), HasSubstr("a to z"));
}

TEST_F(CourseCallsTest, TellsEverybodyWhatCanBeAskedFor) {
    auto const answer = portal_.call({}, "GET", "/options");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body["environments"][0]["title"], "JupyterLab");
    EXPECT_EQ(answer.body["limits"]["participants"]["max"], 500);
    EXPECT_EQ(answer.body["isolation"]["notices"][0], "no cgroups");
}

}  // namespace
}  // namespace carrel
