"""The hubs that are measured: Carrel's and two releases of JupyterHub, with the same people and servers that cost nothing."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

import proxies

TOP = proxies.TOP
sys.path.insert(0, str(TOP / "tests"))

from support.carrel_process import CarrelProcess, clean_environment, wait_until  # noqa: E402
from support.course import Course  # noqa: E402

PROGRAM = proxies.TOOLS / "bench_idle_hub"
HERE = pathlib.Path(__file__).resolve().parent
PROXY = proxies.NODE_MODULES / ".bin" / "configurable-http-proxy"
PASSWORD = "a long enough password"
SLUG = "bench"

CONFIG = """
[hub]
concurrent_starts = 100
api_page_max_limit = 1000000
[limits]
participants_max = 100000
[log]
level = "warn"
[environments.idle]
title = "Idle"
command = ["/bin/true"]
default_url = "/"
ready_path = "api"
"""


def people_named(people):
    return [f"person-{number}" for number in range(people)] + [f"slow-{number}" for number in range(100)]


def memory_of(pids):
    """Proportional set size in MiB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total / 1024


def tree_of(pid):
    """A process and all that it started."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree_of(int(child))
    return found


class CarrelHub:
    name = "Carrel"

    def __init__(self):
        self.carrel = CarrelProcess(config=CONFIG, environment=None, program=PROGRAM)
        self.api = f"/c/{SLUG}/hub/api"
        self.version = subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def prepare(self, people, servers=0):
        """A deployed course with that many participants, of whom some have a running server; stopped again."""
        carrel = self.carrel
        carrel.add_user("gov", "administrator", PASSWORD)
        carrel.add_user("lea", "leader", PASSWORD)
        carrel.start()
        Course(carrel, SLUG, environment="idle")
        self.token = carrel.run("token", "create", "gov").stdout.strip()
        carrel.stop()
        with contextlib.closing(sqlite3.connect(carrel.data / "carrel.sqlite")) as store, store:
            (hashed,) = store.execute("select password_hash from users where name = 'gov'").fetchone()
            (course,) = store.execute("select id from courses").fetchone()
            now, names = int(time.time() * 1000), people_named(people)
            ids = [str(uuid.uuid4()) for _ in names]
            store.executemany(
                "insert into users (id, name, display_name, email, password_hash, administrator, leader, disabled, language, created_at) "
                "values (?, ?, ?, '', ?, 0, 0, 0, '', ?)",
                # One after the other, as people come.
                [(each, name, name, hashed, now - (len(ids) - number) * 1000)
                 for number, (each, name) in enumerate(zip(ids, names, strict=True))])
            store.executemany("insert into applications (course_id, user_id, state, applied_at, decided_at) values (?, ?, 'accepted', ?, ?)",
                              [(course, each, now, now) for each in ids])
            store.executemany(
                "insert into servers (course_id, user_id, name, state, state_since, spawner_state, endpoint, secret, message, log_tail, "
                "started_at, last_activity) values (?, ?, '', 'running', ?, ?, ?, 'secret', '', '', ?, ?)",
                [(course, each, now, each, os.environ["BENCH_SERVER"], now, now) for each in ids[:servers]])
            # Who made the course was there first.
            store.execute("update users set created_at = ? where name in ('gov', 'lea')", (now - (len(ids) + 1) * 1000,))

    def start(self):
        """Seconds until a request is answered."""
        begun = time.monotonic()
        self.carrel.start()
        self.port = int(self.carrel.url.rsplit(":", 1)[1])
        return time.monotonic() - begun

    @property
    def authorization(self):
        return "token " + self.token

    async def log_in(self, connection, name):
        page = await connection.call("GET", "/login")
        assert page.status == 200, page.status
        body = json.dumps({"username": name, "password": PASSWORD}).encode()
        answer = await connection.call("POST", "/api/v1/session", body, Content_Type="application/json",
                                       Origin=f"http://127.0.0.1:{self.port}")
        assert answer.status in (200, 201), (answer.status, answer.body)
        return "; ".join(f"{key}={value}" for key, value in answer.cookies().items())

    def memory(self):
        return memory_of(tree_of(self.carrel.process.pid))

    def routes(self):
        status, routes = self.carrel.ask_proxy("GET", "/api/routes")
        assert status == 200
        return sum("/user/" in path for path in routes)

    def stop(self):
        """As when the machine loses its power: an orderly end would stop the servers, which the next start is to find again."""
        for pid in tree_of(self.carrel.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.carrel.process.wait(60)

    def close(self):
        self.carrel.__exit__()


class JupyterHub:
    api = "/hub/api"

    def __init__(self, name, python):
        self.name, self.python = name, str(python)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-bench-hub-"))
        self.token = secrets.token_hex(16)
        self.port = 20000 + 10 * (os.getpid() % 500) + 5000 * (name.count("6"))
        self.process = None
        self.version = f"{name} ({self.run('-c', 'import jupyterhub; print(jupyterhub.__version__)').strip()})"

    def environment(self):
        return {**clean_environment(), "BENCH_PORT": str(self.port), "BENCH_TOKEN": self.token, "BENCH_PROXY": str(PROXY)}

    def run(self, *arguments):
        done = subprocess.run([self.python, *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def prepare(self, people, servers=0):
        self.run(str(HERE / "fill_jupyterhub.py"), str(people), str(servers), str(HERE / "jupyterhub_config.py"))

    def start(self):
        # It gives its proxy one second to answer, and ends itself when that is not enough.
        for attempt in (1, 2, 3):
            begun = time.monotonic()
            with open(self.folder / "log", "a", encoding="utf-8") as log:
                self.process = subprocess.Popen([self.python, "-m", "jupyterhub", "--config", str(HERE / "jupyterhub_config.py")],
                                                cwd=self.folder, env=self.environment(), stdout=log, stderr=log, start_new_session=True)
            try:
                wait_until(self.answers, 600, f"{self.name} answering")
                break
            except AssertionError:
                if attempt == 3 or self.process.poll() is None:
                    raise
        return time.monotonic() - begun

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        with contextlib.suppress(OSError):
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/hub/api/", timeout=5) as answer:
                return answer.status == 200
        return False

    @property
    def authorization(self):
        return "token " + self.token

    async def log_in(self, connection, name):
        form = await connection.call("GET", "/hub/login")
        assert form.status == 200, form.status
        cookies = form.cookies()
        body = f"username={name}&password=x" + (f"&_xsrf={cookies['_xsrf']}" if "_xsrf" in cookies else "")
        answer = await connection.call("POST", "/hub/login?next=%2Fhub%2Fhome", body.encode(), Content_Type="application/x-www-form-urlencoded",
                                       Cookie="; ".join(f"{key}={value}" for key, value in cookies.items()) or None,
                                       Referer=f"http://127.0.0.1:{self.port}/hub/login")
        assert answer.status == 302, (answer.status, answer.body[-300:])
        return "; ".join(f"{key}={value}" for key, value in {**cookies, **answer.cookies()}.items())

    def memory(self):
        return memory_of(tree_of(self.process.pid))

    def routes(self):
        question = urllib.request.Request(f"http://127.0.0.1:{self.port}/hub/api/proxy?limit=1000000", headers={"Authorization": self.authorization})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(question, timeout=60) as answer:
            return sum("/user/" in path for path in json.load(answer))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_all(named):
    """The hubs that this machine has."""
    kinds = [(CarrelHub.name, CarrelHub)]
    if PROXY.exists() and pathlib.Path("/usr/lib/python3/dist-packages/jupyterhub").exists():
        kinds.append(("JupyterHub of Debian", lambda: JupyterHub("JupyterHub of Debian", "/usr/bin/python3")))
    current = TOP / "build" / "jupyterhub" / "bin" / "python"
    if PROXY.exists() and current.exists():
        kinds.append(("JupyterHub 6 of PyPI", lambda: JupyterHub("JupyterHub 6 of PyPI", current)))
    return [make() for name, make in kinds if named in name]
