"""The proxy nobody should write: it passes on every byte as it came. Tests must find it wanting."""

import contextlib
import socket
import threading


class NaiveRelay:
    """One upstream connection for each client's. With `shared`, one for all clients instead: whatever arrives from the
    server goes to the client that spoke last."""

    def __init__(self, target_port, shared=False):
        self.target_port, self.shared = target_port, shared
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.upstream = None
        self.last = None
        self.open = []

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        for sock in self.open:
            with contextlib.suppress(OSError):
                sock.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.open.append(client)
                upstream = self.connect(client)
                threading.Thread(target=self.pump, args=(client, upstream, True), daemon=True).start()

    def connect(self, client):
        if self.shared and self.upstream is not None:
            return self.upstream
        upstream = socket.create_connection(("127.0.0.1", self.target_port))
        self.open.append(upstream)
        if self.shared:
            self.upstream = upstream
        threading.Thread(target=self.pump, args=(upstream, client, False), daemon=True).start()
        return upstream

    def pump(self, source, sink, from_client):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if from_client:
                    self.last = source
                to = self.last if self.shared and not from_client else sink
                if not data:
                    break
                with contextlib.suppress(OSError):
                    to.sendall(data)
        # A reset ends the stream too: a server that refuses a body it has not read closes with one.
        if not (self.shared and from_client):
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
