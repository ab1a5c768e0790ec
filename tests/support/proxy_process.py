"""The real proxy alone: `carrel proxy` with a REST API on a unix socket, its routes, and what it costs.

    with ProxyProcess() as proxy:
        proxy.add_route("/user/a", backend.url)
        proxy.client().ask("GET", "/user/a/lab")
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import strict_http
from .carrel_process import PROGRAM, clean_environment, wait_until
from .resident import resident

EDGE_KEY = b"k" * 32
TOKEN = "test-token"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def edge_token(route, user, session="s", issued=None, lasts=3600, key=EDGE_KEY):
    """An edge token as control signs it."""
    issued = time.time() if issued is None else issued
    payload = {"e": int(issued + lasts), "i": int(issued * 1000), "r": route, "s": session, "u": user}
    first = base64url(json.dumps(payload, separators=(",", ":")).encode())
    return first + "." + base64url(hmac.new(key, first.encode(), hashlib.sha256).digest())


class UnixHttp(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class RawClient:
    """A client that sends what it is told, and reads answers strictly."""

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self):
        self.socket.close()

    def receive(self):
        """Reads a piece; False at the end or after a reset."""
        try:
            part = self.socket.recv(1 << 18)
        except ConnectionError:
            part = b""
        self.data += part
        self.ended = not part
        return bool(part)

    def read_to_end(self):
        """Everything until the other side closes."""
        while self.receive():
            pass
        data, self.data = self.data, b""
        return data

    def read_head(self, method="GET"):
        """The next response's head; nothing when the connection ends before."""
        while True:
            head = strict_http.read_response_head(self.data, method)
            if head is not None:
                self.data = self.data[len(head.head) :]
                return head
            if not self.receive():
                return None

    def read_response(self, method="GET", interim=False):
        """The next final response; `complete` is False when the connection ended in its midst; nothing when it
        ended before."""
        while True:
            message = self.read_head(method)
            if message is None or message.status >= 200 or message.switches or interim:
                break
        if message is None or message.switches:
            return message
        while True:
            enough = message.framing != "length" or len(self.data) >= message.length
            size = strict_http.finish(message, self.data) if enough else 0
            if message.complete:
                self.data = self.data[size:]
                return message
            if not self.receive():
                strict_http.finish(message, self.data)
                message.complete = message.framing == "close"
                self.data = b""
                return message

    def ask(self, method, target, fields="", body=b"", host="hub.test"):
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.send(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}\r\n".encode("latin-1") + body)
        return self.read_response(method)


class ProxyProcess:
    def __init__(self, *arguments, descriptors=None, program=PROGRAM):
        self.arguments, self.descriptors, self.program = arguments, descriptors, program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-proxy-"))
        self.api_socket = self.folder / "api.sock"
        self.log_path = self.folder / "log"
        self.process = None
        self.port = 0

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        status = self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        # 2 after a signal, as configurable-http-proxy; anything else is a crash that no test may overlook.
        assert status in (None, 0, 2), f"the proxy ended with {status}"

    def start(self):
        environment = {**clean_environment(), "CONFIGPROXY_AUTH_TOKEN": TOKEN, "CARREL_EDGE_KEY": base64url(EDGE_KEY)}
        port_file = self.folder / "port"

        def limit():
            if self.descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))

        with self.log_path.open("a") as log:
            self.process = subprocess.Popen(
                [str(self.program), "proxy", "--ip", "127.0.0.1", "--port", "0", "--port-file", str(port_file),
                 "--api-socket", str(self.api_socket), *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment, preexec_fn=limit,
            )  # fmt: skip

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"carrel proxy ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            return port_file.exists() and port_file.read_text().strip() and self.api_socket.exists()

        wait_until(ready, what="the proxy being ready")
        self.port = int(port_file.read_text())
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        """Ends it, and returns its exit status; nothing when it was not running."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return process.returncode

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def api(self, method, path, body=None):
        """The status and the JSON of the REST API's answer."""
        connection = UnixHttp(self.api_socket)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, json.loads(data) if data.strip() else None

    def add_route(self, path, target, **more):
        status, answer = self.api("POST", "/api/routes" + path, {"target": target, **more})
        assert status == 201, (status, answer)

    def client(self, timeout=20):
        return RawClient(self.port, timeout)

    # What it costs.

    def memory(self):
        """Resident bytes."""
        return resident(self.process.pid)

    def descriptors_open(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
