/// What every kind of spawner does, the fake one included.

#include "spawn/docker/docker_world.hpp"
#include "spawn/fake_spawner.hpp"
#include "spawn/process/process_world.hpp"
#include "spawn/test_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel {
namespace {

using testing::HasSubstr;

/// One kind of spawner, and what the contract needs to know about it.
class SpawnerKind {
public:
    virtual ~SpawnerKind() = default;
    virtual TestLoop& loop() = 0;
    virtual Spawner& spawner() = 0;
    /// As after a restart of the control process.
    virtual void restart_control() = 0;
    virtual ServerSpec working(std::string const& name) = 0;
    /// A server that prints "it is broken" and ends while it starts.
    virtual ServerSpec broken(std::string const& name) = 0;
    virtual void end_by_itself(ServerSpec const& spec, Started const& started) = 0;
};

class FakeKind final : public SpawnerKind {
public:
    TestLoop& loop() override { return loop_; }
    Spawner& spawner() override { return spawner_; }
    void restart_control() override {}
    ServerSpec working(std::string const& name) override { return {.id = name, .user = name}; }
    ServerSpec broken(std::string const& name) override {
        spawner_.fail_next({.exit_code = 1, .explanation = "broken", .log_tail = "it is broken"});
        return working(name);
    }
    void end_by_itself(ServerSpec const&, Started const& started) override {
        spawner_.end(started.state, {.exit_code = 0, .explanation = "ended", .log_tail = {}});
    }

private:
    TestLoop loop_;
    FakeSpawner spawner_;
};

class ProcessKind final : public SpawnerKind {
public:
    TestLoop& loop() override { return world_.loop; }
    Spawner& spawner() override { return *world_.spawner; }
    void restart_control() override { world_.spawner = world_.make_spawner(); }
    ServerSpec working(std::string const& name) override { return world_.spec(++number_, name); }
    ServerSpec broken(std::string const& name) override {
        auto spec = working(name);
        spec.environment.command = {"/bin/sh", "-c", "echo it is broken; exit 1", "{socket}"};
        return spec;
    }
    void end_by_itself(ServerSpec const& spec, Started const& started) override {
        (void)world_.run_inside(spec, started, "kill -9 2");
    }

private:
    ProcessWorld world_;
    int number_ = 0;
};

class DockerKind final : public SpawnerKind {
public:
    TestLoop& loop() override { return world_.loop; }
    Spawner& spawner() override { return *world_.spawner; }
    void restart_control() override { world_.spawner = world_.make_spawner(); }
    ServerSpec working(std::string const& name) override { return world_.spec(++number_, name); }
    ServerSpec broken(std::string const& name) override {
        auto spec = working(name);
        spec.environment.command = {"/bin/sh", "-c", "echo it is broken; exit 1", "{socket}"};
        return spec;
    }
    void end_by_itself(ServerSpec const&, Started const& started) override {
        auto const state = parse_docker_state(started.state);
        ASSERT_TRUE(state);
        EXPECT_TRUE(
            world_.engine.signal(state->container, "SIGKILL", Deadline::after(Seconds(60))));
    }

private:
    DockerWorld world_;
    int number_ = 0;
};

using MakeKind = std::unique_ptr<SpawnerKind> (*)();

class SpawnerContract : public testing::TestWithParam<MakeKind> {
protected:
    void SetUp() override {
        kind = GetParam()();
        if (!kind) GTEST_SKIP() << DockerWorld::how_to_have_one;
    }
    Result<Started> start(ServerSpec const& spec, Spawner::Progress progress = {}) {
        return kind->loop().wait(
            kind->spawner().start(spec, Deadline::after(Seconds(30)), std::move(progress)));
    }
    Started start_or_fail(ServerSpec const& spec) {
        auto started = start(spec);
        if (!started) throw std::runtime_error(started.error().message);
        return *started;
    }
    Result<> stop(Started const& started) {
        return kind->loop().wait(kind->spawner().stop(started.state, Deadline::after(Seconds(5))));
    }
    std::optional<Ending> poll(Started const& started) {
        auto ending = kind->loop().wait(kind->spawner().poll(started.state));
        if (!ending) throw std::runtime_error(ending.error().message);
        return *ending;
    }
    std::optional<Ending> poll_until_ended(Started const& started) {
        auto const deadline = Deadline::after(Seconds(20));
        while (!deadline.passed())
            if (auto ending = poll(started)) return ending;
        return {};
    }

