#include "runtime/subprocess.hpp"

#include "base/temporary_folder.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace carrel {

namespace {

namespace fs = std::filesystem;

Deadline soon() { return Deadline::after(Seconds(20)); }

Command shell(std::string script) {
    return {.arguments = {"/bin/sh", "-c", std::move(script)},
            .environment = {{"PATH", "/usr/bin:/bin"}}};
}

std::string content(fs::path const& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

class Subprocess : public testing::Test {
protected:
    TemporaryFolder temporary;
    fs::path folder = temporary.path();
};

TEST_F(Subprocess, GivesOutputErrorsAndExitCode) {
    auto const done = run(shell("echo out; echo err >&2; exit 3"), soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->output, "out\n");
    EXPECT_EQ(done->errors, "err\n");
    EXPECT_EQ(done->exit_code, 3);
}

TEST_F(Subprocess, ReportsTheSignalThatEndedIt) {
    auto const done = run(shell("kill -TERM $$"), soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->exit_code, 128 + SIGTERM);
}

TEST_F(Subprocess, IsEndedWhenNobodyWantsItToGoOn) {
    int cancel[2];
    ASSERT_EQ(::pipe2(cancel, O_CLOEXEC), 0);
    auto command = shell("exec sleep 1000000");
    command.cancel = cancel[0];
    ASSERT_EQ(::write(cancel[1], "x", 1), 1);
    auto const done = run(command, Deadline::after(std::chrono::hours(200)));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::Cancelled);
    ::close(cancel[0]);
    ::close(cancel[1]);
}

TEST_F(Subprocess, FeedsInputLargerThanAPipe) {
    auto command = shell("wc -c");
    command.input = std::string(1'000'000, 'x');
    auto const done = run(command, soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(trimmed(done->output), "1000000");
}

TEST_F(Subprocess, SurvivesAProgramThatDoesNotReadItsInput) {
    auto command = shell("exec 0<&-; exit 0");
    command.input = std::string(1'000'000, 'x');
    auto const done = run(command, soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->exit_code, 0);
}

TEST_F(Subprocess, KeepsAtMostAMebibyteOfOutput) {
    auto const done = run(shell("head -c 3000000 /dev/zero"), soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->output.size(), 1024U * 1024U);
    EXPECT_EQ(done->exit_code, 0);
}

TEST_F(Subprocess, SaysThatThereIsNoSuchProgram) {
    auto const by_path = run({.arguments = {"/no/such/program"}}, soon());
    ASSERT_FALSE(by_path);
    EXPECT_EQ(by_path.error().code, Code::NotFound);
    auto const by_name = run({.arguments = {"no-such-program-here"}}, soon());
    ASSERT_FALSE(by_name);
    EXPECT_EQ(by_name.error().code, Code::NotFound);
}

TEST_F(Subprocess, SaysThatTheFolderIsMissing) {
    auto command = shell("true");
    command.folder = folder / "missing";
    auto const done = run(command, soon());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::NotFound);
    EXPECT_NE(done.error().message.find("missing"), std::string::npos);
}

TEST_F(Subprocess, GivesExactlyTheEnvironment) {
    ::setenv("CARREL_TEST_SECRET", "leaked", 1);
    auto const done =
        run({.arguments = {"/usr/bin/env"}, .environment = {{"A", "1"}, {"B", "x y\nz"}}}, soon());
    ::unsetenv("CARREL_TEST_SECRET");
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->output, "A=1\nB=x y\nz\n");
}

TEST_F(Subprocess, LooksTheProgramUpInTheCommandsOwnPath) {
    auto const tool = folder / "carrel-test-tool";
    std::ofstream(tool) << "#!/bin/sh\necho found\n";
    fs::permissions(tool, fs::perms::owner_all);
    auto const done = run(
        {.arguments = {"carrel-test-tool"}, .environment = {{"PATH", folder.string()}}}, soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->output, "found\n");
}

TEST_F(Subprocess, PassesNoOtherFile) {
    // Not close-on-exec, as a careless library opens files.
    int const leak = ::open("/dev/null", O_RDONLY);
    auto const done = run(shell("ls /proc/self/fd"), soon());
    ::close(leak);
    ASSERT_TRUE(done) << done.error().message;
    // ls itself holds 3, the folder that it lists.
    EXPECT_EQ(done->output, "0\n1\n2\n3\n");
}

TEST_F(Subprocess, KillsTheWholeGroupAtTheDeadline) {
    auto const pid_file = folder / "pid";
    auto const done = run(shell("sleep 1000 & echo $! > " + pid_file.string() + "; wait"),
                          Deadline::after(Seconds(4)));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::Timeout);
    auto const grandchild = parse_whole(trimmed(content(pid_file)));
    ASSERT_TRUE(grandchild);
    auto const ended = Deadline::after(Seconds(20));
    while (start_time_of(static_cast<pid_t>(*grandchild)) && !ended.passed()) ::usleep(1000);
    EXPECT_FALSE(start_time_of(static_cast<pid_t>(*grandchild)));
}

