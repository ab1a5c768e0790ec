#include "spawn/docker/docker_spawner.hpp"

#include "spawn/docker/container_spec.hpp"
#include "spawn/docker/docker_world.hpp"
#include "spawn/docker/volume_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class DockerServers : public testing::Test {
protected:
    void SetUp() override {
        if (!DockerWorld::possible()) GTEST_SKIP() << DockerWorld::how_to_have_one;
        world = std::make_unique<DockerWorld>();
        ada = world->spec(1, "ada");
    }
    Result<> sweep(std::vector<std::string> states) {
        return world->loop.wait(world->spawner->sweep(std::move(states)));
    }

    std::unique_ptr<DockerWorld> world;
    ServerSpec ada;
};

TEST_F(DockerServers, SweepRemovesWhatNobodyKnowsTwice) {
    auto const known = world->start_or_fail(ada);
    auto const bob = world->spec(2, "bob");
    (void)world->start_or_fail(bob);
    ASSERT_EQ(world->containers().size(), 2U);
    ASSERT_TRUE(sweep({known.state}));
    EXPECT_EQ(world->containers().size(), 2U) << "it might just be written down";
    ASSERT_TRUE(sweep({known.state}));
    EXPECT_EQ(world->containers().size(), 1U);
    EXPECT_FALSE(*world->loop.wait(world->spawner->poll(known.state)));
    ASSERT_TRUE(sweep({known.state}));
    EXPECT_EQ(world->containers().size(), 1U);
}

TEST_F(DockerServers, SweepLeavesThoseOfOtherPlatformsAlone) {
    auto const started = world->start_or_fail(ada);
    DockerWorld other;
    ASSERT_TRUE(other.loop.wait(other.spawner->sweep({})));
    ASSERT_TRUE(other.loop.wait(other.spawner->sweep({})));
    EXPECT_EQ(world->containers().size(), 1U);
}

TEST_F(DockerServers, SweepRemovesTheVolumeOfAHomeThatIsGone) {
    auto const started = world->start_or_fail(ada);
    ASSERT_TRUE(world->loop.wait(world->spawner->stop(started.state, Deadline::after(Seconds(5)))));
    auto const label = fmt::format("{}={}", instance_label, world->options.instance);
    auto const names = [&] {
        std::vector<std::string> found;
        for (auto const& volume : *world->engine.volumes(label, Deadline::after(Seconds(60))))
            found.push_back(volume.name);
        return found;
    };
    ASSERT_TRUE(sweep({}));
    ASSERT_EQ(names().size(), 1U) << "a volume outlives its container";
    EXPECT_EQ(parse_volume_name(names().front())->user, "ada");
    fs::remove_all(ada.home);
    ASSERT_TRUE(sweep({}));
    EXPECT_TRUE(names().empty());
}

TEST_F(DockerServers, AStartEndsWhatAFormerOneLeft) {
    (void)world->start_or_fail(ada);
    world->spawner = world->make_spawner();
    auto const again = world->start_or_fail(ada);
    EXPECT_EQ(world->containers().size(), 1U);
    EXPECT_FALSE(*world->loop.wait(world->spawner->poll(again.state)));
}

TEST_F(DockerServers, HomesOfEveryNameAreVolumes) {
    int number = 10;
    for (auto const* name : {"ada@example.org", "Zoë", "李雷", "-rf", "a b"}) {
        ++number;
        auto spec = world->spec(number, "home" + std::to_string(number));
        spec.user = name;
        auto const started = world->start_or_fail(spec);
        EXPECT_EQ(world->run_inside(spec, started, "echo kept > ~/file").code, 0) << name;
        EXPECT_TRUE(fs::exists(spec.home / "file")) << name;
        EXPECT_TRUE(
            world->loop.wait(world->spawner->stop(started.state, Deadline::after(Seconds(1)))));
    }
}

TEST_F(DockerServers, LogIsKeptWhenTheContainerIsNot) {
    auto const started = world->start_or_fail(ada);
    ASSERT_TRUE(world->loop.wait(world->spawner->stop(started.state, Deadline::after(Seconds(5)))));
    auto const log = read_small_file(world->options.log_folder / (ada.id + ".log"));
    ASSERT_TRUE(log);
    EXPECT_THAT(*log, HasSubstr("serving with …")) << "without the secret";
}

// These need no engine: it is not there, or does not answer.

class AbsentEngine : public testing::Test {
protected:
    AbsentEngine() {
        options = {.socket = folder.path() / "no.sock",
                   .instance = "0123",
                   .runtime_folder = folder.path() / "run",
                   .log_folder = folder.path() / "logs",
                   .program_folder = folder.path() / "programs",
                   .network = false};
        auto made = DockerSpawner::create(options, pool, client);
        if (!made) throw std::runtime_error(made.error().message);
        spawner = *std::move(made);
    }
    ~AbsentEngine() override { pool.join(); }

    TestLoop loop;
    TemporaryFolder folder;
    BlockingPool pool{4};
    http::Client client;
    DockerSpawnerOptions options;
    std::unique_ptr<DockerSpawner> spawner;
};

TEST_F(AbsentEngine, IsSaidByAStart) {
    ServerSpec spec{.id = "c.ada", .user = "ada"};
    spec.environment.image = "lab";
    auto const started = loop.wait(spawner->start(spec, Deadline::after(Seconds(5)), {}));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::Unavailable);
    EXPECT_THAT(started.error().message, HasSubstr("the Docker Engine cannot be reached at"));
    EXPECT_EQ(spawner->last_failure("c.ada")->explanation, started.error().message);
    EXPECT_THAT(spawner->isolation().notices, testing::Contains(HasSubstr("cannot be reached")));
}

TEST_F(AbsentEngine, EndsNoServer) {
    auto const state = to_text(DockerState{.container = "abc", .id = "c.ada", .user = "ada"});
    auto const deadline = Deadline::after(Milliseconds(500));
    while (!deadline.passed()) {
        auto const ending = loop.wait(spawner->poll(state));
        ASSERT_TRUE(ending);
        EXPECT_FALSE(*ending);
        (void)loop.wait(sleep_for(Milliseconds(20)));
    }
    EXPECT_FALSE(loop.wait(spawner->stop(state, Deadline::after(Milliseconds(100)))))
        << "it may well be running";
}

TEST_F(AbsentEngine, LeavesImagesThatAreNoneToTheParser) {
    ServerSpec spec{.id = "c.ada", .user = "ada"};
    spec.environment.image = "lab; reboot";
    auto const started = loop.wait(spawner->start(spec, Deadline::after(Seconds(5)), {}));
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("is no image"));
}

}  // namespace
}  // namespace carrel