    std::unique_ptr<SpawnerKind> kind;
};

TEST_P(SpawnerContract, ServerRunsFromItsStartToItsStop) {
    auto const started = start_or_fail(kind->working("ada"));
    EXPECT_THAT(started.endpoint, HasSubstr("http+unix://"));
    EXPECT_FALSE(poll(started));
    ASSERT_TRUE(stop(started));
    EXPECT_TRUE(poll(started));
}

TEST_P(SpawnerContract, StoppingAStoppedServerSucceeds) {
    auto const started = start_or_fail(kind->working("ada"));
    EXPECT_TRUE(stop(started));
    EXPECT_TRUE(stop(started));
}

TEST_P(SpawnerContract, StartReportsProgressThatGrows) {
    std::vector<int> percents;
    auto const started = start(kind->working("ada"), [&](int percent, std::string const& message) {
        percents.push_back(percent);
        EXPECT_FALSE(message.empty());
    });
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_GE(percents.size(), 2U);
    EXPECT_TRUE(std::ranges::is_sorted(percents));
    EXPECT_TRUE(stop(*started));
}

TEST_P(SpawnerContract, FailedStartIsExplainedWithItsLog) {
    auto const spec = kind->broken("ada");
    auto const started = start(spec);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::Unavailable);
    auto const failure = kind->spawner().last_failure(spec.id);
    ASSERT_TRUE(failure);
    EXPECT_FALSE(failure->explanation.empty());
    EXPECT_THAT(failure->log_tail, HasSubstr("it is broken"));
    EXPECT_THAT(started.error().message, HasSubstr(failure->explanation));
}

TEST_P(SpawnerContract, SuccessfulStartForgetsTheFailureBefore) {
    auto const spec = kind->broken("ada");
    ASSERT_FALSE(start(spec));
    auto const started = start_or_fail(kind->working("ada"));
    EXPECT_FALSE(kind->spawner().last_failure(spec.id));
    EXPECT_TRUE(stop(started));
}

TEST_P(SpawnerContract, ServerThatEndedByItselfIsFound) {
    auto const spec = kind->working("ada");
    auto const started = start_or_fail(spec);
    kind->end_by_itself(spec, started);
    auto const ending = poll_until_ended(started);
    ASSERT_TRUE(ending);
    EXPECT_FALSE(ending->explanation.empty());
    EXPECT_TRUE(poll(started)) << "asked once more, it has still ended";
    EXPECT_TRUE(stop(started));
}

TEST_P(SpawnerContract, StoppedServerCanBeStartedAgain) {
    auto const spec = kind->working("ada");
    auto const first = start_or_fail(spec);
    ASSERT_TRUE(stop(first));
    auto const second = start_or_fail(spec);
    EXPECT_NE(first.state, second.state);
    EXPECT_TRUE(stop(first)) << "an old state";
    EXPECT_FALSE(poll(second)) << "which does not concern the new server";
    EXPECT_TRUE(stop(second));
}

TEST_P(SpawnerContract, ServersAreIndependent) {
    auto const ada = start_or_fail(kind->working("ada"));
    auto const bob = start_or_fail(kind->working("bob"));
    EXPECT_TRUE(stop(ada));
    EXPECT_FALSE(poll(bob));
    EXPECT_TRUE(stop(bob));
}

TEST_P(SpawnerContract, RestartedControlFindsServersByTheirState) {
    auto const started = start_or_fail(kind->working("ada"));
    kind->restart_control();
    EXPECT_FALSE(poll(started));
    EXPECT_TRUE(stop(started));
    EXPECT_TRUE(poll(started));
}

INSTANTIATE_TEST_SUITE_P(Fake, SpawnerContract, testing::Values([]() {
                             return std::unique_ptr<SpawnerKind>(std::make_unique<FakeKind>());
                         }));
INSTANTIATE_TEST_SUITE_P(Process, SpawnerContract, testing::Values([]() {
                             return std::unique_ptr<SpawnerKind>(std::make_unique<ProcessKind>());
                         }));
INSTANTIATE_TEST_SUITE_P(Docker, SpawnerContract, testing::Values([]() {
                             return DockerWorld::possible() ? std::unique_ptr<SpawnerKind>(
                                                                  std::make_unique<DockerKind>())
                                                            : nullptr;
                         }));

}  // namespace
}  // namespace carrel
