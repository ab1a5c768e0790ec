"""A real Carrel: started with a data folder of its own on a free port, watched, and stopped.

    with CarrelProcess() as carrel:
        carrel.add_user("gov", "administrator")
        gov = carrel.log_in("gov")
        gov.get("/api/v1/me")
"""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import requests

from .portal import Portal

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = pathlib.Path(os.environ.get("CARREL_PROGRAM", TOP / "build" / "release" / "carrel"))
ENVIRONMENT = TOP / "build" / "notebook" / "environment.toml"

# Quick enough for a test, in the terms of carrel.toml.
QUICK = """
[dispatcher]
tick_seconds = 1
lead_seconds = 60
"""


def wait_until(condition, timeout=60, what="the condition"):
    """Returns the first true result of `condition`, asked again and again; fails after `timeout` seconds. Where what is
    waited for ends connections, the very question may be cut: then it is asked again."""
    deadline = time.monotonic() + timeout
    while True:
        cut = None
        try:
            result = condition()
        except OSError as problem:
            result, cut = None, problem
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s") from cut
        time.sleep(0.02)


def most_memory_ever(process):
    """The most memory that a process has ever held, in bytes."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


class CarrelProcess:
    """One `carrel serve` and the folder it lives in."""

    def __init__(self, config=QUICK, environment=ENVIRONMENT, folder=None, arguments=(), tls=False, program=PROGRAM, root_course=""):
        self.program = program
        self.kept = folder is not None
        self.scheme = "https" if tls else "http"
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="carrel-test-"))
        # Users' servers run as other users, who must get through.
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.config = self.folder / "carrel.toml"
        self.config.write_text(config)
        self.configs = [path for path in (environment, self.config) if path is not None]
        self.root_course = root_course
        self.arguments = [*arguments, "--set", f"hub.root_course={root_course}"] if root_course else list(arguments)
        self.passwords = {}
        self.process = None
        self.url = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    # Running it.

    def command(self, *arguments):
        """The command line of a Carrel command that uses this configuration and data."""
        configs = [word for path in self.configs for word in ("--config", str(path))]
        return [str(self.program), *arguments, *configs, "--data", str(self.data)]

    def run(self, *arguments, input=None, timeout=60):
        """Runs a Carrel command to its end."""
        return self.run_program(self.program, *arguments, input=input, timeout=timeout)

    def run_program(self, program, *arguments, input=None, timeout=60):
        """The same with another program than the one that serves."""
        return subprocess.run(
            [str(program), *self.command(*arguments)[1:]],
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=clean_environment(),
        )

    def start(self, port=0, timeout=60):
        (self.runtime / "port").unlink(missing_ok=True)
        with self.log_path.open("a") as log:
            self.process = subprocess.Popen(
                [*self.command("serve", "--port", str(port)), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=clean_environment(),
                start_new_session=True,
            )
        wait_until(self.is_ready, timeout, "the platform being ready")
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"carrel serve ended with {self.process.returncode}:\n{self.log()[-4000:]}")
        try:
            port = int((self.runtime / "port").read_text())
            self.url = f"{self.scheme}://127.0.0.1:{port}"
            with requests.Session() as session:
                session.trust_env = session.verify = False
                return session.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except (OSError, ValueError, requests.RequestException):
            return False

    def stop(self, timeout=60):
        """Ctrl-C, and after `timeout` force. Returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError(f"carrel serve did not stop within {timeout} s:\n{self.log()[-4000:]}") from None
        return self.process.returncode

    def children(self):
        """The processes that the supervisor started: {"control": pid, "proxy": pid}."""
        found = {}
        for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                # The newest proxy, beside which a former one may still finish something; but the oldest control, for a
                # server that control has just forked looks like it until it has become another program.
                if len(words) > 1 and (words[1] == "proxy" or (words[1] == "control" and "control" not in found)):
                    found[words[1]] = int(pid)
        return found

    def kill_control(self):
        """SIGKILL for the control process; returns its old process id. The supervisor starts another."""
        pid = self.children()["control"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def ask_proxy(self, method, path, body=None):
        """A call of the proxy's REST API, past the control process: (status, JSON or None)."""
        connection = http.client.HTTPConnection("proxy", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        with contextlib.closing(connection):
            connection.sock.connect(str(self.runtime / "proxy-api.sock"))
            token = (self.data / "secrets" / "proxy-token").read_text().strip()
            connection.request(method, path, None if body is None else json.dumps(body), {"Authorization": f"token {token}"})
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None

    def wait_for_control(self, other_than=None, timeout=30):
        """Waits until a control process (another than the one given) answers."""
        wait_until(
            lambda: self.children().get("control") not in (None, other_than) and self.is_ready(), timeout, "a new control process"
        )

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def runtime(self):
        """Where the sockets are and the port is written."""
        name = hashlib.sha256(os.path.realpath(self.data).encode()).hexdigest()[:12]
        if os.getuid() == 0:
            return pathlib.Path("/run/carrel") / name
        own = os.environ.get("XDG_RUNTIME_DIR", "")
        usable = own.startswith("/") and os.access(own, os.W_OK)
        return (pathlib.Path(own) / "carrel" if usable else pathlib.Path(f"/tmp/carrel-{os.getuid()}")) / name

    # People.

    def add_user(self, name, role="participant", password=None):
        """Makes an account with this role and returns its password."""
        password = password or secrets.token_urlsafe(12)
        done = self.run("user", "add", name, "--role", role, "--password-stdin", input=password + "\n")
        assert done.returncode == 0, done.stdout + done.stderr
        self.passwords[name] = password
        return password

    def anonymous(self):
        return Portal(self.url, root_course=self.root_course)

    def log_in(self, name, password=None):
        portal = Portal(self.url, root_course=self.root_course)
        portal.log_in(name, password or self.passwords[name])
        return portal


def clean_environment():
    """The environment without settings that would change what a Carrel under test does."""
    # XDG_RUNTIME_DIR stays: it says where the sockets are, see CarrelProcess.runtime.
    return {key: value for key, value in os.environ.items() if not key.startswith(("CARREL_", "JUPYTER", "PYTHON"))}


def dump(value):
    """A value as readable JSON, for messages of failed tests."""
    return json.dumps(value, indent=2, sort_keys=True)
