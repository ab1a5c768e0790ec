"""The Docker Engine beside the tests (scripts/docker-engine), and a Carrel whose servers are its containers."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import urllib.parse

import pytest

from .carrel_process import QUICK, CarrelProcess, wait_until

SOCKET = os.environ.get("DOCKER_HOST", "").removeprefix("unix://")
IMAGE = os.environ.get("DOCKER_TEST_IMAGE", "")

needs_engine = pytest.mark.skipif(
    not (SOCKET and IMAGE), reason=os.environ.get("CARREL_NO_ENGINE") or "there is no Docker Engine; scripts/docker-tests starts one"
)

JUPYTER = [
    "/opt/notebook/bin/python",
    "-I",
    "/opt/notebook/lib/carrel/notebook_server.py",
    "--no-browser",
    "--ServerApp.sock={socket}",
    "--ServerApp.base_url={base_url}",
    "--ServerApp.allow_remote_access=True",
    "--ServerApp.quit_button=False",
    "--KernelManager.transport=ipc",
    "--ServerApp.root_dir={home}",
]

PROBE = (pathlib.Path(__file__).resolve().parent / "probe_server.py").read_text()


def environment(name, command, image=None, **more):
    """An [environments.<name>] of containers, as TOML."""
    lines = [f"[environments.{name}]", f"image = {json.dumps(image or IMAGE)}", f"command = {json.dumps(command)}"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
    return "\n".join(lines) + "\n"


class Engine:
    """What tests ask of an engine, past Carrel."""

    def __init__(self, path=SOCKET):
        self.path = path

    def call(self, method, path, body=None, timeout=60):
        """(status, JSON, text or None)."""
        connection = http.client.HTTPConnection("engine", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(timeout)
        with contextlib.closing(connection):
            connection.sock.connect(self.path)
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            try:
                return answer.status, json.loads(content) if content else None
            except ValueError:
                return answer.status, content.decode(errors="replace")

    def ok(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        assert status < 300 or status == 304, f"{method} {path}: {status} {answer}"
        return answer

    def containers(self, *labels):
        """All containers with these labels, running or not."""
        filters = urllib.parse.quote(json.dumps({"label": list(labels)}))
        return self.ok("GET", f"/containers/json?all=1&filters={filters}")

    def volumes(self, *labels):
        filters = urllib.parse.quote(json.dumps({"label": list(labels)}))
        return self.ok("GET", f"/volumes?filters={filters}")["Volumes"] or []

    # The engine's own process.

    @property
    def process(self):
        return int(pathlib.Path(os.environ["DOCKER_PIDFILE"]).read_text())

    @contextlib.contextmanager
    def held(self):
        """As long as this lasts, the engine does not answer."""
        process = self.process
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)


    def kill(self):
        """The engine is gone without a word. Returns the words it was started with."""
        process = self.process
        words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")[:-1]
        os.kill(process, signal.SIGKILL)
        wait_until(lambda: has_ended(process), 60, "the engine's end")
        return words

    def start(self, words):
        """Starts it anew, more than once, as systemd would: it can take the former one's containerd for a living one.
        scripts/docker-engine ends whichever engine there is in the end."""
        processes = []

        def is_up():
            if not processes or processes[-1].poll() is not None:
                processes.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))
            return self.answers()

        wait_until(is_up, 240, "the engine answering")

    def answers(self):
        try:
            return self.call("GET", "/_ping")[0] == 200
        except OSError:
            return False


def has_ended(process):
    """Whether it is gone, or waits only to be taken note of."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class DockerPlatform(CarrelProcess):
    """A Carrel with these environments, an administrator `gov` and a leader `lea`, not started yet."""

    def __init__(self, environments, config="", socket_path=SOCKET, **more):
        docker = f"[docker]\nsocket = {json.dumps(socket_path)}\n"
        super().__init__(config=QUICK + docker + config + environments, environment=None, **more)
        self.engine = Engine(socket_path)
        try:
            self.add_user("gov", "administrator")
            self.add_user("lea", "leader")
        except BaseException:
            self.__exit__()
            raise

    @property
    def label(self):
        return "carrel.instance=" + (self.data / "secrets" / "instance").read_text().strip()

    def containers(self):
        return self.engine.containers(self.label)

    def containers_of(self, course):
        return self.engine.containers(self.label, f"carrel.course={course}")

    def container_of(self, username):
        """The full description of the container of this person's server."""
        found = self.engine.containers(self.label, f"carrel.user={username}")
        assert len(found) == 1, found
        return self.engine.ok("GET", f"/containers/{found[0]['Id']}/json")

    def inside(self, username, command):
        """Runs a shell command in the container of this person's server, as the server's user: (exit code, output)."""
        container = self.container_of(username)["Id"]
        body = {"AttachStdout": True, "AttachStderr": True, "Cmd": ["/bin/sh", "-c", command]}
        created = self.engine.ok("POST", f"/containers/{container}/exec", body)["Id"]
        output = plain(raw_start(self.engine.path, created))
        return self.engine.ok("GET", f"/exec/{created}/json")["ExitCode"], output


def raw_start(path, created):
    """The stream of an `exec`: its answer has no length and is no text."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(120)
        connection.connect(path)
        body = b'{"Detach":false,"Tty":false}'
        connection.sendall(
            f"POST /exec/{created}/start HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.partition(b"\r\n\r\n")[2]


def plain(stream):
    """The text of a stream of pieces that each have a head of eight bytes."""
    text = b""
    while len(stream) >= 8:
        length = int.from_bytes(stream[4:8], "big")
        text += stream[8 : 8 + length]
        stream = stream[8 + length :]
    return text.decode(errors="replace")
