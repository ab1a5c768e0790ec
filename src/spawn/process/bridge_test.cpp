#include "spawn/process/bridge.hpp"

#include "http/server.hpp"
#include "runtime/task_group.hpp"
#include "spawn/process/process_world.hpp"
#include "spawn/process/sandbox_arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <fstream>

namespace carrel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// As `jupyterhub-singleuser`: it asks the hub first, then listens where it is told to, and tells
/// whoever asks what it was told.
constexpr auto hub_server = R"(
import http.server, json, os, socketserver, sys, urllib.parse, urllib.request
def hub(): return urllib.request.urlopen(os.environ["JUPYTERHUB_API_URL"]).read().decode()
hub()
place = urllib.parse.urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"hub": hub(), "path": self.path, "token": os.environ["JUPYTERHUB_API_TOKEN"],
                           "open": os.listdir("/proc/self/fd"), "environment": dict(os.environ)}).encode()
        self.send_response(302 if self.path.endswith("/api") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self): return "someone"
path = sys.argv[1] if len(sys.argv) > 1 else ""
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    if path: address_family = __import__("socket").AF_UNIX
    daemon_threads = True
    def server_bind(self): socketserver.TCPServer.server_bind(self)
Server(path if path else (place.hostname, place.port), Handler).serve_forever()
)";

class Bridge : public testing::Test {
public:
    ~Bridge() override { close_hub(); }

protected:
    Bridge() {
        world_.options.hub_folder = world_.folder.path() / "hub";
        fs::create_directories(world_.options.hub_folder);
        world_.spawner = world_.make_spawner();
        open_hub();
    }

    void open_hub() {
        auto const socket = world_.options.hub_folder / hub_socket_name;
        hub_ = http::Server::create(world_.loop.context().get_executor(), http::UnixSocket{socket},
                                    [](http::Request& request) -> asio::awaitable<http::Response> {
                                        co_return http::Response::text("hub at " + request.path);
                                    })
                   .value();
        hub_->start();
        ASSERT_EQ(::chmod(socket.c_str(), 0666), 0);
    }
    void close_hub() {
        if (hub_) (void)world_.loop.wait(hub_->stop(Milliseconds(0)));
        hub_.reset();
    }

    ServerSpec spec(std::vector<std::string> command) {
        auto spec = world_.spec(0, "ada");
        spec.environment.kind = EnvironmentKind::JupyterHub;
        spec.environment.command = std::move(command);
        spec.environment.ready_path = "api";
        spec.hub_variables = {{"JUPYTERHUB_API_URL", "{hub_url}/c/bio/hub/api"},
                              {"JUPYTERHUB_API_TOKEN", spec.secret},
                              {"JUPYTERHUB_SERVICE_URL", "{server_url}/c/bio/user/ada/"}};
        return spec;
    }

    nlohmann::json ask(Started const& started, std::string const& path) {
        // On the pool: the server asks the hub for it, which is on this thread.
        http::ClientRequest const request{.url = started.endpoint + path};
        auto const answer = world_.loop.wait(world_.pool.run(
            [&] { return world_.client.fetch(request, Deadline::after(Seconds(20))); }));
        if (!answer) return answer.error().message;
        return nlohmann::json::parse(answer->body, nullptr, false);
    }

    ProcessWorld world_;
    std::unique_ptr<http::Server> hub_;
};

}  // namespace

TEST_F(Bridge, JoinsAServerThatKnowsOnlyTcpWithTheHubAndTheProxy) {
    auto const server = spec({"/usr/bin/python3", "-c", hub_server});
    auto const started = world_.start_or_fail(server);

    EXPECT_THAT(started.endpoint, HasSubstr("http+unix://"));
    auto const told = ask(started, "/c/bio/user/ada/lab?x=1");
    ASSERT_TRUE(told.is_object()) << told;
    EXPECT_EQ(told["hub"], "hub at /c/bio/hub/api");
    EXPECT_EQ(told["path"], "/c/bio/user/ada/lab?x=1");
    EXPECT_EQ(told["token"], server.secret);
    // Standard input, output and error, its listening socket, the connection, and the listing.
    EXPECT_LE(told["open"].size(), 8U) << told["open"];
    EXPECT_FALSE(told["environment"].contains("JUPYTER_TOKEN"));
    EXPECT_FALSE(told["environment"].contains("CARREL_SERVER_TOKEN"));
}

TEST_F(Bridge, LetsAServerListenOnItsSocketItself) {
    auto const started =
        world_.start_or_fail(spec({"/usr/bin/python3", "-c", hub_server, "{socket}"}));
    EXPECT_EQ(ask(started, "/x")["hub"], "hub at /c/bio/hub/api");
}

