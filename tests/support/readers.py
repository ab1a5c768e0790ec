"""Other people's readers of HTTP/1.1: node, tornado (what a notebook server is made of), nginx and HAProxy.

    with reader("node") as each:          # skips the test where it is not installed
        each.read(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n")     # [("GET", "/", b"")]

nginx and HAProxy are asked by what they pass on to a server of ours.
"""

import base64
import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest

from .carrel_process import wait_until
from .ports import free_port
from .proxy_process import RawClient
from .recording_backend import RecordingBackend, echo

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
SEEN = re.compile(rb"^x-seen: ([0-9A-Za-z+/=]+)\r$", re.MULTILINE | re.IGNORECASE)
FENCE = ("GET", "/fence", b"")
#: Whoever reads it as a request answers and closes the connection; in the midst of something else it is just bytes.
FENCE_BYTES = b"GET /fence HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; master_process off; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream back {{ server 127.0.0.1:{target}; keepalive 8; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host; }} }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s 127.0.0.1:{target}
"""
#: Relays: their configuration, and the command that runs it.
RELAYS = {
    "nginx": (NGINX, ["nginx", "-p", "{folder}", "-c", "{config}"]),
    "haproxy": (HAPROXY, ["haproxy", "-db", "-f", "{config}"]),
}


@contextlib.contextmanager
def relay(name, target, folder):
    """The port of a plainly configured nginx or HAProxy in front of the port `target`."""
    text, command = RELAYS[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{name} is not installed")
    port, config = free_port(), folder / "config"
    config.write_text(text.format(folder=folder, port=port, target=target))
    command = [word.format(folder=folder, config=config) for word in command]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port), what=f"{name} being ready")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def answers(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def converse(port, data):
    """All that comes back for `data` and the fence after it."""
    with RawClient(port, timeout=10) as client:
        with contextlib.suppress(OSError):
            client.send(data + FENCE_BYTES)
        try:
            return client.read_to_end()
        except TimeoutError:  # a body that goes on beyond the fence
            return client.data


class Server:
    """Says itself, in a field of each answer, what it has read."""

    def __init__(self, port):
        self.port = port

    def read(self, data):
        found = [json.loads(base64.b64decode(each)) for each in SEEN.findall(converse(self.port, data))]
        return [(method, target, base64.b64decode(body)) for method, target, body in found]


class Witness(RecordingBackend):
    """Notes what reaches it, in the order in which it comes."""

    def __init__(self):
        super().__init__(self.note)
        self.found = []

    def note(self, request, connection):
        self.found.append((request.method, request.target, request.body))
        echo(request, connection)


class Relay:
    """Passes on what it has read."""

    def __init__(self, port, witness):
        self.port, self.witness = port, witness

    def read(self, data):
        self.witness.found = []
        converse(self.port, data)
        self.witness.settle()
        return self.witness.found


@contextlib.contextmanager
def server(command):
    """The port of a program that prints it, and ends with its input."""
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def python_with_tornado():
    for python in (TOP / "build/notebook/bin/python", sys.executable):
        if subprocess.run([str(python), "-c", "import tornado"], capture_output=True, check=False).returncode == 0:
            return str(python)
    return pytest.skip("tornado is not installed")


@contextlib.contextmanager
def reader(name, folder):
    if name == "node":
        if shutil.which("node") is None:
            pytest.skip("node is not installed")
        with server(["node", "--max-http-header-size=131072", str(HERE / "node_reader.mjs")]) as port:
            yield Server(port)
    elif name == "tornado":
        with server([python_with_tornado(), str(HERE / "tornado_reader.py")]) as port:
            yield Server(port)
    else:
        with Witness() as witness, relay(name, witness.port, folder) as port:
            yield Relay(port, witness)


READERS = ("node", "tornado", *RELAYS)
