#pragma once

/// For tests: a ProcessSpawner with folders of its own, and a small notebook server in Python that
/// answers at `api/status`, and runs what is posted to `run` as a shell command in its sandbox.

#include "base/encoding.hpp"
#include "base/temporary_folder.hpp"
#include "http/client.hpp"
#include "runtime/blocking_pool.hpp"
#include "spawn/process/process_spawner.hpp"
#include "spawn/test_loop.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace carrel {

inline constexpr auto small_server = R"(
import http.server, json, os, socketserver, subprocess, sys
path, base, secret = sys.argv[1], sys.argv[2], os.environ["CARREL_SERVER_TOKEN"]
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def allowed(self):
        if self.headers["Authorization"] == "token " + secret: return True
        self.answer(403, b"")
    def do_GET(self):
        if self.allowed(): self.answer(200 if self.path == base + "api/status" else 404, b"{}")
    def do_POST(self):
        if not self.allowed(): return
        script = self.rfile.read(int(self.headers["Content-Length"])).decode()
        done = subprocess.run(["/bin/bash", "-c", script], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.answer(200, json.dumps([done.returncode, done.stdout.decode(errors="replace")]).encode())
    def address_string(self): return "someone"
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    if path.startswith("/"): address_family = __import__("socket").AF_UNIX
    daemon_threads = True
    def server_bind(self): socketserver.TCPServer.server_bind(self)
print("\x1b[32mserving\x1b[0m with", secret, flush=True)
Server(path if path.startswith("/") else ("127.0.0.1", int(path)), Handler).serve_forever()
)";

/// What a shell command in the sandbox gave.
struct Answer {
    int code = -1;
    std::string output;
};

class ProcessWorld {
public:
    /// `block_metadata` sets routing rules of the machine: only in a network of the test's own.
    explicit ProcessWorld(bool block_metadata = false);
    ~ProcessWorld();

    /// A spawner as a control process would make it; what runs already is found by its state.
    std::unique_ptr<ProcessSpawner> make_spawner();

    /// A server of the small kind in a home of its own. Numbers from 0.
    ServerSpec spec(int number, std::string const& name);

    Result<Started> start(ServerSpec const& spec);
    /// Starts and remembers it, so that it is stopped with the world.
    Started start_or_fail(ServerSpec const& spec);
    /// Runs a shell command in the sandbox of a started server.
    Answer run_inside(ServerSpec const& spec, Started const& started, std::string const& script);
    /// Waits until the server has ended.
    Ending wait_for_end(Started const& started);

    TestLoop loop;
    TemporaryFolder folder;
    BlockingPool pool{4};
    http::Client client;
    ProcessSpawnerOptions options;
    std::unique_ptr<ProcessSpawner> spawner;
    std::vector<std::string> states;
};

[[nodiscard]] inline bool as_root() { return ::geteuid() == 0; }

}  // namespace carrel
