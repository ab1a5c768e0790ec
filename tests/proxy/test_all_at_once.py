"""Everything that more than one thread has to do with, at once: requests on two threads, WebSockets, HTTP/2, route changes, revocations,
listings, metrics, new certificates, log rotation and handovers. What a sanitizer for threads is to watch (scripts/sanitize)."""

import contextlib
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile

import pytest
from support.authority import Authority
from support.carrel_process import PROGRAM, clean_environment
from support.proxy_process import EDGE_KEY, TOKEN, UnixHttp, base64url, edge_token
from support.visitors import Closed, EchoUpstream, Line, Visitors, WebSocketLine, Wrong, wait_for

HANDOVERS = 2
WEBSOCKETS = 12


class TlsLine(Line):
    """A connection with TLS."""

    def __init__(self, address, context):
        super().__init__(address)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        except BaseException:
            self.close()
            raise


class Proxy:
    """`carrel proxy` on two threads with everything switched on; the newest of the processes that follow each other is `pid`."""

    def __init__(self, folder, *arguments):
        self.folder = pathlib.Path(folder)
        self.log_file = (self.folder / "log").open("ab")
        places = {name: self.folder / name for name in ("api", "handover", "metrics", "port", "pid", "access", "routes")}
        self.first = subprocess.Popen(
            [str(PROGRAM), "proxy", "--ip", "127.0.0.1", "--port", "0", "--threads", "2", "--api-socket", str(places["api"]),
             "--handover-socket", str(places["handover"]), "--metrics-socket", str(places["metrics"]), "--port-file", str(places["port"]),
             "--access-log", str(places["access"]), "--routes-file", str(places["routes"]), "--pid-file", str(places["pid"]),
             "--drain-time", "3000", *arguments],
            stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=subprocess.STDOUT,
            env={**clean_environment(), "CONFIGPROXY_AUTH_TOKEN": TOKEN, "CARREL_EDGE_KEY": base64url(EDGE_KEY)},
        )  # fmt: skip
        wait_for(lambda: places["pid"].exists() or self.first.poll() is not None, 60, "the proxy")
        assert self.first.poll() is None, self.log()
        self.pids = [self.first.pid]
        self.address = ("127.0.0.1", int(places["port"].read_text()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tell(signal.SIGTERM)
        self.first.wait(60)
        wait_for(lambda: all(ended(pid) for pid in self.pids), 60, "the last proxy ending")
        self.log_file.close()

    @property
    def pid(self):
        return self.pids[-1]

    def tell(self, number):
        if not ended(self.pid):
            os.kill(self.pid, number)

    def hand_over(self):
        """Until a successor serves: one that starts while a key and its certificate are being replaced may find them unlike."""
        newest = lambda: int((self.folder / "pid").read_text())  # noqa: E731
        for _ in range(10):
            failed = self.log_text().count("upgrade_failed")
            self.tell(signal.SIGUSR2)
            wait_for(lambda failed=failed: newest() != self.pid or self.log_text().count("upgrade_failed") > failed, 120, "the successor")
            if newest() != self.pid:
                self.pids.append(newest())
                return
        raise AssertionError(f"no successor starts: {self.log()}")

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def log(self):
        lines = [line for line in self.log_text().splitlines() if "certificates_loaded" not in line and "proxy_reloaded" not in line]
        return "\n".join(lines)[-4000:]

    def api(self, method, path, body=None, place="api"):
        """The status and the text of an answer over one of its own sockets."""
        connection = UnixHttp(self.folder / place)
        try:
            connection.request(method, path, body, {"Authorization": f"token {TOKEN}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def ended(pid):
    """A process that nobody has reaped yet has ended, too."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class Operator:
    """What is done to a proxy while it works; each a visit of `Visitors`."""

    def __init__(self, proxy, target, authority):
        self.proxy, self.target, self.authority = proxy, target, authority
        self.works = [self.change_routes, self.revoke, self.look, self.renew]

    def visit(self, number, rounds):
        self.works[number % len(self.works)](rounds)

    def expect(self, answer, *statuses):
        # While routes are handed over, changes are asked to come again.
        if answer[0] not in (*statuses, 503):
            raise Wrong(f"{answer[0]} {answer[1][:200]!r}")

    def change_routes(self, rounds):
        path = f"/api/routes/churn/{rounds % 50}"
        self.expect(self.proxy.api("POST", path, f'{{"target": "{self.target}"}}'), 201)
        self.expect(self.proxy.api("GET", "/api/routes"), 200)
        if rounds % 3 == 0:
            self.expect(self.proxy.api("DELETE", path), 204, 404)

    def revoke(self, rounds):
        self.expect(self.proxy.api("POST", "/api/revocations", f'{{"session": "gone-{rounds}", "until": 4102444800}}'), 200, 201, 204)

    def look(self, _):
        status, page = self.proxy.api("GET", "/metrics", place="metrics")
        if status != 200 or b"requests_proxy" not in page:
            raise Wrong(f"{status} {page[:200]!r}")

    def renew(self, rounds):
        if self.authority is not None and rounds % 4 == 0:
            self.authority.issue("localhost")
        self.proxy.tell(signal.SIGHUP if rounds % 2 == 0 else signal.SIGUSR1)


class Guests:
    """Who uses the proxy; each connects as the proxy is meant to be used, and judges every answer."""

    def __init__(self, proxy, context):
        self.proxy, self.context, self.kept = proxy, context, {}

    def connect(self):
        return TlsLine(self.proxy.address, self.context) if self.context else Line(self.proxy.address)

    def ask(self, line, path, fields="", size=0):
        body = b"b" * size if size else None
        status, _, answer = line.ask(path, fields, body)
        if (status, answer) != (200, path.encode() + b"|" + (body or b"")):
            raise Wrong(f"{status} {answer[:60]!r} for {path}")

    def come_and_go(self, number, rounds):
        with self.connect() as line:
            self.ask(line, f"/echo/new/{number}/{rounds}", size=rounds % 3 * 40000)
            cookie = f"Cookie: carrel_edge={edge_token('/guarded', 'ada')}\r\nConnection: close\r\n"
            with self.unless_left_behind():
                self.ask(line, f"/guarded/{rounds}", cookie)

    def stay(self, number, rounds):
        line = self.kept.get(number)
        if line is None:
            line = self.kept[number] = self.connect()
            self.ask(line, f"/echo/first/{number}/{rounds}")
        try:
            self.ask(line, f"/echo/kept/{number}/{rounds}", size=rounds % 3000)
        except OSError as problem:
            self.kept.pop(number).close()
            with self.unless_left_behind():
                raise problem

    @contextlib.contextmanager
    def unless_left_behind(self):
        """Connections with TLS stay with a predecessor, which ends them between two requests; plain ones go along."""
        try:
            yield
        except (Closed, ConnectionError, ssl.SSLError):
            if self.context is None:
                raise


def speak_http2(proxy, rounds):
    """Some hundred requests of a program that others wrote; cut connections are what it would have to try again."""
    done = subprocess.run(
        ["h2load", "-n", "300", "-c", "3", "-m", "10", f"https://localhost:{proxy.address[1]}/echo/h2/{rounds}"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode != 0 or " 0 4xx, 0 5xx" not in done.stdout:
        raise Wrong(done.stdout[-400:])


@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_threads_get_along(kind, long, figure):
    rounds = HANDOVERS * (4 if long else 1)
    with tempfile.TemporaryDirectory(prefix="carrel-") as folder, EchoUpstream() as upstream, Authority() as authority:
        certificate, key = authority.issue("localhost")
        secure = kind == "tls"
        context = ssl.create_default_context(cafile=str(authority.certificate)) if secure else None
        with Proxy(folder, *(["--ssl-cert", str(certificate), "--ssl-key", str(key)] if secure else [])) as proxy:
            assert proxy.api("POST", "/api/routes/echo", f'{{"target": "{upstream.url}"}}')[0] == 201
            guarded = f'{{"target": "{upstream.url}", "auth": {{"login": "/login"}}}}'
            assert proxy.api("POST", "/api/routes/guarded", guarded)[0] == 201
            guests = Guests(proxy, context)
            operator = Operator(proxy, upstream.url, authority if secure else None)
            sockets = [] if secure else [WebSocketLine(proxy.address, f"/echo/ws/{number}") for number in range(WEBSOCKETS)]
            visitors = [Visitors(3, guests.come_and_go), Visitors(3, guests.stay), Visitors(4, operator.visit)]
            if sockets:
                visitors.append(Visitors(2, lambda number, rounds: [line.echo(rounds % 5000) for line in sockets[number::2]]))
            elif shutil.which("h2load"):
                visitors.append(Visitors(1, lambda _, rounds: speak_http2(proxy, rounds)))
            watch_traffic(proxy, visitors, rounds)
            for line in sockets:
                line.echo()
            figure("processes", len(proxy.pids))
            for each in visitors:
                figure("rounds", each.done)
                assert not each.faults.counts, (each.faults, proxy.log())


def watch_traffic(proxy, visitors, handovers):
    """Hands over again and again, each time after everybody has got something done."""
    started = []
    try:
        for each in visitors:
            each.__enter__()
            started.append(each)
        for number in range(handovers + 1):
            marks = [each.done for each in visitors]
            wait_for(lambda marks=marks: all(each.done > mark + 8 or each.faults.counts for each, mark in zip(visitors, marks)), 120, "traffic")
            if number < handovers:
                proxy.hand_over()
    finally:
        for each in started:
            each.__exit__()


def test_a_visitor_notices_what_is_wrong():
    """The control: another body is a fault, and so is an API that answers otherwise."""
    with tempfile.TemporaryDirectory(prefix="carrel-") as folder, EchoUpstream() as upstream, Proxy(folder) as proxy:
        proxy.api("POST", "/api/routes/echo", f'{{"target": "{upstream.url}"}}')
        guests, operator = Guests(proxy, None), Operator(proxy, '" no JSON', None)
        with Visitors(1, guests.come_and_go) as coming, Visitors(1, operator.visit) as operating:
            wait_for(lambda: coming.faults["wrong"] and operating.faults["wrong"], 60, "two faults")
