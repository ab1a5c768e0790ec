"""The contract of configurable-http-proxy, held by `carrel proxy` and, where it is installed, by the original.

A test that takes `peer` runs once with each: what passes with the original is what the contract is, and what
passes with ours shows that we keep it. Without the original (where `make bench-proxy` puts it, or CARREL_CHP) its half is
skipped, and the expectations that were recorded with it stand alone.
"""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.parse

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests"))

from support.carrel_process import PROGRAM, wait_until  # noqa: E402
from support.ports import free_port  # noqa: E402

TOKEN = "contract-token"
INSTALLED = [TOP / folder / "node_modules/.bin/configurable-http-proxy" for folder in ("build/bench", "bench")]
ORIGINAL = os.environ.get("CARREL_CHP") or str(next((path for path in INSTALLED if path.exists()), INSTALLED[0]))


class Peer:
    """One proxy under the contract, with its public port and its REST API."""

    def __init__(self, kind, *arguments, token=TOKEN):
        self.kind = kind
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="contract-"))
        self.port, self.api_port = free_port(), free_port()
        if kind == "carrel":
            # Under the name by which JupyterHub starts it.
            program = self.folder / "configurable-http-proxy"
            program.symlink_to(PROGRAM)
        else:
            program = ORIGINAL
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CONFIGPROXY")}
        if token:
            environment["CONFIGPROXY_AUTH_TOKEN"] = token
        self.log_file = self.folder / "log"
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [str(program), "--ip", "127.0.0.1", "--port", str(self.port), "--api-ip", "127.0.0.1",
                 "--api-port", str(self.api_port), *arguments],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, what="the proxy to listen")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.kind} ended: {self.log()}")
        for port in (self.port, self.api_port):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
        return True

    def log(self):
        return self.log_file.read_text(errors="replace")

    def ask(self, port, method, path, body=None, headers=None):
        """(status, fields, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def api(self, method, path, body=None, authorization=f"token {TOKEN}", **headers):
        if authorization:
            headers["Authorization"] = authorization
        if not isinstance(body, (str, bytes, type(None))):
            body = json.dumps(body)
        return self.ask(self.api_port, method, path, body, headers)

    def get(self, path, **headers):
        return self.ask(self.port, "GET", path, headers=headers)

    def add(self, path, target, **more):
        status, _, body = self.api("POST", "/api/routes" + path, {"target": target, **more})
        assert (status, body) == (201, "")

    def close(self):
        self.process.terminate()
        status = self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


def start(kind, *arguments, **more):
    if kind == "original" and not (os.path.exists(ORIGINAL) and shutil.which("node")):
        pytest.skip("configurable-http-proxy is not installed; set CARREL_CHP, or let `make bench-proxy` install it")
    return Peer(kind, *arguments, **more)


@pytest.fixture(scope="session", params=["carrel", "original"])
def kind(request):
    return request.param


@pytest.fixture
def proxy_with(kind):
    """Starts a proxy of the kind under test with further arguments."""
    peers = []

    def begin(*arguments, **more):
        peers.append(start(kind, *arguments, **more))
        return peers[-1]

    yield begin
    for peer in peers:
        peer.close()


@pytest.fixture(scope="module")
def peer(kind):
    proxy = start(kind)
    yield proxy
    proxy.close()


@pytest.fixture(autouse=True)
def no_routes(request):
    """Every test begins without routes."""
    if "peer" not in request.fixturenames:
        return
    proxy = request.getfixturevalue("peer")
    for path in json.loads(proxy.api("GET", "/api/routes")[2]):
        proxy.api("DELETE", "/api/routes" + urllib.parse.quote(path))


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run `make build` first", returncode=3)
