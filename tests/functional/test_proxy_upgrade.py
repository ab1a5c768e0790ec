"""A new program takes over from a running proxy under load; routes change under load. Nobody notices.

CARREL_UPGRADES says how many upgrades in a row (3 without it).
"""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading

import pytest
from support.carrel_process import PROGRAM, clean_environment
from support.visitors import EchoUpstream, Line, Visitors, WebSocketLine, Wrong, wait_for

UPGRADES = int(os.environ.get("CARREL_UPGRADES", "3"))
WEBSOCKETS = 200


class ProxyUnderTest:
    """`carrel proxy` on free ports, with a handover socket."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.log_path = self.folder / "log"
        self.log_file = self.log_path.open("a")
        self.first = subprocess.Popen(
            [str(PROGRAM), "proxy", "--ip", "127.0.0.1", "--port", "0", "--api-socket", str(self.folder / "api")]
            + ["--handover-socket", str(self.folder / "handover"), "--port-file", str(self.folder / "port")]
            + ["--pid-file", str(self.folder / "pid")],
            env={**clean_environment(), "CONFIGPROXY_AUTH_TOKEN": "secret"},
            stdin=subprocess.DEVNULL,
            stdout=self.log_file,
            stderr=subprocess.STDOUT,
        )
        wait_for(lambda: (self.folder / "pid").exists(), 30, "the proxy")
        self.pid = self.first.pid
        self.address = ("127.0.0.1", int((self.folder / "port").read_text()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in {self.pid, self.first.pid}:
            if self.first.poll() is None or pid != self.first.pid:
                os.kill(pid, signal.SIGTERM)
        self.first.wait(30)
        wait_for(lambda: not pathlib.Path(f"/proc/{self.pid}").exists() or self.ended(), 30, "the last proxy ending")
        self.log_file.close()

    def ended(self):
        """A process whose parent has gone and that nobody has reaped yet has ended, too."""
        try:
            return pathlib.Path(f"/proc/{self.pid}/stat").read_text().split(")")[1].split()[0] == "Z"
        except OSError:
            return True

    def upgrade(self):
        before = self.pid
        os.kill(before, signal.SIGUSR2)
        try:
            wait_for(lambda: int((self.folder / "pid").read_text()) != before, 60, "the successor")
        except AssertionError as problem:
            raise AssertionError(f"{problem}:\n{self.log()[-4000:]}") from None
        self.pid = int((self.folder / "pid").read_text())

    def log(self):
        return self.log_path.read_text(errors="replace")

    def api(self):
        import socket

        connection = http.client.HTTPConnection("api", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.folder / "api"))
        return connection

    def put(self, path, target, connection=None, method="POST"):
        own = connection or self.api()
        body = json.dumps({"target": target}) if method == "POST" else None
        own.request(method, f"/api/routes{path}", body, {"Authorization": "token secret"})
        answer = own.getresponse()
        answer.read()
        if connection is None:
            own.close()
        return answer.status

    def routes(self):
        connection = self.api()
        connection.request("GET", "/api/routes", headers={"Authorization": "token secret"})
        found = json.loads(connection.getresponse().read())
        connection.close()
        return found


@pytest.fixture
def proxy():
    with tempfile.TemporaryDirectory(prefix="carrel-") as folder, ProxyUnderTest(folder) as running:
        yield running


@pytest.fixture
def upstream():
    with EchoUpstream() as running:
        yield running


class KeptLines:
    """What each visitor keeps: one connection, on which it asks again and again."""

    def __init__(self, address, prefix="/echo"):
        self.address, self.prefix, self.lines = address, prefix, {}

    def visit(self, number, rounds):
        line = self.lines.get(number)
        if line is None:
            line = self.lines[number] = Line(self.address)
        path = f"{self.prefix}/{number}/{rounds}"
        try:
            status, _, body = line.ask(path, body=b"b" * (rounds % 3000))
            if status != 200 or body != path.encode() + b"|" + b"b" * (rounds % 3000):
                raise Wrong(f"{status} {body[:60]!r} for {path}")
        except OSError:
            self.lines.pop(number).close()
            raise


def test_upgrades_under_load_drop_nobody(proxy, upstream):
    assert proxy.put("/echo", upstream.url) == 201
    sockets = [WebSocketLine(proxy.address, f"/echo/ws/{number}") for number in range(WEBSOCKETS)]
    kept = KeptLines(proxy.address)

    def visit_anew(number, rounds):
        with Line(proxy.address) as line:
            status, _, body = line.ask(f"/echo/new/{rounds}", "Connection: close\r\n")
            if (status, body) != (200, f"/echo/new/{rounds}|".encode()):
                raise Wrong(f"{status} {body[:60]!r}")

    def chat(number, rounds):
        # Each of these visitors has its share of the WebSockets, and something of its own in flight.
        for line in sockets[number::4]:
            line.send_message(10_000 if rounds % 7 == 0 else 20)
        for line in sockets[number::4]:
            line.read_message()

    slow = [Line(proxy.address) for _ in range(5)]
    for index, line in enumerate(slow):
        line.send(f"GET /echo/slow/{index} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        assert upstream.slow.acquire(timeout=30)
    pids = {proxy.pid}
    with Visitors(8, kept.visit) as asking, Visitors(4, visit_anew) as coming, Visitors(4, chat) as chatting:
        for round_ in range(UPGRADES):
            marks = [each.done for each in (asking, coming, chatting)]
            wait_for(
                lambda marks=marks: all(each.done > mark + 3 for each, mark in zip((asking, coming, chatting), marks)), 60, "traffic"
            )
            proxy.upgrade()
            pids.add(proxy.pid)
            # What was told before is known, and what is told now as well.
            assert proxy.put(f"/late/{round_}", upstream.url) == 201
        upstream.release.set()
        for index, line in enumerate(slow):
            status, _, body = line.read_answer()
            assert (status, body) == (200, f"/echo/slow/{index}|".encode())
            assert line.ask(f"/echo/after/{index}")[2] == f"/echo/after/{index}|".encode(), "a kept connection after a slow answer"
    faults = [asking.faults, coming.faults, chatting.faults]
    print(f"{UPGRADES} upgrades; {asking.done} + {coming.done} answers, {chatting.done} rounds of {WEBSOCKETS // 4} messages")
    assert not any(each.counts for each in faults), faults
    for line in sockets:
        line.echo()
    assert len(pids) == UPGRADES + 1
    assert set(proxy.routes()) == {"/echo"} | {f"/late/{round_}" for round_ in range(UPGRADES)}


def test_the_judge_notices_a_proxy_that_closes(proxy, upstream):
    """The control of the tests here: an ordinary restart is no upgrade."""
    proxy.put("/echo", upstream.url)
    socket_line, kept = WebSocketLine(proxy.address, "/echo/ws"), KeptLines(proxy.address)
    with Visitors(4, kept.visit) as asking:
        wait_for(lambda: asking.done > 10, 30, "traffic")
        os.kill(proxy.pid, signal.SIGKILL)
        proxy.first.wait(30)
        wait_for(lambda: asking.faults["refused"] > 0, 30, "somebody being refused")
    assert asking.faults["lost"] > 0
    with pytest.raises(OSError):
        socket_line.echo()


def test_a_program_that_fails_to_start_changes_nothing(proxy, upstream):
    proxy.put("/echo", upstream.url)
    line, kept = WebSocketLine(proxy.address, "/echo/ws"), Line(proxy.address)
    assert kept.ask("/echo/1")[0] == 200
    # Asks for the same port and API, but cannot use the certificate that it is told of.
    command = pathlib.Path(f"/proc/{proxy.pid}/cmdline").read_text().split("\0")[:-1]
    failed = subprocess.run(
        [*command, "--ssl-key", "/nonexistent", "--ssl-cert", "/nonexistent", "--take-over"],
        env={**clean_environment(), "CONFIGPROXY_AUTH_TOKEN": "secret"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert failed.returncode == 1 and "carrel proxy: " in failed.stderr
    line.echo()
    assert kept.ask("/echo/2")[0] == 200
    assert proxy.put("/still", upstream.url) == 201
    assert "handover_failed" in proxy.log()


def test_a_thousand_route_changes_disturb_nobody(proxy, upstream):
    proxy.put("/echo", upstream.url)
    kept = KeptLines(proxy.address)
    slow = Line(proxy.address)
    slow.send(b"GET /echo/slow/1 HTTP/1.1\r\nHost: test\r\n\r\n")
    assert upstream.slow.acquire(timeout=30)
    done = threading.Event()
    changes = []

    def change():
        connection = proxy.api()
        for number in range(1000):
            path = f"/changing/{number % 50}"
            if number % 3 == 2:
                changes.append(proxy.put(path, "", connection, "DELETE") in (204, 404))
            elif number % 10 == 0:  # The very route that everybody uses.
                changes.append(proxy.put("/echo", upstream.url, connection) == 201)
            else:
                changes.append(proxy.put(path, upstream.url, connection) == 201)
        connection.close()
        done.set()

    with Visitors(16, kept.visit) as asking:
        thread = threading.Thread(target=change)
        thread.start()
        assert done.wait(120)
        thread.join()
        upstream.release.set()
        assert slow.read_answer()[2] == b"/echo/slow/1|"
    assert changes == [True] * 1000
    assert not asking.faults.counts, asking.faults
    assert asking.done > 100
