"""Carrel itself as a container: what docs/howto/run-in-docker.md says is done, and somebody's cell runs in the end.

Only the compiling is left out: the image is made from this checkout's own program."""

import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile

import pytest
import requests
import urllib3
from support.carrel_process import PROGRAM, TOP, wait_until
from support.docker_engine import IMAGE, JUPYTER, Engine, needs_engine
from support.portal import Portal
from support.ports import free_port

COMPOSE = shutil.which("docker-compose", path="/usr/bin")
pytestmark = [needs_engine, pytest.mark.skipif(COMPOSE is None, reason="docker-compose is not installed")]
urllib3.disable_warnings()
PASSWORD = "seven quiet desks"


class Compose:
    """A checkout with what an image is made from, and `docker-compose` in its deploy/docker."""

    def __init__(self, top, **variables):
        self.folder = top / "src" / "deploy" / "docker"
        self.data = top / "d"
        for name in ("deploy/docker", "scripts"):
            shutil.copytree(TOP / name, top / "src" / name, symlinks=True)
        program = top / "src" / "build" / "release" / "carrel"
        program.parent.mkdir(parents=True)
        shutil.copy(PROGRAM, program)
        text = (self.folder / ".env.example").read_text()
        for name, value in {"DATA_VOLUME_HOST": self.data, **variables}.items():
            text, found = re.subn(rf"^{name}=.*$", lambda _: f"{name}={value}", text, flags=re.MULTILINE)
            if not found:
                text += f"{name}={value}\n"
        (self.folder / ".env").write_text(text)

    def __call__(self, *arguments, timeout=300):
        """Debian's own `docker` is asked to build, whatever else is on PATH."""
        variables = {"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": os.environ["DOCKER_HOST"],
                     "DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1"}
        done = subprocess.run([COMPOSE, *arguments], cwd=self.folder, env=variables, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"docker-compose {arguments}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def container(self, service):
        return Engine().ok("GET", f"/containers/{self('ps', '-q', service).strip()}/json")


@pytest.fixture(scope="module")
def hub():
    top = pathlib.Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp"))
    top.chmod(0o755)
    ports = free_port(), free_port()
    compose = Compose(
        top,
        CARREL_ADMIN_PASSWORD=PASSWORD,
        CARREL_SHARED_FOLDER="yes",
        DOCKER_NOTEBOOK_IMAGE=IMAGE,
        DOCKER_SPAWN_CMD=" ".join(JUPYTER),
        DOCKER_SOCKET=os.environ["DOCKER_HOST"].removeprefix("unix://"),
        HTTPS_PORT=ports[0],
        HTTP_PORT=ports[1],
        # Of the tests alone: no registry, no network while the image is made, and nothing compiled again.
        CARREL_BUILD_PROGRAM="prebuilt",
        CARREL_BUILD_BASE="debian:bookworm",
        CARREL_BUILD_RUNTIME="debian:bookworm",
        CARREL_BUILD_NETWORK="none",
    )
    compose.url = f"https://127.0.0.1:{ports[0]}"
    try:
        compose("build")
        compose("up", "--detach", "--no-build")
        yield compose
    finally:
        print(subprocess.run([COMPOSE, "logs", "--no-color"], cwd=compose.folder, capture_output=True, text=True, check=False,
                             env={"PATH": "/usr/bin:/bin", "DOCKER_HOST": os.environ["DOCKER_HOST"]}).stdout[-6000:])
        compose("down", "--volumes")
        for one in Engine().ok("GET", "/containers/json?all=1"):
            if "carrel.guard" in one["Labels"]:
                Engine().call("DELETE", f"/containers/{one['Id']}?force=1&v=1")
        shutil.rmtree(top, ignore_errors=True)


def test_debians_compose_makes_the_image_where_nothing_was_built(tmp_path):
    """`docker-compose up` without BuildKit: it makes all stages one by one, and fetches what no service says how to make. Nothing
    of it is started, and a stand-in is all that is compiled."""
    folder = tmp_path / "deploy" / "docker"
    for name in ("deploy/docker", "scripts"):
        shutil.copytree(TOP / name, tmp_path / name, symlinks=True)
    (tmp_path / "web").mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TOP / "web" / name, tmp_path / "web")
    text = (folder / "Dockerfile").read_text()
    for line, instead in (("RUN scripts/setup build", "RUN true"), ("RUN scripts/build-web .*", "RUN install -D /bin/true /out/carrel")):
        text, found = re.subn(f"^{line}$", instead, text, flags=re.MULTILINE)
        assert found == 1, line
    (folder / "Dockerfile").write_text(text)
    shutil.copy(folder / ".env.example", folder / ".env")
    variables = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": os.environ["DOCKER_HOST"], "CARREL_IMAGE": "carrel-unbuilt",
                 "CARREL_BUILD_RUNTIME": "debian:bookworm", "CARREL_BUILD_NETWORK": "none", "DATA_VOLUME_HOST": str(tmp_path / "data"),
                 "COMPOSE_PROJECT_NAME": "unbuilt"}  # fmt: skip
    run = lambda *words: subprocess.run([COMPOSE, *words], cwd=folder, env=variables, capture_output=True, text=True, timeout=300, check=False)  # noqa: E731
    try:
        done = run("up", "--no-start")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    finally:
        run("down", "--volumes", "--rmi", "all")


