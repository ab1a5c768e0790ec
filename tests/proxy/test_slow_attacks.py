"""Thousands of connections that do next to nothing, while everybody else is served as before."""

import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
from support.carrel_process import wait_until
from support.page_server import page_server
from support.proxy_process import ProxyProcess, RawClient

ATTACKS = {
    "slow-headers": ["-H", "-i", "2", "-x", "24"],
    "slow-bodies": ["-B", "-i", "2", "-x", "24", "-s", "65536"],
    "slow-reading": ["-X", "-n", "1", "-w", "512", "-y", "1024", "-z", "32", "-k", "3"],
    "ranges": ["-R", "-a", "1", "-b", "3000"],
}
#: Connections a second. Each slow reader makes the server send 300 kB at first: at 500 they would be a flood of bytes.
RATES = {"slow-reading": 100}


class NormalLoad:
    """Somebody who asks for page after page, each on a connection of its own; every one has to come. Each page is asked
    for once more from the server itself, which shows what the machine makes of it without the proxy."""

    def __init__(self, proxy, server):
        self.port, self.server_port = proxy.port, int(server.rsplit(":", 1)[1])
        self.times, self.direct, self.failures = [], [], []
        self.running = True
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.running:
            for port, times in ((self.port, self.times), (self.server_port, self.direct)):
                start = time.monotonic()
                try:
                    with RawClient(port, timeout=30) as client:
                        answer = client.ask("GET", "/page")
                    if answer is None or answer.status != 200 or not answer.complete:
                        self.failures.append(answer)
                except OSError as problem:
                    self.failures.append(problem)
                times.append(time.monotonic() - start)
            time.sleep(0.01)  # a person, not another attack

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()


def p99(times):
    return sorted(times)[int(0.99 * (len(times) - 1))]


@pytest.mark.parametrize("attack", ATTACKS)
def test_everybody_else_is_served_under_attack(attack, long, figure):
    if shutil.which("slowhttptest") is None:
        pytest.skip("slowhttptest is not installed")
    count, seconds = (4000, 60) if long else (1000, 8)
    with page_server() as attacked, page_server() as others, ProxyProcess() as proxy:
        proxy.add_route("/", others)
        proxy.add_route("/attacked", attacked)
        before = proxy.descriptors_open()
        command = ["slowhttptest", "-c", str(count), "-r", str(RATES.get(attack, 500)), "-u", f"{proxy.url}/attacked", "-p", "5", "-l", str(seconds), "-v", "1"]
        with NormalLoad(proxy, others) as normal:
            done = subprocess.run(command + ATTACKS[attack], capture_output=True, text=True, timeout=seconds + 120, stdin=subprocess.DEVNULL)
        text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
        # What is left of the attack goes away by itself.
        wait_until(lambda: proxy.descriptors_open() <= before + 2, 90, "every connection being closed")
    figure("normal requests", len(normal.times))
    figure("p99 of normal requests, ms", round(p99(normal.times) * 1000, 1))
    figure("p99 without the proxy, ms", round(p99(normal.direct) * 1000, 1))
    figure("slowest, ms", round(max(normal.times) * 1000, 1))
    assert normal.failures == [] and len(normal.times) > 20
    assert re.search(r"service available:\s+YES", text), text[-2000:]
    if long:
        assert p99(normal.times) < p99(normal.direct) + 0.1


def test_a_head_that_trickles_is_cut_off(proxy, figure):
    """10 s after its first byte, however steadily it comes; checked by order, as the clock of a test may be late."""
    with proxy.client(timeout=60) as client, proxy.client(timeout=60) as silent:
        start = time.monotonic()
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
        client.socket.settimeout(0.25)
        while True:
            client.send(b"a")
            try:
                if not client.receive() or b"\r\n\r\n" in client.data:
                    break
            except TimeoutError:
                assert time.monotonic() - start < 60, "a head may trickle for ever"
        client.socket.settimeout(10)
        answer = client.read_response()
        assert answer.status == 408 and answer.get("Connection") == "close"
        figure("seconds", round(time.monotonic() - start, 1))
        # Who has said nothing yet may still begin.
        assert silent.ask("GET", "/late").status == 200


def test_a_server_with_one_connection_at_a_time_is_found_out(figure):
    """The control: a handful of slow heads, and nobody else is served."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                data = b""
                while b"\r\n\r\n" not in data:
                    part = peer.recv(4096)
                    if not part:
                        break
                    data += part

    threading.Thread(target=serve, daemon=True).start()
    with socket.create_connection(listener.getsockname()) as slow, socket.create_connection(listener.getsockname()) as other:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        other.sendall(b"GET / HTTP/1.1\r\n\r\n")
        other.settimeout(0.5)
        with pytest.raises(TimeoutError):
            other.recv(1)
        listener.close()
