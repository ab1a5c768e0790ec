"""What the routing and forwarding of configurable-http-proxy promises beyond its command line; the same for both proxies."""

import contextlib
import json
import socket
import ssl
import subprocess
import threading

import pytest
from conftest import ORIGINAL, PROGRAM, free_port, start, wait_until
from support.authority import Authority

SWITCHING = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
UPGRADE = (b"GET %s HTTP/1.1\r\nHost: hub.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Target:
    """A server that notes each head and answers as its path says: /no refuses upgrades, /silent says nothing."""

    def __init__(self, listener):
        self.listener, self.heads = listener, []
        self.left, self.speak = threading.Event(), threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, contextlib.suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                part = connection.recv(4096)
                if not part:
                    return
                data += part
            head = data.partition(b"\r\n\r\n")[0].decode()
            self.heads.append(head)
            if "/silent" in head:
                connection.recv(1)
                self.left.set()
            elif "pgrade: websocket" in head and "/no" not in head:
                connection.sendall(SWITCHING)
                self.speak.wait(20)
                connection.sendall(b"\x81\x01s")
                while connection.recv(4096):
                    pass
            else:
                status = b"403 Forbidden" if "/no" in head else b"200 OK"
                connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok" % status)

    def fields(self, number=-1):
        """Of a request, by their names in lower case."""
        lines = self.heads[number].split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.fixture
def target():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Target(listener)
        served.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield served


def read_to_end(connection):
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def upgrade(peer, path):
    connection = socket.create_connection(("127.0.0.1", peer.port), 20)
    connection.sendall(UPGRADE % path)
    return connection


def last_activity(peer, path):
    return json.loads(peer.api("GET", "/api/routes" + path)[2])["last_activity"]


def test_prefixes_end_where_segments_do_and_are_compared_decoded(peer, target):
    peer.add("/b@r", target.url)
    assert peer.get("/b%40r/x?%20=%2F")[0] == 200
    assert target.heads[-1].startswith("GET /b%40r/x?%20=%2F HTTP/1.1")
    assert peer.get("/b@r")[0] == 200
    assert peer.get("/b@rx")[0] == 404 and peer.get("/b")[0] == 404


def test_the_longest_prefix_wins(peer, target):
    peer.add("/", target.url + "/root")
    peer.add("/a", target.url + "/a")
    peer.add("/a/b/c", target.url + "/abc")
    for path, prefix in (("/x", "/root"), ("/a/b", "/a"), ("/a/b/c/d", "/abc"), ("/a/b/cd", "/a")):
        peer.get(path)
        assert target.heads[-1].startswith(f"GET {prefix}{path} HTTP/1.1")


def test_a_target_on_a_unix_socket(peer, tmp_path):
    place = tmp_path / "target.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        target = Target(listener)
        peer.add("/u", "http+unix://" + str(place).replace("/", "%2F"))
        assert peer.get("/u/x")[0] == 200
        assert target.heads[-1].startswith("GET /u/x HTTP/1.1")


def test_what_cannot_be_a_target_is_an_error_when_it_is_used(peer):
    peer.add("/ftp", "ftp://127.0.0.1:1")
    assert peer.get("/ftp")[0] == 500


def test_methods_without_a_body_say_so(peer, target):
    peer.add("/", target.url)
    for method in ("DELETE", "OPTIONS"):
        assert peer.ask(peer.port, method, "/x")[0] == 200
        assert target.fields()["content-length"] == "0"


def test_forwarded_fields_are_appended_to_and_the_host_is_not_replaced(peer, target):
    peer.add("/", target.url)
    peer.get("/", **{"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443",
                     "X-Forwarded-Host": "first.example", "Trailer": "x"})
    fields = target.fields()
    assert fields["x-forwarded-proto"].replace(" ", "") == "https,http"
    assert fields["x-forwarded-port"].replace(" ", "").startswith("443,")
    assert fields["x-forwarded-host"] == "first.example"
    assert "trailer" not in fields


def test_a_websocket_and_what_its_target_is_told(peer, target):
    peer.add("/ws", target.url)
    with upgrade(peer, b"/ws/x") as client:
        assert client.recv(4096).startswith(b"HTTP/1.1 101 ")
        fields = target.fields()
        assert fields["x-forwarded-proto"] == "ws" and fields["host"] == "hub.example"
        assert "x-forwarded-host" not in fields
        # Only what the client says is activity.
        before = last_activity(peer, "/ws")
        target.speak.set()
        assert client.recv(4096) == b"\x81\x01s"
        assert last_activity(peer, "/ws") == before
        client.sendall(b"\x81\x81maskx")
        wait_until(lambda: last_activity(peer, "/ws") > before, what="the message to count")


def test_an_upgrade_that_fails(peer, target):
    peer.add("/ws", target.url)
    peer.add("/dead", "http://127.0.0.1:1")
    with upgrade(peer, b"/ws/no") as client:
        answer = read_to_end(client)
        assert answer.startswith(b"HTTP/1.1 403 ") and answer.endswith(b"ok")
    with upgrade(peer, b"/dead") as client:
        head, _, body = read_to_end(client).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503") and b"content-length: 0" in head.lower() and body == b""


def test_a_client_that_leaves_ends_its_request_at_the_target(peer, target):
    peer.add("/", target.url)
    with socket.create_connection(("127.0.0.1", peer.port), 20) as client:
        client.sendall(b"GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: target.heads, what="the request")
    assert target.left.wait(60)


def test_listening_on_unix_sockets(kind, target, tmp_path):
    public, api = tmp_path / "public.sock", tmp_path / "api.sock"
    start(kind).close()  # skips where there is no original
    program = ORIGINAL
    if kind == "carrel":
        program = tmp_path / "configurable-http-proxy"
        program.symlink_to(PROGRAM)
    process = subprocess.Popen([str(program), "--socket", str(public), "--api-socket", str(api), "--default-target", target.url],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: public.exists() and api.exists(), what="the sockets")
        for place, path, expected in ((public, "/x", b"ok"), (api, "/api/routes", b'"target"')):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(str(place))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                assert expected in read_to_end(client)
    finally:
        process.terminate()
        process.wait(20)


def test_tls_on_both_ports_and_the_way_to_it(proxy_with, target):
    with Authority() as authority:
        certificate, key = authority.issue("localhost")
        redirect = free_port()
        context = ssl.create_default_context(cafile=str(authority.certificate))
        proxy = proxy_with("--ssl-key", str(key), "--ssl-cert", str(certificate), "--api-ssl-key", str(key), "--api-ssl-cert",
                           str(certificate), "--redirect-port", str(redirect), "--default-target", target.url)
        wait_until(lambda: "Added HTTP to HTTPS redirection" in proxy.log(), what="the redirection")
        for port, path, expected in ((proxy.port, "/x", b"ok"), (proxy.api_port, "/api/routes", b"HTTP/1.1 403")):
            with socket.create_connection(("127.0.0.1", port), 20) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as client:
                    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode())
                    assert expected in read_to_end(client)
        assert target.fields()["x-forwarded-proto"] == "https"
        status, fields, _ = proxy.ask(redirect, "GET", "/a?b", headers={"Host": f"localhost:{redirect}"})
        assert (status, fields["Location"]) == (301, f"https://localhost:{proxy.port}/a?b")


@pytest.mark.parametrize("argument", ["--version", "-V", "--help", "-h"])
def test_it_says_what_it_is(kind, argument, tmp_path):
    start(kind).close()  # skips where there is no original
    program = ORIGINAL
    if kind == "carrel":
        program = tmp_path / "configurable-http-proxy"
        program.symlink_to(PROGRAM)
    said = subprocess.run([str(program), argument], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0 and said.stdout.strip()