def person(hub):
    portal = Portal(hub.url, root_course="hub")
    portal.http.verify = False
    return portal


def is_healthy(hub):
    return hub.container("carrel")["State"].get("Health", {}).get("Status") == "healthy"


def answers(hub):
    try:
        return requests.get(f"{hub.url}/readyz", verify=False, timeout=10).status_code == 200
    except requests.RequestException:
        return False


def test_somebody_who_joined_runs_a_cell(hub):
    wait_until(lambda: answers(hub), 120, "the platform answering by TLS")
    admin = person(hub)
    admin.log_in("admin", PASSWORD)
    wait_until(lambda: admin.course("hub")["state"] == "deployed", 120, "the standing hub being there")
    ada = person(hub)
    ada.sign_up(admin.invitation("hub"), "ada")
    ada.apply(admin.invitation("hub"))
    admin.decide("hub", "ada", "accept")
    ada.start_and_wait("hub")
    server = ada.server("hub")
    server.http.verify = False
    answer = server.request("POST", "api/kernels", json={"name": "python3"})
    answer.raise_for_status()
    kernel = server.connect(answer.json()["id"], sslopt={"cert_reqs": ssl.CERT_NONE})
    assert kernel.run("print(6 * 7)") == "42\n"
    assert kernel.run("import os; print(os.getuid())") == "10001\n"
    kernel.run("open('kept.txt', 'w').write('yes')")
    kernel.run("open('shared/list', 'w').write('ada')")
    assert "Read-only file system" in kernel.run("try: open('materials/mine', 'w')\nexcept OSError as error: print(error)")
    kernel.close()
    homes = hub.data / "data" / "homes" / "hub"
    assert (homes / "ada" / "kept.txt").read_text() == "yes"
    assert (homes / "~course" / "shared" / "list").read_text() == "ada"
    hub("restart", "carrel")
    wait_until(lambda: answers(hub), 120, "the platform answering again")
    ada.start_and_wait("hub")
    wait_until(server.is_ready, 60, "a server after the restart")
    ada.stop_server("hub")
    wait_until(lambda: not ours(), 60, "the container being removed")
    wait_until(lambda: is_healthy(hub), 120, "the health check")


def ours():
    return [one for one in Engine().ok("GET", "/containers/json?all=1") if "carrel.guard" in one["Labels"]]


def test_the_hub_is_nobody_and_does_not_see_the_engine(hub):
    container = hub.container("carrel")
    assert container["Config"]["User"] == "10001:10001"
    assert container["HostConfig"]["CapDrop"] and not container["HostConfig"]["Privileged"]
    assert container["HostConfig"]["ReadonlyRootfs"]
    assert not [one for one in container["Mounts"] if "docker.sock" in one["Source"]]


def test_the_guard_does_not_make_the_hub_root(hub):
    """What somebody who has broken into the hub would try."""
    guard = Engine(str(hub.data / "guard" / "engine.sock"))
    api = "/v1.41"
    name = "carrel-0123456789ab-0123456789abcdef"
    for body in (
        {"Image": "sha256:" + "0" * 64, "HostConfig": {"Privileged": True}},
        {"Image": "debian", "HostConfig": {"Binds": ["/:/host"]}, "Cmd": ["cat", "/host/etc/shadow"]},
    ):
        status, answer = guard.call("POST", f"{api}/containers/create?name={name}", body)
        assert status == 400 and "guard refuses" in answer["message"], answer
    others = hub.container("guard")["Id"]
    for method, path in (
        ("GET", f"/containers/{others}/json"),
        ("GET", f"/containers/{others}/logs?stdout=1&tail=5"),
        ("POST", f"/containers/{others}/kill?signal=SIGKILL"),
        ("DELETE", f"/containers/{others}?force=1"),
        ("POST", f"/containers/{others}/exec"),
        ("POST", f"/containers/{others}/update"),
        ("GET", f"/containers/{others}/archive?path=/"),
        ("POST", "/build"),
        ("POST", "/commit"),
        ("POST", "/swarm/init"),
        ("GET", "/secrets"),
        ("POST", "/plugins/pull"),
    ):
        assert guard.call(method, api + path, {} if method == "POST" else None)[0] in (404, 405), path
    assert guard.call("POST", f"{api}/images/create?fromSrc=-&repo=evil", {})[0] == 400
    listed = guard.call("GET", f"{api}/containers/json?all=1&filters=" + requests.utils.quote(json.dumps({"label": ["com.docker.compose.project=docker"]})))
    assert listed[1] == [], "containers of others are not there for the hub"
    assert hub.container("guard")["State"]["Running"]
