/// What a container can do to others, tried from inside on a real engine.

#include "spawn/docker/docker_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace carrel {
namespace {

using testing::HasSubstr;
using testing::Not;

class DockerIsolation : public testing::Test {
protected:
    void SetUp() override {
        if (!DockerWorld::possible()) GTEST_SKIP() << DockerWorld::how_to_have_one;
        world = std::make_unique<DockerWorld>();
        ada = world->spec(1, "ada");
    }
    void start_ada() { started = world->start_or_fail(ada); }
    Answer as_ada(std::string const& script) { return world->run_inside(ada, started, script); }

    /// Whether this address and port can be reached: "reached" or why not.
    static std::string reach(std::string const& address, unsigned port) {
        return fmt::format(
            "python3 -c 'import socket\n"
            "try: socket.create_connection((\"{}\", {}), 5); print(\"reached\")\n"
            "except OSError as problem: print(\"not\", problem)'",
            address, port);
    }

    std::unique_ptr<DockerWorld> world;
    ServerSpec ada;
    Started started;
};

/// A listener of this machine, on all its addresses.
class Listener {
public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 16) != 0 ||
            ::getsockname(socket_, generic, &size) != 0)
            throw std::runtime_error("listen");
        port_ = ntohs(address.sin_port);
    }
    ~Listener() { ::close(socket_); }
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;
    [[nodiscard]] unsigned port() const { return port_; }

private:
    int socket_;
    unsigned port_ = 0;
};

