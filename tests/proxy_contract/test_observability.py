"""Metrics, access log and the activity of WebSockets: what nobody else sees of a request."""

import http.server
import json
import os
import signal
import socket
import threading

import pytest
from conftest import free_port, start, wait_until


@pytest.fixture
def proxy(tmp_path):
    metrics = free_port()
    peer = start("carrel", "--metrics-ip", "127.0.0.1", "--metrics-port", str(metrics), "--access-log",
                 str(tmp_path / "access.log"), "--activity-ignores-pings")
    peer.metrics_port, peer.access_log = metrics, tmp_path / "access.log"
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def target():
    class Hello(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(2 * len(body)))
            self.end_headers()
            self.wfile.write(2 * body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Switching:
    """A target that agrees to an upgrade and then only reads."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.listener.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        while connection.recv(4096):
            pass
        connection.close()


def lines(proxy, count):
    wait_until(lambda: len(proxy.access_log.read_text().splitlines()) >= count, what="the access log's lines")
    return [json.loads(line) for line in proxy.access_log.read_text().splitlines()]


def test_each_request_has_a_line_with_who_is_to_blame(proxy, target):
    proxy.add("/ok", target)
    proxy.add("/dead", "http://127.0.0.1:1")
    assert proxy.ask(proxy.port, "POST", "/ok/x?token=secret", "12345")[0] == 200
    assert proxy.get("/dead")[0] == 503
    assert proxy.get("/none")[0] == 404
    assert proxy.get("/a/%2e%2e/b")[0] == 400
    ok, dead, none, bad = lines(proxy, 4)
    assert (ok["method"], ok["path"], ok["status"], ok["route"], ok["target"]) == ("POST", "/ok/x", 200, "/ok", target)
    assert (ok["bytes_in"], ok["bytes_out"], ok["client"]) == (5, 10, "127.0.0.1")
    assert "error" not in ok and ok["request"]
    assert (dead["status"], dead["error"]) == (503, "target")
    assert (none["status"], none["error"]) == (404, "proxy")
    assert (bad["status"], bad["error"]) == (400, "client")
    # Errors are in the ordinary log, too.
    assert "503 GET /dead" in proxy.log() and "404 GET /none" in proxy.log()


def test_sigusr1_lets_the_log_be_rotated(proxy, target):
    proxy.add("/ok", target)
    proxy.ask(proxy.port, "POST", "/ok", "1")
    lines(proxy, 1)
    os.rename(proxy.access_log, f"{proxy.access_log}.1")
    proxy.process.send_signal(signal.SIGUSR1)
    wait_until(proxy.access_log.exists, what="the new file")
    proxy.ask(proxy.port, "POST", "/ok", "2")
    assert lines(proxy, 1)[0]["path"] == "/ok"


def test_metrics_count_what_happened(proxy, target):
    proxy.add("/user/ada", target)
    for _ in range(3):
        proxy.ask(proxy.port, "POST", "/user/ada", "1")
    proxy.get("/none")

    def metrics():
        status, fields, text = proxy.ask(proxy.metrics_port, "GET", "/metrics")
        assert status == 200 and fields["Content-Type"].startswith("text/plain; version=0.0.4")
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    # A request counts once it has ended, which is just after its client has the answer.
    wait_until(lambda: metrics()["requests_web"] == "4", what="the last request to be counted")
    values = metrics()
    assert values["api_route_add"] == "1"
    assert values['requests_proxy{status="200"}'] == "3" and values['requests_proxy{status="404"}'] == "1"
    assert values['carrel_proxy_request_duration_seconds_count{class="user"}'] == "3"
    assert values["find_target_for_req_count"] == "4"


def test_pings_do_not_keep_a_server_alive(proxy):
    target = Switching()
    proxy.add("/ws", target.url)
    client = socket.create_connection(("127.0.0.1", proxy.port), 10)
    client.sendall(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    assert client.recv(4096).startswith(b"HTTP/1.1 101 ")

    def last_activity():
        return json.loads(proxy.api("GET", "/api/routes/ws")[2])["last_activity"]

    def bytes_in():
        text = proxy.ask(proxy.metrics_port, "GET", "/metrics")[2]
        return int(next(line for line in text.splitlines() if line.startswith("carrel_proxy_received_bytes_total ")).split()[1])

    before = last_activity()
    client.sendall(b"\x8a\x80mask")
    wait_until(lambda: bytes_in() == 6, what="the pong to arrive")
    assert last_activity() == before
    client.sendall(b"\x81\x81maskx")
    wait_until(lambda: last_activity() > before, what="the message to count")
    client.close()
    line = lines(proxy, 1)[0]
    assert (line["status"], line["websocket"], line["bytes_in"]) == (101, True, 13)
