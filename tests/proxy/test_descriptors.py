"""With no descriptor left the proxy waits; connections that are reset at any moment leave nothing behind."""

import socket
import threading
import time

import pytest
from support.carrel_process import wait_until
from support.proxy_process import ProxyProcess
from support.recording_backend import RecordingBackend, echo


def test_it_survives_having_no_descriptor_left(backend, figure):
    with ProxyProcess(descriptors=256) as proxy:
        proxy.add_route("/", backend.url)
        with proxy.client() as client:
            assert client.ask("GET", "/before").status == 200
        before = proxy.descriptors_open()
        crowd = []
        with proxy.client() as known:
            assert known.ask("GET", "/known").status == 200
            for _ in range(600):
                crowd.append(socket.create_connection(("127.0.0.1", proxy.port)))
            wait_until(lambda: "accept_paused" in proxy.log() or proxy.descriptors_open() > 128, what="the limit being reached")
            # Who was there before is still served, and those who wait burn no processor.
            spent = proxy.processor_seconds()
            for number in range(20):
                answer = known.ask("GET", f"/during/{number}")
                assert answer is not None and answer.get("X-Seen") == f"/during/{number}"
                time.sleep(0.05)  # a second in all, to see what it costs
            figure("processor seconds in one second", round(proxy.processor_seconds() - spent, 2))
            assert proxy.processor_seconds() - spent < 0.5
        for sock in crowd:
            sock.close()
        with proxy.client(timeout=60) as client:
            assert client.ask("GET", "/after").status == 200
        wait_until(lambda: proxy.descriptors_open() <= before + 2, what="every connection being closed")


WHOLE = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def serve(request, connection):
    if request.target == "/ws":
        connection.on_bytes = connection.send
        connection.send(SWITCHING)
    elif request.target == "/large":
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" + bytes(4000000))
    elif request.target == "/never":
        pass
    else:
        echo(request, connection)


@pytest.fixture
def quiet_proxy():
    with RecordingBackend(serve) as backend, ProxyProcess() as proxy:
        backend.keep_record = False
        proxy.add_route("/", backend.url)
        yield proxy


@pytest.mark.parametrize("ending", ["reset", "close", "half_close"])
def test_a_client_may_go_after_every_byte(quiet_proxy, ending):
    proxy = quiet_proxy
    with proxy.client() as client:
        assert client.ask("GET", "/before").status == 200
    before = proxy.descriptors_open()
    for size in range(len(WHOLE) + 1):
        client = proxy.client()
        client.send(WHOLE[:size])
        getattr(client, ending)()
        if ending == "half_close":
            client.close()
    for data, first in ((UPGRADE, 1), (UPGRADE + b"data", 20), (b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n", 1),
                        (b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n", 500000), (b"GET /never HTTP/1.1\r\nHost: h\r\n\r\n", 0)):  # fmt: skip
        for _ in range(20):
            client = proxy.client()
            client.send(data)
            while len(client.data) < first:
                client.receive()
            getattr(client, ending)()
            if ending == "half_close":
                client.close()
    with proxy.client() as client:
        assert client.ask("GET", "/after").get("X-Seen") == "/after"
    wait_until(lambda: proxy.descriptors_open() <= before + 2, what="every connection being closed")


class BrokenServer:
    """Takes a connection, reads up to `size` bytes, and resets it: the server's side of the same."""

    def __init__(self):
        self.size = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
                with peer:
                    if self.size:
                        peer.recv(self.size)
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            except ConnectionError:
                pass
            except OSError:
                return


def test_a_server_may_go_after_every_byte(figure):
    with BrokenServer() as server, ProxyProcess("--log-level", "error") as proxy:
        proxy.add_route("/", server.url)
        before = proxy.descriptors_open()
        for server.size in range(0, 120):
            for request in (b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n", WHOLE, UPGRADE):
                with proxy.client() as client:
                    client.send(request)
                    answer = client.read_response()
                    assert answer is not None and answer.status == 503 and answer.complete
        wait_until(lambda: proxy.descriptors_open() <= before + 2, what="every connection being closed")