TEST_F(DockerIsolation, ServerHasNoPowerOverTheMachine) {
    start_ada();
    auto const status = as_ada("cat /proc/self/status").output;
    EXPECT_THAT(status, HasSubstr("CapBnd:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
    EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
    EXPECT_EQ(as_ada("id -u; id -g").output,
              fmt::format("{0}\n{0}\n", as_root() ? ada.number : ::geteuid()));
    EXPECT_NE(as_ada("mount -t tmpfs x /mnt").code, 0);
    EXPECT_NE(as_ada("python3 -c 'import socket; socket.socket(socket.AF_PACKET)'").code, 0);
}

TEST_F(DockerIsolation, OnlyHomeAndMemoryCanBeWritten) {
    start_ada();
    EXPECT_EQ(as_ada("touch ~/a /tmp/a /var/tmp/a").code, 0);
    EXPECT_THAT(as_ada("touch /a 2>&1").output, HasSubstr("Read-only file system"));
    EXPECT_THAT(as_ada("touch /usr/a 2>&1").output, HasSubstr("Read-only file system"));
    EXPECT_TRUE(std::filesystem::exists(ada.home / "a"));
    struct stat facts{};
    ASSERT_EQ(::stat(ada.home.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777U, 0700U) << "the engine leaves the home's rights alone";
}

TEST_F(DockerIsolation, NothingOfOthersIsInSight) {
    start_ada();
    auto const bob = world->spec(2, "bob");
    auto const other = world->start_or_fail(bob);
    EXPECT_EQ(world->run_inside(bob, other, "echo mine > ~/private").code, 0);
    EXPECT_EQ(as_ada("ls /home").output, "ada\n");
    EXPECT_THAT(as_ada("cat /proc/[0-9]*/environ | tr '\\0' '\\n'").output,
                Not(HasSubstr(bob.secret)));
    EXPECT_THAT(as_ada("find / -xdev -name '*.sock' 2>/dev/null").output, Not(HasSubstr("docker")));
    EXPECT_NE(as_ada("ls " + bob.home.string()).code, 0);
}

TEST_F(DockerIsolation, ProcessesAreLimitedInNumber) {
    world->options.most_processes = 40;
    world->spawner = world->make_spawner();
    start_ada();
    auto const many = as_ada(
        "python3 -c 'import os, signal, time\n"
        "made = []\n"
        "try:\n"
        "    for _ in range(200):\n"
        "        child = os.fork()\n"
        "        if child == 0: time.sleep(600); os._exit(0)\n"
        "        made.append(child)\n"
        "except OSError: pass\n"
        "print(len(made))\n"
        "for child in made: os.kill(child, signal.SIGKILL)'");
    auto const made = std::atoi(many.output.c_str());
    EXPECT_GT(made, 0) << many.output;
    EXPECT_LT(made, 40);
}

TEST_F(DockerIsolation, MemoryIsLimitedAndTheReasonIsTold) {
    ada.environment.command[2] = std::string(
                                     "import threading, os, time\n"
                                     "def eat():\n"
                                     "    while not os.path.exists('/tmp/eat'): time.sleep(0.02)\n"
                                     "    food = [b'x' * 2**24 for _ in range(200)]\n"
                                     "    os._exit(0)\n"
                                     "threading.Thread(target=eat, daemon=True).start()\n") +
                                 small_server;
    start_ada();
    (void)as_ada("touch /tmp/eat");
    auto const ending = world->wait_for_end(started);
    EXPECT_TRUE(ending.out_of_memory);
    EXPECT_EQ(ending.explanation,
              "the server used more than its 0.25 GiB of memory and was stopped");
}

TEST_F(DockerIsolation, FilesAreLimitedInSize) {
    ada.resources.storage_gib = 0.01;
    start_ada();
    EXPECT_NE(as_ada("head -c 20000000 /dev/zero > ~/big").code, 0);
    EXPECT_EQ(as_ada("head -c 5000000 /dev/zero > ~/small").code, 0);
}

class DockerNetwork : public DockerIsolation {
protected:
    void SetUp() override {
        DockerIsolation::SetUp();
        if (IsSkipped()) return;
        auto const facts = world->engine.facts(Deadline::after(Seconds(60)));
        if (!as_root() || !facts || !facts->filters_bridges)
            GTEST_SKIP() << "the engine cannot keep containers apart here";
    }
    std::string address_of(ServerSpec const& spec, Started const& server) {
        auto const answer =
            world->run_inside(spec, server,
                              "python3 -c 'import socket\n"
                              "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                              "s.connect((\"198.51.100.1\", 9))\n"
                              "print(s.getsockname()[0])'");
        return answer.output.substr(0, answer.output.find('\n'));
    }
};

TEST_F(DockerNetwork, LeadsOutButNotToAMetadataService) {
    start_ada();
    EXPECT_EQ(as_ada(reach("198.51.100.1", 80)).output, "reached\n")
        << "which is what makes the next line worth something";
    EXPECT_THAT(as_ada(reach("169.254.169.254", 80)).output, HasSubstr("not"));
}

TEST_F(DockerNetwork, LeadsToNoOtherContainer) {
    auto bob = world->spec(2, "bob");
    auto eve = world->spec(3, "eve");
    eve.id = "other.eve";
    eve.course = "chem";
    auto const listen = std::string(
        "import socket, threading\n"
        "door = socket.create_server(('0.0.0.0', 9999))\n"
        "threading.Thread(target=lambda: [door.accept() for _ in range(99)], "
        "daemon=True).start()\n");
    for (auto* spec : {&bob, &eve})
        spec->environment.command[2] = listen + spec->environment.command[2];
    auto const of_bob = world->start_or_fail(bob);
    auto const of_eve = world->start_or_fail(eve);
    start_ada();
    auto const same_course = address_of(bob, of_bob);
    auto const other_course = address_of(eve, of_eve);
    EXPECT_EQ(world->run_inside(bob, of_bob, reach(same_course, 9999)).output, "reached\n");
    EXPECT_THAT(as_ada(reach(same_course, 9999)).output, HasSubstr("not"));
    EXPECT_THAT(as_ada(reach(other_course, 9999)).output, HasSubstr("not"));
}

TEST_F(DockerNetwork, DoesNotLeadToThisMachine) {
    Listener const listener;
    start_ada();
    auto const own = address_of(ada, started);
    auto const gateway = own.substr(0, own.rfind('.')) + ".1";
    for (auto const& address : {gateway, std::string("198.51.100.2")})
        EXPECT_THAT(as_ada(reach(address, listener.port())).output, HasSubstr("not")) << address;
}

TEST_F(DockerNetwork, IsNotThereWhenItIsNotWanted) {
    world->options.network = false;
    world->spawner = world->make_spawner();
    start_ada();
    EXPECT_THAT(as_ada(reach("198.51.100.1", 80)).output, HasSubstr("not"));
    EXPECT_EQ(as_ada("ls /sys/class/net").output, "lo\n");
    EXPECT_THAT(world->spawner->isolation().notices,
                testing::Contains(HasSubstr("no network at all")));
}

}  // namespace
}  // namespace carrel
