"""A server on one thread that writes down every byte it gets, and answers as a test wants.

    with RecordingBackend() as backend:
        ... the proxy sends something to backend.url ...
        backend.connections[0].received

Everything that has arrived is written down before anything is answered. So once a test has got an answer from
here, whatever was sent before it on any connection has been recorded.
"""

import contextlib
import selectors
import socket
import struct
import threading

from . import strict_http


class Connection:
    """One accepted connection."""

    def __init__(self, backend, sock):
        self.backend, self.socket = backend, sock
        self.received = bytearray()
        #: What has not been taken for a request yet.
        self.pending = bytearray()
        self.problem = None
        self.ended = self.closed = False
        self.head = None
        self.out = bytearray()
        self.close_when_sent = False
        #: Set after a switch of protocols: gets every piece of bytes.
        self.on_bytes = None

    def send(self, data):
        self.out += data
        self.flush()

    def flush(self):
        try:
            while self.out and not self.closed:
                del self.out[: self.socket.send(self.out[:1 << 20])]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
        if not self.out and self.close_when_sent:
            self.close()
        self.backend.watch(self)

    def finish(self):
        """Closes once everything has been sent."""
        self.close_when_sent = True
        self.flush()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        if not self.closed:
            self.closed = True
            with contextlib.suppress(KeyError, ValueError):
                self.backend.selector.unregister(self.socket)
            self.socket.close()


def echo(request, connection):
    """The usual answer: what was asked, in a field and in the body."""
    body = f"{request.method} {request.target} {len(request.body)}".encode()
    seen = request.target.encode("latin-1")
    connection.send(b"HTTP/1.1 200 OK\r\nX-Seen: %s\r\nContent-Length: %d\r\n\r\n" % (seen, len(body)))
    if request.method != "HEAD":
        connection.send(body)


class RecordingBackend:
    """`answer(request, connection)` is called for each complete request, `on_head` (when given) as soon as its head
    is there; the latter may return True when it has taken care of everything."""

    def __init__(self, answer=echo, on_head=None, strict=True):
        self.answer, self.on_head, self.strict = answer, on_head, strict
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = []
        self.accepted = 0
        self.keep_record = True
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, self.wakeup = socket.socketpair()
        self.selector.register(self.wakeup, selectors.EVENT_READ)
        self.todo = []
        self.running = True
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.call(self.stop)
        self.thread.join(10)
        for connection in self.connections:
            connection.close()
        self.listener.close()
        self.wake.close()
        self.wakeup.close()
        self.selector.close()
        if self.failure:
            raise self.failure

    def stop(self):
        self.running = False

    def call(self, work):
        """Runs `work` on the backend's thread, soon."""
        self.todo.append(work)
        self.wake.send(b"x")

    def settle(self):
        """Returns once everything that had arrived before has been recorded and served."""
        for _ in range(2):  # what is called may run before what arrived in the same turn
            done = threading.Event()
            self.call(done.set)
            assert done.wait(10)

    def clear(self):
        """Forgets what was recorded; connections that are open stay known."""
        done = threading.Event()

        def work():
            self.connections = [each for each in self.connections if not each.closed]
            for each in self.connections:
                each.received.clear()
            done.set()

        self.call(work)
        assert done.wait(10)

    def watch(self, connection):
        if connection.closed:
            return
        events = (0 if connection.ended else selectors.EVENT_READ) | (selectors.EVENT_WRITE if connection.out else 0)
        with contextlib.suppress(KeyError):
            self.selector.unregister(connection.socket)
        if events:
            self.selector.register(connection.socket, events, connection)

    def run(self):
        try:
            while self.running:
                self.turn()
        except Exception as problem:  # shown by __exit__
            self.failure = problem

    def turn(self):
        fresh = []
        for key, events in self.selector.select():
            if key.fileobj is self.listener:
                self.accept(fresh)
            elif key.fileobj is self.wakeup:
                self.wakeup.recv(4096)
                while self.todo:
                    self.todo.pop(0)()
            elif key.data is not None and not key.data.closed:
                if events & selectors.EVENT_WRITE:
                    key.data.flush()
                if events & selectors.EVENT_READ and not key.data.closed:
                    fresh.append(key.data)
        for connection in fresh:
            self.receive(connection)
        for connection in fresh:
            if not connection.closed:
                self.serve(connection)

    def accept(self, fresh):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock)
            self.accepted += 1
            self.connections.append(connection)
            self.selector.register(sock, selectors.EVENT_READ, connection)
            fresh.append(connection)

    def receive(self, connection):
        while True:
            try:
                part = connection.socket.recv(1 << 18)
            except BlockingIOError:
                return
            except OSError:
                connection.close()
                return
            if not part:
                connection.ended = True
                self.watch(connection)
                return
            if self.keep_record:
                connection.received += part
            if connection.on_bytes:
                connection.on_bytes(part)
            else:
                connection.pending += part

    def serve(self, connection):
        try:
            while self.serve_one(connection):
                pass
        except strict_http.Malformed as problem:
            connection.problem = problem
            connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.finish()
        if connection.ended and not connection.closed and not connection.out:
            connection.close()
            if not self.keep_record:
                self.connections.remove(connection)

    def serve_one(self, connection):
        """True when there may be another request."""
        if connection.closed or connection.on_bytes or connection.close_when_sent:
            return False
        if connection.head is None:
            if not connection.pending:
                return False
            connection.head = strict_http.read_request_head(bytes(connection.pending))
            if connection.head is None:
                return False
            del connection.pending[: len(connection.head.head)]
            if self.on_head and self.on_head(connection.head, connection):
                connection.head = None
                return True
        head = connection.head
        if head.framing == "length" and len(connection.pending) < head.length:
            return False
        size = strict_http.finish(head, bytes(connection.pending))
        if not head.complete:
            return False
        del connection.pending[:size]
        connection.head = None
        self.answer(head, connection)
        return True
