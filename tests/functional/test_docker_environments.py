"""Programs that know nothing of Carrel, in containers: reached by a port of their own, or asking the hub who may in."""

import pathlib
import tempfile

import pytest
from support.course import Course
from support.docker_engine import DockerPlatform, environment, needs_engine

pytestmark = needs_engine

# Answers at any path, and says which one it was asked for.
PAGE = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("asked for " + self.path).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
# As jupyterhub-singleuser: asks the hub who it is, then listens where it is told to.
HUB_SERVER = """
import http.server, json, os, urllib.parse, urllib.request
request = urllib.request.Request(os.environ["JUPYTERHUB_API_URL"] + "/user", headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
name = json.load(urllib.request.urlopen(request))["name"]
place = urllib.parse.urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("the hub knows " + name).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer((place.hostname, place.port), Page).serve_forever()
"""
MARIMO = [
    "/usr/bin/env", "PYTHONPATH=/opt/marimo", "python3", "-m", "marimo", "edit", "--headless", "--no-token", "--skip-update-check",
    "--host=127.0.0.1", "--port={port}", "--base-url={base_path}", "{home}",
]

# What everybody in a course may read.
SHARED = pathlib.Path(tempfile.mkdtemp(prefix="shared-"))
SHARED.chmod(0o755)

ENVIRONMENTS = (
    environment("page", ["/usr/bin/python3", "-I", "-c", PAGE, "{port}"], ready_path="", default_url="/")
    + environment("data", ["/usr/bin/python3", "-I", "-c", PAGE, "{port}"], ready_path="", default_url="/", read_only=[str(SHARED)])
    + environment("top", ["/usr/bin/python3", "-I", "-c", PAGE, "{port}"], ready_path="", default_url="/", strip_base_url=True)
    + environment("silent", ["/bin/sleep", "3600", "{port}"], ready_path="", default_url="/")
    + environment("elsewhere", ["/usr/bin/python3", "-I", "-c", PAGE, "8765", "{port}"], ready_path="", default_url="/")
    + environment("nowhere", ["/bin/sleep", "3600"], ready_path="", default_url="/")
    + environment("hub", ["/usr/bin/python3", "-I", "-c", HUB_SERVER], kind="jupyterhub", default_url="/")
    + environment("marimo", MARIMO, ready_path="health", default_url="/")
)


@pytest.fixture(scope="module")
def carrel():
    with DockerPlatform(ENVIRONMENTS, "[hub]\nstart_timeout_seconds = 120\n") as platform:
        yield platform


@pytest.fixture(scope="module")
def impatient():
    """A platform that gives servers up soon."""
    with DockerPlatform(ENVIRONMENTS, "[hub]\nstart_timeout_seconds = 5\n") as platform:
        yield platform


def failure_of(course, person):
    person.start_server(course.slug)
    last = {}
    for last in person.progress(course.slug):
        if last.get("failed") or last.get("ready"):
            break
    assert last.get("failed"), last
    return last["message"]


def test_a_program_that_knows_only_ports_is_reached_in_its_container(carrel, name):
    course = Course(carrel, name, environment="page")
    ada = course.admit_with_server("ada")
    answer = ada.server(name).request("GET", "some/page?x=1")
    assert answer.text == f"asked for /c/{name}/user/ada/some/page?x=1"
    container = carrel.container_of("ada")
    assert not container["HostConfig"]["PortBindings"], "nothing is published"
    assert carrel.anonymous().request("GET", f"/c/{name}/user/ada/").status_code == 403, "the proxy lets nobody in"


def test_a_program_that_lives_at_the_top_is_asked_without_its_path(carrel, name):
    course = Course(carrel, name, environment="top")
    tom = course.admit_with_server("tom")
    assert tom.server(name).request("GET", "some/page?x=1").text == "asked for /some/page?x=1"
    assert tom.server(name).request("GET", "").text == "asked for /"


def test_a_courses_data_are_there_and_cannot_be_changed(carrel, name):
    (SHARED / "data.csv").write_text("1,2,3")
    (SHARED / "data.csv").chmod(0o666)
    course = Course(carrel, name, environment="data")
    course.admit_with_server("dan")
    assert carrel.inside("dan", f"cat {SHARED}/data.csv") == (0, "1,2,3")
    assert "Read-only" in carrel.inside("dan", f"echo 4 > {SHARED}/data.csv")[1]
    assert (SHARED / "data.csv").read_text() == "1,2,3"


def test_a_server_in_a_container_asks_the_hub(carrel, name):
    course = Course(carrel, name, environment="hub")
    eve = course.admit("eve")
    eve.start_and_wait(name)
    assert eve.request("GET", f"/c/{name}/user/eve/").text == "the hub knows eve"


def test_marimo_runs_in_a_container(carrel, name):
    course = Course(carrel, name, environment="page")
    course.admit_with_server("mia")
    if carrel.inside("mia", "test -d /opt/marimo")[0] != 0:
        pytest.skip("PyPI could not be reached when the image was made")
    course = Course(carrel, "marimo", environment="marimo")
    noa = course.admit("noa")
    noa.start_and_wait("marimo")
    page = noa.server("marimo").request("GET", "")
    assert page.status_code == 200 and "marimo" in page.text


def test_a_container_that_never_listens_is_explained(impatient, name):
    course = Course(impatient, name, environment="silent")
    assert "did not answer in time" in failure_of(course, course.admit("bob"))
    assert not impatient.containers_of(name)


def test_a_container_that_listens_on_the_wrong_port_is_explained(impatient, name):
    course = Course(impatient, name, environment="elsewhere")
    assert "did not answer in time" in failure_of(course, course.admit("cyd"))
    assert not impatient.containers_of(name)


def test_a_command_without_any_place_to_listen_is_explained(impatient, name):
    course = Course(impatient, name, environment="nowhere")
    assert "does not say where its program listens" in failure_of(course, course.admit("dee"))
    assert not impatient.containers_of(name)
