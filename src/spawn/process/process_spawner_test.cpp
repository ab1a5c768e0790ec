#include "spawn/process/process_spawner.hpp"

#include "spawn/process/process_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <fstream>

namespace carrel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// How many processes of the machine have `mark` among their arguments.
int processes_with(std::string const& mark) {
    int count = 0;
    for (auto const& entry : fs::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        std::string const text{std::istreambuf_iterator<char>(file), {}};
        count += text.find(mark) == std::string::npos ? 0 : 1;
    }
    return count;
}

class ProcessSpawnerTest : public testing::Test {
protected:
    Result<> stop(Started const& started, Milliseconds grace = Seconds(5)) {
        return world.loop.wait(world.spawner->stop(started.state, Deadline::after(grace)));
    }
    /// Programs that no longer belong to anything, with `mark` in their arguments.
    void leave_behind(ServerSpec const& spec, Started const& started, std::string const& mark) {
        auto const done = world.run_inside(
            spec, started,
            fmt::format("setsid -f bash -c 'exec -a {0} sleep 1000' >/dev/null 2>&1\n"
                        "setsid -f bash -c 'trap : TERM HUP INT; setsid -f bash -c \"exec -a {0} "
                        "sleep 1000\"; while :; do sleep 1; done; : {0}' >/dev/null 2>&1\n",
                        mark));
        ASSERT_EQ(done.code, 0) << done.output;
        // Programs that are just turning into others are seen twice or not at all.
        auto const deadline = Deadline::after(Seconds(10));
        int found = 0;
        do found = processes_with(mark);
        while (found < 3 && !deadline.passed());
        ASSERT_GE(found, 3);
    }
    std::string mark() { return "carrel-left-" + world.folder.path().filename().string(); }

    ProcessWorld world;
};

TEST_F(ProcessSpawnerTest, ServerAnswersAtItsEndpointWithItsSecret) {
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    auto const answer = world.run_inside(ada, started, "id -u; pwd; echo $HOME; whoami");
    EXPECT_EQ(answer.code, 0);
    EXPECT_EQ(answer.output, fmt::format("{}\n/home/ada\n/home/ada\nada\n", ada.number));
}

TEST_F(ProcessSpawnerTest, NothingButAPersonsOwnFolderIsTheirHome) {
    auto const refusal = [&](ServerSpec const& spec) {
        auto const started =
            world.loop.wait(world.spawner->start(spec, Deadline::after(Seconds(30)), {}));
        return started ? "it is started" : started.error().message;
    };
    auto const ada = world.spec(1, "ada");
    auto linked = ada;
    linked.home = world.folder.path() / "link";
    fs::create_directory_symlink(ada.home, linked.home);
    EXPECT_THAT(refusal(linked), HasSubstr("the home folder is not there"));
    if (::geteuid() != 0) return;
    auto others = ada;
    others.home = world.spec(2, "bob").home;
    EXPECT_THAT(refusal(others), HasSubstr("belongs to uid"));
    auto of_the_system = ada;
    of_the_system.number = 5;
    EXPECT_THAT(refusal(of_the_system), HasSubstr("the uids of servers"));
}

TEST_F(ProcessSpawnerTest, StopLeavesNothingBehind) {
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    leave_behind(ada, started, mark());
    ASSERT_TRUE(stop(started));
    EXPECT_EQ(processes_with(mark()), 0);
    EXPECT_TRUE(fs::is_empty(world.options.runtime_folder / "servers"));
    for (auto const& folder : parse_process_state(started.state)->cgroup.folders)
        EXPECT_FALSE(fs::exists(folder));
}

TEST_F(ProcessSpawnerTest, ServerThatEndsByItselfLeavesNothingBehindEither) {
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    leave_behind(ada, started, mark());
    (void)world.run_inside(ada, started, "kill -9 2");
    auto const ending = world.wait_for_end(started);
    EXPECT_EQ(ending.exit_code, 128 + SIGKILL);
    EXPECT_FALSE(ending.out_of_memory);
    EXPECT_EQ(processes_with(mark()), 0);
}

TEST_F(ProcessSpawnerTest, ServerThatIgnoresItsStopIsEndedAtTheDeadline) {
    auto ada = world.spec(1, "ada");
    ada.environment.command[2] =
        std::string("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n") +
        small_server;
    auto const started = world.start_or_fail(ada);
    ASSERT_TRUE(stop(started, Milliseconds(100)));
    EXPECT_EQ(processes_with(ada.base_url), 0);
}

TEST_F(ProcessSpawnerTest, FrozenServerIsEndedToo) {
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    // Everything of it that we may stop, its sandbox's outer process included.
    auto const state = parse_process_state(started.state);
    ASSERT_EQ(::kill(state->process, SIGSTOP), 0);
    ASSERT_TRUE(stop(started, Milliseconds(50)));
    EXPECT_EQ(processes_with(ada.base_url), 0);
}

