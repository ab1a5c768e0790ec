"""A server that sends without end, or takes nothing at all: what backpressure has to hold against."""

import contextlib
import selectors
import socket
import threading

PIECE = bytes(65536)
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1 << 40)


class Flood:
    """GET: an endless body. An upgrade: a tunnel into which it sends without end and from which it reads nothing.
    POST: reads nothing after the head. GET /drip…: a head and one byte of a body, for a connection that is busy but still."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.heads, self.sent, self.served = {}, 0, 0
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join(10)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def run(self):
        while self.running:
            for key, _ in self.selector.select(0.1):
                key.data(key.fileobj)

    def accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                sock.setblocking(False)
                self.heads[sock] = b""
                self.selector.register(sock, selectors.EVENT_READ, self.read_head)

    def drop(self, sock):
        with contextlib.suppress(KeyError):
            self.selector.unregister(sock)
        self.heads.pop(sock, None)
        sock.close()

    def read_head(self, sock):
        try:
            part = sock.recv(2048)
        except OSError:
            part = b""
        if not part:
            self.drop(sock)
            return
        head = self.heads[sock] = self.heads[sock] + part
        if b"\r\n\r\n" not in head:
            return
        self.served += 1
        if head.startswith(b"POST"):
            self.selector.unregister(sock)
            return
        if head.startswith(b"GET /drip"):
            sock.send(ENDLESS + b"x")
            self.selector.modify(sock, selectors.EVENT_READ, self.drop)
            return
        sock.send(SWITCHING if b"Upgrade: websocket" in head else ENDLESS)
        self.selector.modify(sock, selectors.EVENT_WRITE, self.push)

    def push(self, sock):
        try:
            self.sent += sock.send(PIECE)
        except BlockingIOError:
            pass
        except OSError:
            self.drop(sock)