TEST_F(Bridge, FindsTheHubAgainThatHasBeenRestarted) {
    auto const started = world_.start_or_fail(spec({"/usr/bin/python3", "-c", hub_server}));
    close_hub();
    open_hub();
    EXPECT_EQ(ask(started, "/x")["hub"], "hub at /c/bio/hub/api");
}

TEST_F(Bridge, EndsWithTheServerAndLeavesItsExitCode) {
    auto const failed = world_.start(
        spec({"/usr/bin/python3", "-c", "import sys; print('no kernel today'); sys.exit(7)"}));
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("7"));
    EXPECT_THAT(world_.spawner->last_failure("course.ada")->log_tail, HasSubstr("no kernel today"));
}

TEST_F(Bridge, SaysThatACommandIsNotThere) {
    auto const failed = world_.start(spec({"/usr/bin/no-such-program"}));
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("no-such-program"));
}

TEST_F(Bridge, DoesNotTakeAStrangerOnTheServersPortForTheServer) {
    if (!as_root()) GTEST_SKIP() << "only root's servers share a network";
    auto const server =
        spec({"/bin/sh", "-c", "echo {port} > port; until [ -e enough ]; do sleep 0.1; done"});
    // The stranger answers everything, as the server would; after a second the server ends.
    std::unique_ptr<http::Server> stranger;
    int asked = 0;
    auto const take_port = [&]() -> Task<> {
        unsigned short port = 0;
        while (port == 0) {
            std::ifstream(server.home / "port") >> port;
            CO_TRY_VOID(co_await sleep_for(Milliseconds(5)));
        }
        CO_TRY(auto listening,
               http::Server::create(world_.loop.context().get_executor(),
                                    http::TcpAddress{"127.0.0.1", port},
                                    [&](http::Request&) -> asio::awaitable<http::Response> {
                                        ++asked;
                                        co_return http::Response::text("stranger");
                                    }));
        stranger = std::move(listening);
        stranger->start();
        CO_TRY_VOID(co_await sleep_for(Seconds(1)));
        std::ofstream(server.home / "enough") << "yes";
        co_return Result<>();
    };
    auto const start = [&]() -> Task<Started> {
        TaskGroup beside(world_.loop.context().get_executor());
        beside.start("take the port", take_port());
        auto started = co_await world_.spawner->start(server, Deadline::after(Seconds(60)), {});
        CO_TRY_VOID(co_await beside.close());
        co_return started;
    };
    auto const outcome = world_.loop.wait(start());
    ASSERT_NE(stranger, nullptr) << "nobody took the port, so nothing was tested";
    ASSERT_FALSE(outcome);
    EXPECT_EQ(asked, 0);
    (void)world_.loop.wait(stranger->stop(Milliseconds(0)));
}

TEST_F(Bridge, IsNeededByKindAndAHub) {
    world_.options.hub_folder.clear();
    world_.spawner = world_.make_spawner();
    auto const failed = world_.start(spec({"/usr/bin/python3", "-c", hub_server}));
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("needs a hub"));
}

TEST(BridgeListeners, AreReadFromTheKernelsTable) {
    constexpr auto header =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout inode\n";
    auto const line = [](std::string const& local, std::string const& state,
                         std::string const& uid) {
        return "   0: " + local + " 00000000:0000 " + state +
               " 00000000:00000000 00:00000000 00000000  " + uid + "        0 123 1 0 100 0 0\n";
    };
    EXPECT_THAT(listeners_on("", 8080), IsEmpty());
    EXPECT_THAT(listeners_on(header + line("0100007F:1F90", "0A", "1000"), 8080),
                ElementsAre(1000));
    EXPECT_THAT(listeners_on(header + line("00000000:1F90", "0A", "1000"), 8080),
                ElementsAre(1000));
    EXPECT_THAT(listeners_on(line("00000000000000000000000000000000:1F90", "0A", "7"), 8080),
                ElementsAre(7));
    // Another port, another state, an address that loopback does not lead to.
    EXPECT_THAT(listeners_on(line("0100007F:1F91", "0A", "1000"), 8080), IsEmpty());
    EXPECT_THAT(listeners_on(line("0100007F:1F90", "01", "1000"), 8080), IsEmpty());
    EXPECT_THAT(listeners_on(line("0500000A:1F90", "0A", "1000"), 8080), IsEmpty());
    EXPECT_THAT(
        listeners_on(line("0100007F:1F90", "0A", "1") + line("00000000:1F90", "0A", "2"), 8080),
        ElementsAre(1, 2));
}

}  // namespace carrel
