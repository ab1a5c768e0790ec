"""The current JupyterHub from PyPI, through our proxy: log in, spawn, open a notebook server, run code in a kernel."""

import json
import os
import pathlib
import subprocess
import time
import uuid

import pytest
from conftest import PROGRAM, TOP, free_port, wait_until

ENVIRONMENT = TOP / "build/jupyterhub"

CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/secret"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home-{{username}}"
c.Spawner.cmd = ["{bin}/jupyterhub-singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}}
"""


def environment():
    """The folder with JupyterHub's programs; skips where PyPI cannot be had."""
    made = subprocess.run([str(TOP / "scripts/jupyterhub-environment")], capture_output=True, text=True, timeout=1200)
    if made.returncode != 0:
        pytest.skip("the current JupyterHub cannot be installed: " + made.stderr.strip()[-200:])
    return ENVIRONMENT / "bin"


@pytest.fixture
def hub(tmp_path):
    programs = environment()
    places = {"port": free_port(), "hub_port": free_port(), "api_port": free_port(), "folder": tmp_path, "bin": programs}
    (tmp_path / "config.py").write_text(CONFIG.format(**places))
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim/configurable-http-proxy").symlink_to(PROGRAM)
    log = open(tmp_path / "log", "wb")
    process = subprocess.Popen([str(programs / "jupyterhub"), "-f", str(tmp_path / "config.py")], cwd=tmp_path,
                               env={**os.environ, "PATH": f"{tmp_path}/shim:{programs}:/usr/bin:/bin"},
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    yield process, f"http://127.0.0.1:{places['port']}", tmp_path / "log"
    process.terminate()
    process.wait(60)
    log.close()


def text_of(path):
    return pathlib.Path(path).read_text(errors="replace")


def test_logs_in_spawns_and_runs_code(hub):
    requests = pytest.importorskip("requests")
    websocket = pytest.importorskip("websocket")
    process, url, log = hub
    session = requests.Session()

    def is_up():
        assert process.poll() is None, text_of(log)[-3000:]
        try:
            return session.get(url + "/hub/health", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    wait_until(is_up, 90, "the hub behind our proxy")
    assert "[ConfigProxy] info: Route added / ->" in text_of(log)

    session.get(url + "/hub/login")
    answer = session.post(url + "/hub/login", data={"username": "ada", "password": "x", "_xsrf": session.cookies["_xsrf"]})
    assert answer.status_code < 400, answer.text[:500]

    def is_ready():
        answer = session.get(url + "/user/ada/api/status", timeout=30)
        return answer.status_code == 200 and "started" in answer.json()

    session.get(url + "/hub/spawn/ada")
    deadline = time.monotonic() + 90
    while True:
        # A page of the server leads through the hub's OAuth, which gives this session its cookies.
        answer = session.get(url + "/user/ada/view/nothing", timeout=60)
        if "/user/ada/" in answer.url and "spawn-pending" not in answer.url and is_ready():
            break
        assert time.monotonic() < deadline, (answer.status_code, answer.url, text_of(log)[-3000:])
        time.sleep(0.5)

    xsrf = {"X-XSRFToken": next(c.value for c in session.cookies if c.name == "_xsrf" and c.path == "/user/ada/")}
    kernel = session.post(url + "/user/ada/api/kernels", json={}, headers=xsrf)
    assert kernel.status_code == 201, kernel.text[:500]
    cookies = "; ".join(f"{c.name}={c.value}" for c in session.cookies if c.path in ("/", "/user/ada/"))
    channel = websocket.create_connection(
        f"{url.replace('http', 'ws')}/user/ada/api/kernels/{kernel.json()['id']}/channels", cookie=cookies,
        origin=url, timeout=60)
    channel.send(json.dumps({
        "header": {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3", "session": "s",
                   "username": "ada", "date": "2026-01-01T00:00:00Z"},
        "parent_header": {}, "metadata": {}, "channel": "shell",
        "content": {"code": "print(6 * 7)", "silent": False, "store_history": False, "user_expressions": {},
                    "allow_stdin": False}}))
    while True:
        message = json.loads(channel.recv())
        if message["msg_type"] == "stream":
            break
    assert message["content"]["text"] == "42\n"
    channel.close()
