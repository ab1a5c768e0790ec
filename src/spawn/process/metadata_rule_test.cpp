/// The metadata service stays out of reach: tried in a network of the test's own, with a listener
/// at the address that clouds use.

#include "spawn/process/metadata_rule.hpp"

#include "base/temporary_folder.hpp"
#include "runtime/subprocess.hpp"
#include "spawn/process/process_world.hpp"

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/wait.h>

namespace carrel {
namespace {

bool succeeds(std::vector<std::string> arguments) {
    auto const done = run({.arguments = std::move(arguments),
                           .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}},
                          Deadline::after(Seconds(10)));
    return done && done->exit_code == 0;
}

// A second namespace plays the cloud; a pair of virtual cables leads there.
constexpr auto make_cloud = R"(
set -e
ip link set lo up
unshare -n /usr/bin/python3 -c '
import http.server, sys, os
os.system("ip link set lo up")
sys.stdin.readline()
http.server.HTTPServer(("0.0.0.0", 80), http.server.SimpleHTTPRequestHandler).serve_forever()
' < <(sleep 0.3; echo) >/dev/null 2>&1 & cloud=$!
sleep 0.2
ip link add here type veth peer name there netns $cloud
ip addr add 169.254.1.1/16 dev here
ip link set here up
nsenter -t $cloud -n ip addr add 169.254.169.254/16 dev there
nsenter -t $cloud -n ip link set there up
for i in $(seq 100); do (: > /dev/tcp/169.254.169.254/80) 2>/dev/null && break; sleep 0.05; done
echo $cloud > "$1"
)";

/// What the test does in its own network; the value tells which step was wrong.
int in_own_network() {
    TemporaryFolder folder;
    auto const cloud = (folder.path() / "cloud").string();
    auto const reach = "exec 2>/dev/null; timeout 5 bash -c ': > /dev/tcp/169.254.169.254/80'";
    // The listener lives on after the script, so its output must not be waited for.
    if (!start_detached({.command = {.arguments = {"/bin/bash", "-c", make_cloud, "cloud", cloud},
                                     .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}},
                         .log = folder.path() / "log"}))
        return 1;
    auto const deadline = Deadline::after(Seconds(10));
    while (!std::filesystem::exists(cloud) && !deadline.passed()) ::usleep(10'000);
    auto const ended = [&](int code) {
        (void)succeeds({"/bin/bash", "-c", "kill $(cat " + cloud + ")"});
        return code;
    };
    auto const somebody = std::vector<std::string>{"/usr/bin/setpriv", "--reuid=200000",
                                                   "--regid=200000", "--clear-groups"};
    auto as_server = somebody;
    as_server.insert(as_server.end(), {"/bin/bash", "-c", reach});
    if (!succeeds({"/bin/bash", "-c", reach})) return ended(2);
    if (!succeeds(as_server)) return ended(3);  // open before the rule is set

    ProcessWorld world(true);  // sets it
    if (!succeeds({"/bin/bash", "-c", reach})) return ended(4);
    if (succeeds(as_server)) return ended(5);
    auto const ada = world.spec(1, "ada");
    auto const started = world.start_or_fail(ada);
    if (world.run_inside(ada, started, "true").code != 0) return ended(6);
    if (world.run_inside(ada, started, reach).code == 0) return ended(7);
    if (!block_metadata()) return ended(8);  // once more
    return ended(0);
}

TEST(MetadataRule, ServersCannotReachTheMetadataService) {
    if (!as_root()) GTEST_SKIP() << "needs root";
    auto const child = ::fork();
    if (child == 0) ::_exit(::unshare(CLONE_NEWNET) == 0 ? in_own_network() : 99);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace carrel
