"""Visitors of a web server who notice everything: refused connections, lost answers, closed connections, cut WebSockets."""

import base64
import contextlib
import os
import socket
import struct
import threading
import time


class Faults:
    """What went wrong, counted by kind, with the first sentence of each kind. Thread-safe."""

    def __init__(self):
        self.counts, self.first, self.lock = {}, {}, threading.Lock()

    def note(self, kind, what):
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.first.setdefault(kind, f"{type(what).__name__}: {what}" if isinstance(what, BaseException) else str(what))

    def __getitem__(self, kind):
        return self.counts.get(kind, 0)

    def __repr__(self):
        return ", ".join(f"{count} {kind} ({self.first[kind]})" for kind, count in sorted(self.counts.items())) or "none"


class Visitors:
    """Threads that run `visit(number, rounds)` again and again until the end of the `with` block.

    `done` counts the rounds that went well. Whatever a visit raises is a fault of the kind that `kind_of` says.
    """

    def __init__(self, count, visit):
        self.faults, self.done = Faults(), 0
        self.visit, self.ended, self.lock = visit, threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a visitor waits for ever"

    def _run(self, number):
        rounds = 0
        while not self.ended.is_set():
            try:
                self.visit(number, rounds)
            except OSError as problem:
                self.faults.note(kind_of(problem), problem)
            else:
                with self.lock:
                    self.done += 1
            rounds += 1


class Closed(OSError):
    """The server has closed a connection that it should have kept, or before it had answered."""


class Wrong(OSError):
    """An answer that is not the one to the question."""


def kind_of(problem):
    if isinstance(problem, ConnectionRefusedError):
        return "refused"
    if isinstance(problem, TimeoutError):
        return "timeout"
    if isinstance(problem, Wrong):
        return "wrong"
    return "lost"


class Line:
    """A connection, with just enough HTTP."""

    def __init__(self, address, timeout=30):
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data)

    def read(self, size):
        while len(self.pending) < size:
            self._fill()
        taken, self.pending = self.pending[:size], self.pending[size:]
        return taken

    def read_until(self, end):
        while end not in self.pending:
            self._fill()
        at = self.pending.index(end) + len(end)
        taken, self.pending = self.pending[:at], self.pending[at:]
        return taken

    def _fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise Closed(f"closed after {self.pending[:60]!r}")
        self.pending += more

    def ask(self, path, fields="", body=None):
        """One request; returns (status, head, body)."""
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: test\r\n{fields}"
        if body is not None:
            head += f"Content-Length: {len(body)}\r\n"
        self.send(head.encode() + b"\r\n" + (body or b""))
        return self.read_answer()

    def read_answer(self):
        head = self.read_until(b"\r\n\r\n").decode("latin-1")
        length = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
        return int(head.split()[1]), head, self.read(int(length[0])) if length else b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WebSocketLine(Line):
    """A WebSocket that sends numbered messages and wants each of them back, in order and intact."""

    def __init__(self, address, path, fields=""):
        super().__init__(address)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n".encode()
        )
        head = self.read_until(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Wrong(f"no WebSocket: {head.splitlines()[0]!r}")
        self.sent = self.received = 0

    def send_message(self, size=0):
        text = b"%d:" % self.sent + b"x" * size
        self.sent += 1
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text)) if size < 4096 else text
        mask = mask if size < 4096 else bytes(4)
        if len(text) < 126:
            head = struct.pack("!BB", 0x81, 0x80 | len(text))
        elif len(text) < 65536:
            head = struct.pack("!BBH", 0x81, 0x80 | 126, len(text))
        else:
            head = struct.pack("!BBQ", 0x81, 0x80 | 127, len(text))
        self.send(head + mask + masked)

    def read_message(self):
        first, length = self.read(2)
        if length == 126:
            (length,) = struct.unpack("!H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read(8))
        text = self.read(length)
        if first != 0x81 or text.split(b":")[0] != b"%d" % self.received:
            raise Wrong(f"message {self.received} came back as {text[:40]!r}, first byte {first:#x}")
        self.received += 1
        return text

    def echo(self, size=0):
        self.send_message(size)
        if len(self.read_message()) < size:
            raise Wrong("a message came back shorter")


def serve(listener, answer):
    """Runs `answer(connection)` on a thread for each connection; returns when the listener is shut down."""

    def one(connection):
        with contextlib.suppress(OSError), connection:
            answer(connection)

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=one, args=(connection,), daemon=True).start()


class EchoUpstream:
    """A target: echoes the path and body of requests, and the messages of WebSockets.

    `/slow/…` takes its time: half the answer at once, the rest when `release` is set, or asked for by `/release`.
    `/exit` ends the process.
    """

    def __init__(self, listener=None):
        self.listener = listener or socket.create_server(("127.0.0.1", 0), backlog=1024)
        if listener is None:
            self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.release = threading.Event()
        self.slow = threading.Semaphore(0)  # counts slow answers that are under way
        self.thread = threading.Thread(target=serve, args=(self.listener, self._answer), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _answer(self, connection):
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line.__new__(Line)
        line.socket, line.pending = connection, b""
        while True:
            head = line.read_until(b"\r\n\r\n").decode("latin-1")
            path = head.split()[1]
            if "\r\nupgrade: websocket" in head.lower():
                return self._echo_frames(line)
            length = [row.split(":")[1] for row in head.split("\r\n") if row.lower().startswith("content-length:")]
            body = path.encode() + b"|" + (line.read(int(length[0])) if length else b"")
            start = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            if "/slow/" in path:
                line.send(start + body[:1])
                self.slow.release()
                self.release.wait(60)
                line.send(body[1:])
            else:
                if path.endswith("/release"):
                    self.release.set()
                if path.endswith("/exit"):
                    os._exit(1)
                line.send(start + body)

    @staticmethod
    def _echo_frames(line):
        line.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
        while True:
            first, second = line.read(2)
            length, head = second & 0x7F, b""
            if length >= 126:
                head = line.read(2 if length == 126 else 8)
                length = int.from_bytes(head, "big")
            mask, text = line.read(4), line.read(length)
            if any(mask):
                text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text))
            line.send(bytes([first, second & 0x7F]) + head + text)


def wait_for(condition, timeout, what):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.005)
