#include "hub/course_environment.hpp"

#include "hub/hub_fixture.hpp"

#include <gmock/gmock.h>

namespace carrel {
namespace {

using testing::HasSubstr;

class CourseEnvironmentTest : public HubFixture {
protected:
    CourseEnvironmentTest() {
        settings_.environments["lab"] = {
            .name = "lab",
            .image = "quay.io/jupyter/base",
            .allowed_images = {ImagePattern::parse("quay.io/jupyter/*").value()}};
    }
    void name_image(std::string const& image) {
        course_.request.image = image;
        set_state(CourseState::Deployed);
    }
    void forbid() { settings_.environments["lab"].allowed_images.clear(); }
};

TEST_F(CourseEnvironmentTest, TakesTheCoursesImageIntoTheEnvironment) {
    settings_.environments["lab"].writable_root = true;
    auto const usual = environment_to_start(course_, settings_.environments);
    EXPECT_EQ(usual->image, "quay.io/jupyter/base");
    name_image("quay.io/jupyter/own:v1");
    auto const own = environment_to_start(course_, settings_.environments);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->image, "quay.io/jupyter/own:v1");
    EXPECT_TRUE(own->writable_root) << "all else stays";
}

TEST_F(CourseEnvironmentTest, ServersRunTheCoursesImage) {
    name_image("quay.io/jupyter/own:v1");
    ServerLifecycle servers(dependencies(), settings_);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    ASSERT_EQ(spawner_.started.size(), 1U);
    EXPECT_EQ(spawner_.started[0].environment.image, "quay.io/jupyter/own:v1");
}

TEST_F(CourseEnvironmentTest, NoServerIsStartedWhenTheImageIsForbiddenMeanwhile) {
    name_image("quay.io/jupyter/own:v1");
    forbid();
    ServerLifecycle servers(dependencies(), settings_);
    auto const refused = await(servers.start(server_of(ada_), "ada"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("quay.io/jupyter/own:v1"));
    EXPECT_TRUE(spawner_.started.empty());
}

TEST_F(CourseEnvironmentTest, NorIsOneThatWasHalfStartedBefore) {
    name_image("quay.io/jupyter/own:v1");
    ServerRecord const half{.course = course_.id, .user = ada_.id, .state = ServerState::Starting};
    ASSERT_TRUE(store_->write([&](Transaction& t) { return t.servers().put(half); }));
    forbid();
    ServerLifecycle servers(dependencies(), settings_);
    ASSERT_TRUE(await(servers.recover()));
    run_until([&] { return record_of(ada_).state == ServerState::Failed; });
    EXPECT_THAT(record_of(ada_).message, HasSubstr("is not allowed any more"));
    EXPECT_TRUE(spawner_.started.empty());
}

TEST_F(CourseEnvironmentTest, AServerThatRunsGoesOn) {
    name_image("quay.io/jupyter/own:v1");
    settings_.environments["lab"].strip_base_url = true;
    ServerLifecycle servers(dependencies(), settings_);
    auto const server = await(servers.start(server_of(ada_), "ada")).value();
    run_until([&] { return server->progress.latest().over(); });
    forbid();
    EXPECT_TRUE(servers.route_of(*server).strip_path) << "its route is that of its environment";
}

}  // namespace
}  // namespace carrel
