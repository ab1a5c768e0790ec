"""What a connection costs, and that nobody can make the proxy keep what somebody else does not take."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import time

import pytest
from support.carrel_process import wait_until
from support.flood import Flood
from support.proxy_process import ProxyProcess
from support.resident import resident

KIB = 1024
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n"
GET = b"GET /flood HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 1099511627776\r\n\r\n"


def connect(port, small=True):
    sock = socket.socket()
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    return sock


def connect_many(port, count, first=b""):
    sockets = []
    for _ in range(count):
        sock = connect(port)
        if first:
            sock.sendall(first)
        sockets.append(sock)
    return sockets


def close_all(sockets):
    for sock in sockets:
        sock.close()


def until_still(measure):
    """Waits until `measure` does not change any more, and returns it. How long that takes is not what is tested."""
    last = object()
    while (now := measure()) != last:
        last = now
        time.sleep(0.3)
    return now


KINDS_OF_IDLE = {
    "new": b"",
    "half-a-head": b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ",
    "after-a-request": b"GET /_chp_healthz HTTP/1.1\r\nHost: h\r\n\r\n",
}


@pytest.mark.parametrize("kind", KINDS_OF_IDLE)
def test_an_idle_connection_costs_at_most_24_kib(kind, figure):
    with ProxyProcess("--keep-alive-timeout", "600000") as proxy:
        start = proxy.memory()
        descriptors = proxy.descriptors_open()
        few = connect_many(proxy.port, 1000, KINDS_OF_IDLE[kind])
        wait_until(lambda: proxy.descriptors_open() >= descriptors + 1000)
        at_1000 = until_still(proxy.memory)
        many = connect_many(proxy.port, 4000, KINDS_OF_IDLE[kind])
        wait_until(lambda: proxy.descriptors_open() >= descriptors + 5000)
        at_5000 = until_still(proxy.memory)
        close_all(few + many)
        wait_until(lambda: proxy.descriptors_open() <= descriptors + 2, what="every connection being closed")
        at_end = until_still(proxy.memory)
    figure("KiB per connection, 1,000", round((at_1000 - start) / 1000 / KIB, 2))
    figure("KiB per connection, 5,000", round((at_5000 - start) / 5000 / KIB, 2))
    figure("KiB kept of each at the end", round((at_end - start) / 5000 / KIB, 2))
    assert at_1000 - start <= 1000 * 24 * KIB and at_5000 - start <= 5000 * 24 * KIB


def test_a_streaming_connection_costs_at_most_128_kib(figure):
    with Flood() as flood, ProxyProcess() as proxy:
        proxy.add_route("/", flood.url)
        start = proxy.memory()
        sockets = connect_many(proxy.port, 1000, b"GET /drip HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_until(lambda: flood.served == 1000)
        each = (until_still(proxy.memory) - start) / 1000
        close_all(sockets)
    figure("KiB per connection", round(each / KIB, 2))
    assert each <= 128 * KIB


def stall(port, count, kind, flood):
    """Opens `count` connections whose other end takes nothing, and pushes until nothing moves any more."""
    sockets = connect_many(port, count, {"readers": GET, "uploads": POST, "tunnels": UPGRADE}[kind])
    wait_until(lambda: flood.served == count, what="all requests reaching the server")
    pushed = 0
    if kind != "readers":
        for sock in sockets:
            sock.setblocking(False)

    def push():
        nonlocal pushed
        if kind != "readers":
            for sock in sockets:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        pushed += sock.send(bytes(65536))
        return pushed + flood.sent

    until_still(push)
    return sockets


@pytest.mark.parametrize("kind", ["readers", "uploads", "tunnels"])
def test_200_stalled_peers_cost_at_most_256_kib_each(kind, figure):
    with Flood() as flood, Flood() as healthy, ProxyProcess() as proxy:
        proxy.add_route("/", flood.url)
        proxy.add_route("/healthy", healthy.url)
        start = proxy.memory()
        sockets = stall(proxy.port, 200, kind, flood)
        grown = proxy.memory() - start
        # Everybody else is served as before.
        with proxy.client() as other:
            assert other.ask("GET", "/_chp_healthz").status == 200
            other.send(b"GET /healthy HTTP/1.1\r\nHost: h\r\n\r\n")
            assert other.read_head().status == 200
        close_all(sockets)
    figure("KiB per stalled connection", round(grown / 200 / KIB, 1))
    assert grown <= 200 * 256 * KIB


def test_a_relay_that_keeps_all_it_gets_is_found_out(tmp_path, figure):
    """The control. Its server is stopped soon, as its memory has no other end."""
    port_file = tmp_path / "port"
    with Flood() as flood:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.buffering_relay", str(flood.port), str(port_file)],
            cwd=pathlib.Path(__file__).resolve().parent.parent, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(lambda: port_file.exists() and port_file.read_text(), what="the relay being ready")
            start = resident(process.pid)
            sockets = connect_many(int(port_file.read_text()), 4, GET)
            wait_until(lambda: resident(process.pid) - start > 4 * 256 * KIB * 4, what="the relay growing")
            grown = resident(process.pid) - start
            close_all(sockets)
        finally:
            process.kill()
            process.wait()
    figure("KiB per stalled connection", round(grown / 4 / KIB, 1))
    assert grown > 4 * 256 * KIB
