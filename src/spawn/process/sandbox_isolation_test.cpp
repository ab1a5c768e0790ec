/// What a server can get at from inside. Each probe has its positive control: the same thing
/// succeeds where it may, so that a failure inside is the sandbox's doing.

#include "base/text.hpp"
#include "runtime/subprocess.hpp"
#include "spawn/process/process_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>

namespace carrel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

int outside(std::string const& script) {
    auto const done = run({.arguments = {"/bin/bash", "-c", script},
                           .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}},
                          Deadline::after(Seconds(10)));
    return done ? done->exit_code : -1;
}

std::string file_of(fs::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(fs::path const& path, std::string const& text) { std::ofstream(path) << text; }

/// Attaches to, calls and reads what a program in Python can by number.
std::string system_call(std::string const& arguments) {
    return "/usr/bin/python3 -c 'import ctypes,os,sys; "
           "libc=ctypes.CDLL(None,use_errno=True); "
           "sys.exit(0 if libc.syscall(" +
           arguments + ")>=0 else ctypes.get_errno())'";
}

class SandboxIsolation : public testing::Test {
protected:
    void SetUp() override {
        if (world.spawner->isolation().level == Isolation::Level::None)
            GTEST_SKIP() << world.spawner->isolation().notices.front();
        bob = world.spec(2, "bob");
        write_file(bob.home / "diary", "secret");
        ada = world.spec(1, "ada");
        started = world.start_or_fail(ada);
    }
    Answer inside(std::string const& script) { return world.run_inside(ada, started, script); }

    ProcessWorld world;
    ServerSpec ada;
    ServerSpec bob;
    Started started;
};

TEST_F(SandboxIsolation, ServerSeesOnlyItsOwnHome) {
    EXPECT_EQ(inside("echo mine > ~/notes; ls /home").output, "ada\n");
    EXPECT_EQ(file_of(ada.home / "notes"), "mine\n");
    EXPECT_EQ(file_of(bob.home / "diary"), "secret");
    EXPECT_NE(inside(fmt::format("cat {}", (bob.home / "diary").string())).code, 0);
    EXPECT_NE(inside(fmt::format("ls {}", bob.home.parent_path().string())).code, 0);
}

TEST_F(SandboxIsolation, ServerSeesNoFileOfTheMachinesOwn) {
    auto const roots = inside("ls -A /").output;
    for (auto const* path : {"/root", "/srv", "/opt", "/mnt", "/boot", "/sys"}) {
        EXPECT_NE(inside(fmt::format("ls {}", path)).code, 0) << path;
    }
    EXPECT_EQ(inside("ls /run").output, "server\n");
    EXPECT_EQ(inside("ls /var").output, "tmp\n");
    EXPECT_NE(inside("cat /etc/shadow").code, 0);
    EXPECT_THAT(inside("cat /etc/passwd").output, Not(HasSubstr("daemon")));
    EXPECT_THAT(file_of("/etc/passwd"), HasSubstr("daemon"));
    EXPECT_EQ(inside("cat /etc/services >/dev/null; ls /usr/bin/python3").code, 0) << roots;
}

TEST_F(SandboxIsolation, ServerSeesNoFileOfCarrel) {
    write_file(world.folder.path() / "carrel.sqlite", "data");
    EXPECT_NE(inside("cat " + (world.folder.path() / "carrel.sqlite").string()).code, 0);
    EXPECT_NE(inside("ls " + world.folder.path().string()).code, 0);
    EXPECT_NE(inside("ls " + world.options.launcher.front()).code, 0);
    // Neither by the descriptors it has inherited.
    EXPECT_EQ(inside("for f in /proc/2/fd/*; do readlink $f; done").output.find("carrel.sqlite"),
              std::string::npos);
}

TEST_F(SandboxIsolation, HiddenFolderStaysHiddenBelowAFolderThatIsNeeded) {
    auto const needed = world.folder.path() / "needed";
    fs::create_directories(needed / "data");
    write_file(needed / "program", "program");
    write_file(needed / "data" / "secret", "secret");
    world.options.hidden = {needed / "data"};
    world.spawner = world.make_spawner();
    auto carl = world.spec(3, "carl");
    carl.environment.read_only = {needed};
    auto const server = world.start_or_fail(carl);
    EXPECT_EQ(world.run_inside(carl, server, "cat " + (needed / "program").string()).output,
              "program");
    EXPECT_NE(world.run_inside(carl, server, "cat " + (needed / "data/secret").string()).code, 0);
    EXPECT_NE(world.run_inside(carl, server, "touch " + (needed / "more").string()).code, 0);
}

TEST_F(SandboxIsolation, ServerSeesOnlyItsOwnProcesses) {
    auto const own = std::to_string(::getpid());
    EXPECT_EQ(outside("test -d /proc/" + own), 0);
    EXPECT_NE(inside("grep -q [s]pawn_test /proc/*/cmdline").code, 0);
    EXPECT_THAT(parse_whole(trimmed(inside("ls -d /proc/[0-9]* | wc -l").output)).value_or(1000),
                testing::Lt(10));
}

TEST_F(SandboxIsolation, TemporaryFilesAndSharedMemoryArePrivate) {
    for (auto const* folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
        auto const theirs = fmt::format("{}/carrel-outside-{}", folder, ::getpid());
        write_file(theirs, "x");
        EXPECT_TRUE(fs::exists(theirs));
        EXPECT_NE(inside("ls " + theirs).code, 0) << folder;
        fs::remove(theirs);
        auto const own = fmt::format("{}/carrel-inside-{}", folder, ::getpid());
        EXPECT_EQ(inside(fmt::format("echo x > {0}; cat {0}", own)).output, "x\n") << folder;
        EXPECT_FALSE(fs::exists(own));
    }
}

TEST_F(SandboxIsolation, SharedMemorySegmentsArePrivate) {
    auto const list = (world.folder.path() / "segment").string();
    ASSERT_EQ(outside("ipcmk -M 1024 -p 0666 | sed 's/.*: //' > " + list), 0);
    auto const segment = std::string(trimmed(file_of(list)));
    EXPECT_EQ(outside("ipcs -m | grep -w " + segment), 0);
    EXPECT_NE(inside("ipcs -m | grep -w " + segment).code, 0);
    EXPECT_EQ(outside("ipcrm -m " + segment), 0);
}

TEST_F(SandboxIsolation, SystemIsReadOnly) {
    for (auto const* path : {"/usr/x", "/etc/x", "/etc/passwd", "/usr/bin/python3", "/x", "/lib/x"})
        EXPECT_NE(inside(fmt::format("exec 2>/dev/null; : >> {}", path)).code, 0) << path;
    EXPECT_EQ(inside("touch ~/x && touch /run/server/x").code, 0);
}

TEST_F(SandboxIsolation, ServerHasItsOwnUidAndNoPrivilege) {
    EXPECT_EQ(inside("id -u; id -g; id -G").output, fmt::format("{0}\n{0}\n{0}\n", ada.number));
    auto const status = inside("cat /proc/self/status").output;
    for (auto const* line : {"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000",
                             "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000",
                             "CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"})
        EXPECT_THAT(status, HasSubstr(line));
    EXPECT_NE(inside("su -c id </dev/null").code, 0);
    EXPECT_NE(inside("mount -t tmpfs none /tmp").code, 0);
    if (as_root()) {
        struct stat facts{};
        ASSERT_EQ(inside("touch ~/owned").code, 0);
        ASSERT_EQ(::stat((ada.home / "owned").c_str(), &facts), 0);
        EXPECT_EQ(facts.st_uid, static_cast<uid_t>(ada.number));
    }
}

TEST_F(SandboxIsolation, ServerCannotMakeNamespaces) {
    EXPECT_EQ(outside("unshare --user true"), 0);
    EXPECT_NE(inside("unshare --user true").code, 0);
    EXPECT_NE(inside("unshare --map-root-user --mount true").code, 0);
    // clone(2) by another road, with CLONE_NEWUSER.
    EXPECT_NE(inside(system_call("56,0x10000011,0,0,0,0")).code, 0);
}

#if defined(__x86_64__)
TEST_F(SandboxIsolation, DangerousSystemCallsAreClosed) {
    struct Call {
        char const* name;
        char const* arguments;
    };
    for (auto const& [name, arguments] :
         {Call{"keyctl", "250,0,-3,1"}, Call{"ptrace", "101,0,0,0,0"}, Call{"userfaultfd", "323,1"},
          Call{"io_uring_setup", "425,1,ctypes.create_string_buffer(256)"}}) {
        EXPECT_EQ(inside(system_call(arguments)).code, EPERM) << name;
    }
    EXPECT_EQ(outside(system_call("250,0,-3,1")), 0) << "keyctl";
    EXPECT_EQ(outside(system_call("101,0,0,0,0")), 0) << "ptrace";
    EXPECT_EQ(inside(system_call("39")).code, 0) << "getpid, which is open";
}
#endif

TEST_F(SandboxIsolation, SecretIsInNoArgumentAndInNoOtherEnvironment) {
    EXPECT_THAT(inside("cat /proc/self/environ | tr '\\0' '\\n'").output, HasSubstr(ada.secret));
    EXPECT_THAT(inside("cat /proc/1/environ 2>/dev/null").output, "");
    EXPECT_THAT(inside("env").output, Not(HasSubstr("LD_")));
    auto const state = parse_process_state(started.state);
    ASSERT_TRUE(state);
    EXPECT_THAT(started.state, Not(HasSubstr(ada.secret)));
    std::string arguments;
    for (auto const& entry : fs::directory_iterator("/proc"))
        arguments += file_of(entry.path() / "cmdline");
    EXPECT_THAT(arguments, HasSubstr(ada.base_url));
    EXPECT_THAT(arguments, Not(HasSubstr(ada.secret)));
}

TEST_F(SandboxIsolation, OtherUsersCannotReadTheServersProcessesOrSocket) {
    if (!as_root()) GTEST_SKIP() << "needs root to be somebody else";
    auto const state = parse_process_state(started.state);
    auto const as_bob = fmt::format("setpriv --reuid={0} --regid={0} --clear-groups ", bob.number);
    auto const as_ada = fmt::format("setpriv --reuid={0} --regid={0} --clear-groups ", ada.number);
    auto const find =
        fmt::format("p=$(pgrep -u {} -f api/status | head -1); test -n \"$p\"; ", ada.number);
    EXPECT_EQ(outside(find + as_ada + "cat /proc/$p/environ"), 0);
    EXPECT_NE(outside(find + as_bob + "cat /proc/$p/environ"), 0);
    EXPECT_NE(outside(find + as_bob + "kill -0 $p"), 0);
    EXPECT_NE(outside(as_bob + "ls " + state->folder.string()), 0);
    EXPECT_NE(outside(as_bob + "cat " + state->log.string()), 0);
}

TEST_F(SandboxIsolation, PrivateNetworkReachesNoServiceOfTheMachine) {
    if (as_root()) GTEST_SKIP() << "as root servers share the machine's network";
    auto const listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 8), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    auto const connect = [&](std::string const& host) {
        return fmt::format("timeout 5 bash -c ': > /dev/tcp/{}/{}'", host, ntohs(address.sin_port));
    };
    EXPECT_EQ(outside(connect("127.0.0.1")), 0);
    for (auto const* host : {"127.0.0.1", "10.0.2.2"})
        EXPECT_NE(inside(connect(host)).code, 0) << host;
    EXPECT_THAT(inside("timeout 5 bash -c ': > /dev/tcp/169.254.169.254/80'").output,
                testing::AnyOf(HasSubstr("unreachable"), HasSubstr("ermission denied"),
                               HasSubstr("No route")));
    ::close(listener);
}

}  // namespace
}  // namespace carrel