TEST_F(Subprocess, DoesNotWaitForWhatTheProgramLeftBehind) {
    auto const done = run(shell("sleep 1000 & echo started"), soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->output, "started\n");
}

TEST_F(Subprocess, DetachedProgramIsRunByTheNearestSubreaper) {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    auto const log = folder / "log";
    auto command =
        shell("echo \"$(cut -d' ' -f5-6 /proc/$$/stat) $A\"; cat; echo more >&2; exit 7");
    command.environment["A"] = "1";
    command.input = "from input\n";
    auto const pid = start_detached({.command = command, .log = log});
    ASSERT_TRUE(pid) << pid.error().message;
    int status = 0;
    // That it can be waited for proves that it became our child.
    ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    // Process group and session.
    EXPECT_EQ(content(log), fmt::format("{} {} 1\nfrom input\nmore\n", *pid, *pid));
    EXPECT_EQ(fs::status(log).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Subprocess, DetachedProgramOutlivesTheOneThatStartedIt) {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    auto const log = folder / "log";
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    pid_t const starter = ::fork();
    if (starter == 0) {
        auto const pid =
            start_detached({.command = {.arguments = {"/bin/sleep", "1000"}}, .log = log});
        pid_t const number = pid ? *pid : 0;
        (void)!::write(pipe[1], &number, sizeof number);
        ::_exit(0);
    }
    pid_t detached = 0;
    ASSERT_EQ(::read(pipe[0], &detached, sizeof detached), static_cast<ssize_t>(sizeof detached));
    ::close(pipe[0]);
    ::close(pipe[1]);
    ASSERT_EQ(::waitpid(starter, nullptr, 0), starter);
    ASSERT_GT(detached, 0);
    EXPECT_TRUE(start_time_of(detached));
    EXPECT_EQ(::kill(detached, SIGKILL), 0);
    EXPECT_EQ(::waitpid(detached, nullptr, 0), detached);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(Subprocess, DetachedProgramThatCannotStartIsAnError) {
    auto const pid =
        start_detached({.command = {.arguments = {"/no/such/program"}}, .log = folder / "log"});
    ASSERT_FALSE(pid);
    EXPECT_EQ(pid.error().code, Code::NotFound);
}

TEST_F(Subprocess, DetachedProgramGetsItsExtraFilesAndNoOther) {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    auto const log = folder / "log";
    auto const extra = folder / "extra";
    int const leak = ::open("/dev/null", O_RDONLY);
    auto const pid = start_detached({.command = shell("echo hello >&5; echo /proc/$$/fd/*"),
                                     .log = log,
                                     .files = {{5, extra}}});
    ::close(leak);
    ASSERT_TRUE(pid) << pid.error().message;
    ASSERT_EQ(::waitpid(*pid, nullptr, 0), *pid);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    EXPECT_EQ(content(extra), "hello\n");
    std::string expected;
    for (int const number : {0, 1, 2, 5}) expected += fmt::format(" /proc/{}/fd/{}", *pid, number);
    // The shell may hold the folder open while it expands the pattern.
    EXPECT_TRUE(content(log).starts_with(expected.substr(1, expected.rfind(' ') - 1)))
        << content(log);
    EXPECT_EQ(content(log).find("/fd/6"), std::string::npos);
}

TEST_F(Subprocess, AChildRunsInASessionOfItsOwnAndItsEndingIsTakenOnce) {
    auto const log = folder / "log";
    auto const child = start_child({.command = shell("read line; echo $line; exit 7"), .log = log});
    ASSERT_TRUE(child) << child.error().message;
    EXPECT_EQ(::getsid(*child), *child);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(*child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(take_ending(*child), 7);
    EXPECT_FALSE(start_time_of(*child));

    auto const other = start_child({.command = shell("exec sleep 600"), .log = log});
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(take_ending(*other), std::nullopt);
    ::kill(-*other, SIGKILL);
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(*other), &info, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(take_ending(*other), 128 + SIGKILL);
    auto const none = start_child({.command = {.arguments = {"/no/such/program"}}, .log = log});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::NotFound);
}

TEST_F(Subprocess, StartTimeTellsAProcessFromAnEndedOne) {
    auto const own = start_time_of(::getpid());
    ASSERT_TRUE(own);
    EXPECT_EQ(*own, *start_time_of(::getpid()));
    pid_t const child = ::fork();
    if (child == 0) ::_exit(0);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    auto const zombie = start_time_of(child);
    ASSERT_FALSE(zombie);
    EXPECT_EQ(zombie.error().code, Code::NotFound);
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(start_time_of(child));
}

}  // namespace

}  // namespace carrel
