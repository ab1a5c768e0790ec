"""Steady load on the real proxy, and what it costs as time goes by: python3 -m support.soak SECONDS."""

import sys
import threading
import time

from .carrel_process import wait_until
from .proxy_process import ProxyProcess
from .recording_backend import RecordingBackend, echo

UPGRADE = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
TUNNELS = 200
REQUESTS_PER_SECOND = 50
MIB = 1 << 20


def serve(request, connection):
    if request.target.endswith("/ws"):
        connection.on_bytes = connection.send
        connection.send(SWITCHING)
    else:
        echo(request, connection)


def slope(samples):
    """Least squares: bytes a second."""
    middle = sum(time for time, _ in samples) / len(samples)
    mean = sum(size for _, size in samples) / len(samples)
    above = sum((time - middle) * (size - mean) for time, size in samples)
    return above / (sum((time - middle) ** 2 for time, _ in samples) or 1)


class Soak:
    def __init__(self, proxy, backend, seconds):
        self.proxy, self.backend = proxy, backend
        self.until = time.monotonic() + seconds
        self.errors, self.requests, self.messages = [], 0, 0
        self.samples = []

    def running(self):
        return time.monotonic() < self.until

    def guarded(self, work):
        try:
            work()
        except Exception as problem:
            self.errors.append(repr(problem))

    def ask(self):
        """Requests, every fifth one on a connection of its own."""
        client = self.proxy.client()
        while self.running():
            if self.requests % 5 == 0:
                client.close()
                client = self.proxy.client()
            answer = client.ask("POST" if self.requests % 3 == 0 else "GET", f"/page/{self.requests}", body=b"x" * (self.requests % 3 == 0))
            if answer is None or answer.get("X-Seen") != f"/page/{self.requests}":
                self.errors.append(f"request {self.requests}: {answer}")
                client.close()
                client = self.proxy.client()
            self.requests += 1
            time.sleep(1 / REQUESTS_PER_SECOND)
        client.close()

    def talk(self):
        """Keeps its tunnels open to the end; each says something every few seconds."""
        clients = []
        for _ in range(TUNNELS):
            client = self.proxy.client()
            client.send(UPGRADE)
            assert client.read_response().status == 101
            clients.append(client)
        while self.running():
            client = clients[self.messages % TUNNELS]
            text = b"message %d" % self.messages
            client.send(text)
            while len(client.data) < len(text):
                if not client.receive():
                    raise AssertionError("a tunnel was cut")
            if client.data != text:
                self.errors.append(f"message {self.messages}: {client.data!r}")
            client.data = b""
            self.messages += 1
            time.sleep(0.02)
        for client in clients:
            client.close()

    def change(self):
        """Servers that come and go, with a tunnel each, as when people start and stop theirs."""
        number = 0
        while self.running():
            number += 1
            path = f"/user/{number}"
            self.proxy.add_route(path, self.backend.url)
            with self.proxy.client() as client:
                client.send(UPGRADE.replace(b"/ws", path.encode() + b"/ws"))
                assert client.read_response().status == 101
            assert self.proxy.api("DELETE", "/api/routes" + path)[0] == 204
            time.sleep(1)

    def run(self):
        threads = [threading.Thread(target=self.guarded, args=(work,)) for work in (self.ask, self.talk, self.change)]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        while self.running():
            time.sleep(1)
            self.samples.append((time.monotonic() - start, self.proxy.memory()))
        for thread in threads:
            thread.join()


def soak(seconds):
    """{"errors", "requests", "messages", "growth" (bytes in ten minutes), "descriptors" (more than before)}"""
    with RecordingBackend(serve) as backend, ProxyProcess() as proxy:
        backend.keep_record = False
        proxy.add_route("/", backend.url)
        before = proxy.descriptors_open()
        work = Soak(proxy, backend, seconds)
        work.run()
        try:
            wait_until(lambda: proxy.descriptors_open() <= before + 2, 30)
        except AssertionError:
            pass  # the caller is told how many are left
        settled = work.samples[len(work.samples) // 3 :]
        return {"errors": work.errors, "requests": work.requests, "messages": work.messages, "growth": slope(settled) * 600,
                "descriptors": proxy.descriptors_open() - before, "memory": work.samples[-1][1]}  # fmt: skip


def main(seconds):
    found = soak(seconds)
    print(f"{found['requests']} requests, {found['messages']} messages over {TUNNELS} WebSockets, {len(found['errors'])} errors; memory "
          f"{found['memory'] / MIB:.1f} MiB, {found['growth'] / MIB:+.2f} MiB in ten minutes; {found['descriptors']:+d} descriptors")  # fmt: skip
    for error in found["errors"][:10]:
        print(error)
    return 1 if found["errors"] or found["growth"] > MIB or found["descriptors"] > 2 else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