TEST_F(ProcessSpawnerTest, StartEndsTheServerOfAControlThatDiedWhileStarting) {
    auto const ada = world.spec(1, "ada");
    auto const forgotten = world.start_or_fail(ada);
    leave_behind(ada, forgotten, mark());
    auto const started = world.start_or_fail(ada);
    EXPECT_EQ(processes_with(mark()), 0);
    EXPECT_EQ(world.run_inside(ada, started, "true").code, 0);
    EXPECT_TRUE(*world.loop.wait(world.spawner->poll(forgotten.state)));
    EXPECT_FALSE(*world.loop.wait(world.spawner->poll(started.state)));
}

TEST_F(ProcessSpawnerTest, EarlyEndIsExplainedWithACleanLog) {
    auto ada = world.spec(1, "ada");
    ada.environment.command = {
        "/bin/sh", "-c", "printf '\\033[31mno config\\033[0m token=%s\\n' $JUPYTER_TOKEN; exit 3",
        "{socket}"};
    auto const started = world.start(ada);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "the server ended with exit code 3");
    auto const failure = world.spawner->last_failure(ada.id);
    EXPECT_EQ(failure->exit_code, 3);
    EXPECT_EQ(failure->log_tail, "no config token=…\n");
}

TEST_F(ProcessSpawnerTest, MissingCommandIsExplained) {
    auto ada = world.spec(1, "ada");
    ada.environment.command = {"/usr/bin/no-such-notebook", "{socket}"};
    auto const started = world.start(ada);
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("could not be started"));
    EXPECT_THAT(started.error().message, HasSubstr("/usr/bin/no-such-notebook"));
}

TEST_F(ProcessSpawnerTest, MissingHomeIsExplained) {
    auto ada = world.spec(1, "ada");
    fs::remove(ada.home);
    auto const started = world.start(ada);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "the home folder is not there");
}

TEST_F(ProcessSpawnerTest, ServerThatNeverAnswersIsEndedAtTheDeadline) {
    auto ada = world.spec(1, "ada");
    ada.environment.command = {"/bin/bash", "-c", "sleep 1000; : " + mark(), "{socket}"};
    auto const started =
        world.loop.wait(world.spawner->start(ada, Deadline::after(Seconds(2)), {}));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::Unavailable);
    EXPECT_THAT(started.error().message, HasSubstr("did not answer in time"));
    EXPECT_EQ(processes_with(mark()), 0);
    EXPECT_TRUE(world.spawner->last_failure(ada.id));
}

TEST_F(ProcessSpawnerTest, ServerCanListenOnAPort) {
    auto ada = world.spec(1, "ada");
    ada.environment.command = {"/usr/bin/python3", "-c", small_server, "{port}", "{base_url}"};
    auto const started = world.start_or_fail(ada);
    EXPECT_THAT(started.endpoint, HasSubstr("http://127.0.0.1:"));
    EXPECT_EQ(world.run_inside(ada, started, "true").code, 0);
}

TEST_F(ProcessSpawnerTest, ServerOnAPortThatAsksForNoSecretIsRefused) {
    auto ada = world.spec(1, "ada");
    auto open = std::string(small_server);
    auto const check = std::string("if self.headers[\"Authorization\"]");
    open.replace(open.find(check), check.size(), "if True or self.headers[\"Authorization\"]");
    ada.environment.command = {"/usr/bin/python3", "-c", open, "{port}", "{base_url}"};
    auto const started = world.start(ada);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "it does not ask for its secret");
    EXPECT_EQ(processes_with(ada.base_url), 0);
}

TEST_F(ProcessSpawnerTest, SocketThatIsALinkToSomebodyElsesIsNotUsed) {
    auto const ada = world.spec(1, "ada");
    auto const theirs = world.start_or_fail(ada);
    auto bob = world.spec(2, "bob");
    auto const socket = ServerFolder::of(world.options.runtime_folder, ada.id).socket();
    bob.environment.command = {"/bin/bash", "-c",
                               fmt::format("ln -s {} {{socket}}; sleep 1000", socket.string())};
    bob.secret = ada.secret;
    bob.base_url = ada.base_url;
    auto const started = world.start(bob);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "the server's socket is not its own");
}

TEST_F(ProcessSpawnerTest, PreviousLogIsKept) {
    auto const ada = world.spec(1, "ada");
    ASSERT_TRUE(stop(world.start_or_fail(ada)));
    (void)world.start_or_fail(ada);
    auto const log = world.options.log_folder / "course.ada.log";
    for (auto const& file : {log.string(), log.string() + ".1"}) {
        ASSERT_TRUE(fs::exists(file)) << file;
        EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    }
}

TEST_F(ProcessSpawnerTest, RuntimeFolderWithALongPathIsRefused) {
    world.options.runtime_folder = "/run/" + std::string(80, 'x');
    auto const made = ProcessSpawner::create(world.options, world.pool, world.client);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::InvalidArgument);
}

}  // namespace
}  // namespace carrel
