"""Not a byte goes through before both sides have agreed on a tunnel; without one, what follows is a new request."""

import threading

import pytest
from support.naive_relay import NaiveRelay
from support.proxy_process import ProxyProcess, RawClient, edge_token
from support.recording_backend import RecordingBackend, echo

HANDSHAKE = (
    "Connection: {connection}\r\nUpgrade: {upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"
#: A request that only the owner of /user/b may make.
SMUGGLED = b"GET /user/b/secret HTTP/1.1\r\nHost: h\r\n\r\n"

#: What the server answers to the upgrade: (bytes, does it then close).
ANSWERS = {
    "200": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", False),
    "200-chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", False),
    "200-until-close": (b"HTTP/1.1 200 OK\r\n\r\nno", True),
    "200-looks-like-101": (b"HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno", False),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", False),
    "400": (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno", False),
    "403-close": (b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", True),
    "426": (b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n", False),
    "100-then-200": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", False),
    "101-other-protocol": (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", False),
    "101-no-upgrade": (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n", False),
    "101-no-connection": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", False),
    "101-rubbish": (b"HTTP/1.1 101 Switching Protocols\r\nConnection : Upgrade\r\nUpgrade: websocket\r\n\r\n", False),
    "rubbish": (b"\x81\x05hello\r\n\r\n", False),
    "closes": (b"", True),
}


def expected(name):
    """The status the client is to get."""
    if name == "100-then-200":
        return 200
    return int(name[:3]) if name[0] in "24" else 503


def upgrade(target, fields="", connection="Upgrade", protocol="websocket"):
    text = HANDSHAKE.format(connection=connection, upgrade=protocol)
    return f"GET {target} HTTP/1.1\r\nHost: h\r\n{text}{fields}\r\n".encode()


class Hub:
    """A proxy with two guarded servers; /user/a answers upgrades as `answer` says once it is allowed to."""

    def __init__(self, answer, closes=False):
        self.data, self.closes = answer, closes
        self.asked = threading.Event()
        self.waiting = None
        self.a, self.b = RecordingBackend(self.answer), RecordingBackend(echo)

    def answer(self, request, connection):
        if "ws" not in request.target:
            echo(request, connection)
            return
        if b"101 Switching" in self.data:
            connection.on_bytes = lambda _: None
        self.waiting = connection
        self.asked.set()

    def answer_now(self):
        """Lets the server of /user/a answer the upgrade that has reached it."""
        assert self.asked.wait(10)

        def work():
            self.waiting.send(self.data)
            if self.closes:
                self.waiting.finish()

        self.a.call(work)

    def __enter__(self):
        self.a.__enter__(), self.b.__enter__()
        self.proxy = ProxyProcess()
        self.proxy.__enter__()
        self.proxy.add_route("/user/a", self.a.url, auth={"login": "/login"})
        self.proxy.add_route("/user/b", self.b.url, auth={"login": "/login"})
        return self

    def __exit__(self, *_):
        self.proxy.__exit__()
        self.a.__exit__(), self.b.__exit__()

    def sent_to_a(self):
        """What the server of /user/a has got after the head of its first request."""
        with self.proxy.client() as other:  # the proxy has had its turn
            assert other.ask("GET", "/_chp_healthz").status == 200
        self.a.settle()
        data = b"".join(bytes(each.received) for each in self.a.connections)
        return data.partition(b"\r\n\r\n")[2]


COOKIE = f"Cookie: carrel_edge={edge_token('/user/a', 'ada')}\r\n"


@pytest.mark.parametrize("name", ANSWERS)
def test_what_follows_a_refused_upgrade_is_a_request_that_is_authorized_anew(name):
    answer, closes = ANSWERS[name]
    with Hub(answer, closes) as hub, hub.proxy.client() as client:
        client.send(upgrade("/user/a/ws", COOKIE) + SMUGGLED)
        assert hub.asked.wait(10)
        # All of it has reached the proxy by now; the server has the head alone.
        assert hub.sent_to_a() == b""
        hub.answer_now()
        first = client.read_response()
        assert first is not None and first.status != 101
        assert first.status == expected(name)
        second = client.read_response()
        # The same client, without the cookie of /user/b.
        assert second is None or second.status == 403
        assert hub.sent_to_a() == b""
        assert hub.b.connections == []


def test_nothing_is_sent_while_the_server_never_answers():
    with Hub(b"") as hub, hub.proxy.client() as client:
        client.send(upgrade("/user/a/ws", COOKIE) + b"x" * 1000)
        assert hub.asked.wait(10)
        assert hub.sent_to_a() == b""
        client.close()
        # Another request of somebody else goes its own way.
        with hub.proxy.client() as other:
            assert other.ask("GET", "/user/a/page", COOKIE).get("X-Seen") == "/user/a/page"
        assert b"xxx" not in b"".join(bytes(each.received) for each in hub.a.connections)


def test_an_agreed_tunnel_carries_what_was_sent_early():
    with Hub(SWITCHING) as hub, hub.proxy.client() as client:
        client.send(upgrade("/user/a/ws", COOKIE) + b"early")
        assert hub.asked.wait(10)
        assert hub.sent_to_a() == b""
        hub.answer_now()
        assert client.read_response().status == 101
        client.half_close()
        client.read_to_end()
        assert hub.sent_to_a() == b"early"


@pytest.mark.parametrize("request_bytes, status", [
    (upgrade("/user/a/ws"), 403),
    (upgrade("/user/b/ws", COOKIE), 403),
    (upgrade("/user/a/../b/ws", COOKIE), 400),
    (upgrade("/user/a/%2e%2e/b/ws", COOKIE), 400),
    (upgrade("/user/a/ws", COOKIE + "Sec-Fetch-Site: cross-site\r\n"), 403),
    (upgrade("/user/a/ws", COOKIE + "Origin: https://evil.example\r\n"), 403),
    (upgrade("/user/a/ws", COOKIE + "Content-Length: 4\r\n"), 400),
    (upgrade("/user/a/ws", COOKIE + "Transfer-Encoding: chunked\r\n"), 400),
], ids=["no-token", "foreign-token", "dots", "encoded-dots", "cross-site", "other-origin", "length", "chunked"])  # fmt: skip
def test_an_upgrade_that_may_not_be_reaches_nobody(request_bytes, status):
    with Hub(SWITCHING) as hub, hub.proxy.client() as client:
        client.send(request_bytes + SMUGGLED)
        assert client.read_response().status == status
        assert hub.a.connections == [] and hub.b.connections == []


@pytest.mark.parametrize("connection, protocol", [("Upgrade", "h2c"), ("keep-alive", "websocket"), ("Upgrade", "foo, websocket")])
def test_another_upgrade_is_no_upgrade(connection, protocol):
    """The server sees an ordinary request, and its 101 is refused."""
    with Hub(SWITCHING) as hub, hub.proxy.client() as client:
        client.send(upgrade("/user/a/ws", COOKIE, connection, protocol) + SMUGGLED)
        hub.answer_now()
        assert client.read_response().status == 503
        assert hub.sent_to_a() == b""
        assert b"upgrade" not in b"".join(bytes(each.received) for each in hub.a.connections).lower()


def test_a_relay_that_checks_nothing_is_found_out():
    """The control: the hidden request is at the server before it has answered."""
    arrived = threading.Event()

    def answer(request, connection):
        if request.target == "/user/b/secret":
            arrived.set()

    with RecordingBackend(answer) as backend, NaiveRelay(backend.port) as relay:
        with RawClient(relay.port) as client:
            client.send(upgrade("/user/a/ws", COOKIE) + SMUGGLED)
            assert arrived.wait(10)
