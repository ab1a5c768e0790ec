"""The command line: what both refuse, and what one request looks like at the target under each option."""

import http.server
import json
import os
import subprocess
import threading

import pytest
from conftest import ORIGINAL, PROGRAM, start, wait_until

REFUSED = [
    ["--error-target", "http://127.0.0.1:1", "--error-path", "/tmp"],
    ["--redirect-port", "8080"],
    ["--custom-header", "no-colon"],
    ["--socket", "/tmp/x", "--port", "1"],
    ["--no-such-option"],
]


class Target(http.server.BaseHTTPRequestHandler):
    """Tells what reached it; `/moved` redirects to itself."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"path": self.path, "fields": {k.lower(): v for k, v in self.headers.items()}}).encode()
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/there")
        elif self.path.startswith("/errors/"):
            self.send_response(200)
            body = b"page for " + self.path.encode()
            self.send_header("Content-Type", "text/x-page")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def target():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def seen(proxy, path, **headers):
    return json.loads(proxy.get(path, **headers)[2])


@pytest.mark.parametrize("arguments", REFUSED, ids=lambda arguments: arguments[0])
def test_refuses(kind, arguments, tmp_path):
    if kind == "original" and not os.path.exists(ORIGINAL):
        pytest.skip("configurable-http-proxy is not installed")
    program = tmp_path / "configurable-http-proxy"
    program.symlink_to(PROGRAM if kind == "carrel" else ORIGINAL)
    ended = subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert ended.stdout + ended.stderr


def test_storage_backends_are_refused_with_the_reason(tmp_path):
    ended = subprocess.run([str(PROGRAM), "proxy", "--storage-backend", "x"], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1 and "JavaScript" in ended.stderr


def test_forwards_the_path_and_the_client(proxy_with, target):
    proxy = proxy_with()
    proxy.add("/a%20b", target + "/base")
    got = seen(proxy, "/a%20b/c%2Fd?q=%20", **{"Host": "hub.example:81", "X-Forwarded-For": "192.0.2.1"})
    assert got["path"] == "/base/a%20b/c%2Fd?q=%20"
    fields = got["fields"]
    assert fields["host"] == "hub.example:81"
    assert fields["x-forwarded-for"].replace(" ", "") in ("192.0.2.1,127.0.0.1", "192.0.2.1,::ffff:127.0.0.1")
    assert (fields["x-forwarded-port"], fields["x-forwarded-proto"]) == ("81", "http")
    assert fields["x-forwarded-host"] == "hub.example:81"


@pytest.mark.parametrize("arguments, check", [
    (["--no-x-forward"], lambda got, target: "x-forwarded-for" not in got["fields"]),
    (["--no-prepend-path"], lambda got, target: got["path"] == "/a/b"),
    (["--no-include-prefix"], lambda got, target: got["path"] == "/base/b"),
    (["--change-origin"], lambda got, target: got["fields"]["host"] == target.removeprefix("http://")),
    (["--custom-header", "X-One: 1", "--custom-header", "X-Two:2:3"],
     lambda got, target: got["fields"]["x-one"] == "1" and got["fields"]["x-two"] == "2:3"),
    (["--log-level=debug", "--timeout=5000", "--proxy-timeout", "5000", "--keep-alive-timeout", "1000", "--insecure"],
     lambda got, target: got["path"] == "/base/a/b"),
], ids=["no-x-forward", "no-prepend-path", "no-include-prefix", "change-origin", "custom-header", "others"])
def test_option(proxy_with, target, arguments, check):
    proxy = proxy_with(*arguments)
    proxy.add("/a", target + "/base")
    assert check(seen(proxy, "/a/b"), target)


def test_redirects_of_the_target(kind, proxy_with, target):
    plain, rewritten = proxy_with(), proxy_with("--auto-rewrite", "--protocol-rewrite", "https")
    for proxy in (plain, rewritten):
        proxy.add("/", target)
    assert plain.get("/moved", Host="hub.example")[1]["Location"] == target + "/there"
    assert rewritten.get("/moved", Host="hub.example:8443")[1]["Location"] == "https://hub.example:8443/there"
    # The original since version 5 leaves the target's port there, which leads nowhere.
    port = "" if kind == "carrel" else target[target.rindex(":") :]
    assert rewritten.get("/moved", Host="hub.example")[1]["Location"] == f"https://hub.example{port}/there"


def test_host_routing(proxy_with, target):
    proxy = proxy_with("--host-routing")
    proxy.add("/a.example", target + "/a")
    proxy.add("/", target + "/root")
    assert seen(proxy, "/x", Host="a.example:8000")["path"] == "/a/x"
    assert seen(proxy, "/x", Host="b.example")["path"] == "/root/x"


def test_errors(proxy_with, target, tmp_path):
    (tmp_path / "404.html").write_text("our 404")
    (tmp_path / "error.html").write_text("our error")
    built_in, fetched = proxy_with(), proxy_with("--error-target", target + "/errors")
    read = proxy_with("--error-path", str(tmp_path))
    for proxy in (built_in, fetched, read):
        proxy.add("/dead", "http://127.0.0.1:1")
    accept = {"Accept": "text/html"}
    assert built_in.get("/x", **accept)[0] == 404 and "404:" in built_in.get("/x", **accept)[2]
    assert built_in.get("/dead", **accept)[0] == 503 and "503:" in built_in.get("/dead", **accept)[2]
    status, fields, body = fetched.get("/x/y?z")
    assert (status, fields["Content-Type"], body) == (404, "text/x-page", "page for /errors/404?url=%2Fx%2Fy%3Fz")
    assert fetched.get("/dead")[0] == 503
    assert (read.get("/x")[0], read.get("/x")[2], read.get("/dead")[2]) == (404, "our 404", "our error")


def test_health(proxy_with):
    status, _, body = proxy_with().get("/_chp_healthz")
    assert (status, json.loads(body)) == (200, {"status": "OK"})


def test_only_successes_are_activity(proxy_with, target):
    proxy = proxy_with()
    proxy.add("/moved", target)
    proxy.add("/ok", target)
    before = json.loads(proxy.api("GET", "/api/routes")[2])

    def later():
        """It is noted after the answer, and to the millisecond."""
        assert proxy.get("/moved")[0] == 302 and proxy.get("/ok")[0] == 200
        after = json.loads(proxy.api("GET", "/api/routes")[2])
        return after if after["/ok"]["last_activity"] > before["/ok"]["last_activity"] else None

    after = wait_until(later, what="activity")
    assert after["/moved"]["last_activity"] == before["/moved"]["last_activity"]


def test_the_original_is_there_or_skipped():
    start("original").close()
