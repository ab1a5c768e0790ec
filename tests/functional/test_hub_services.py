"""Services beside a course's hub: the unmodified `jupyterhub-idle-culler`, one that logs its visitors in by JupyterHub's own
`HubOAuthenticated`, and one that somebody else runs."""

import json
import os
import pathlib
import signal
import subprocess

import pytest
import requests
from conftest import platform
from support.carrel_process import PROGRAM, QUICK, TOP, wait_until
from support.course import Course
from support.jupyterhub_server import CURRENT, Browser, current_environment

WHOAMI = TOP / "tests" / "support" / "whoami_service.py"
TOKEN = "an external service's token, long enough"


def services(folder):
    token = folder / "wiki-token"
    token.write_text(TOKEN + "\n")
    python = json.dumps(str(CURRENT / "bin" / "python"))
    return f"""
[[roles]]
name = "user"
scopes = ["self", "access:services!service=whoami"]
[[roles]]
name = "culler"
scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
services = ["cull"]
[[services]]
name = "cull"
courses = ["culled"]
command = [{python}, "-m", "jupyterhub_idle_culler", "--timeout=3", "--cull-every=1"]
[[services]]
name = "whoami"
url = "http://127.0.0.1:{{port}}"
command = [{python}, {json.dumps(str(WHOAMI))}]
environment = {{ A_WORD = "of the operator" }}
[[services]]
name = "wiki"
roles = ["culler"]
api_token_file = {json.dumps(str(token))}
"""


@pytest.fixture(scope="module", params=["", "served"], ids=["below its slug", "at the root"])
def hubs(tmp_path_factory, request):
    if current_environment() is None:
        pytest.skip("JupyterHub's packages cannot be had here")
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in CURRENT.parents):
        pytest.skip("a service runs as a user of its own, who cannot get to this checkout")
    with platform(config=QUICK + services(tmp_path_factory.mktemp("services")), root_course=request.param) as process:
        yield process


@pytest.fixture(scope="module")
def course(hubs):
    course = Course(hubs, "served", environment="probe")
    course.ada = course.admit("served-ada")
    return course


def log_of(hubs, course, service):
    path = hubs.data / "logs" / "services" / f"{course}.{service}.log"
    return path.read_text(errors="replace") if path.exists() else ""


def service_model(course, name):
    return course.gov.get(f"{course.base}hub/api/services/{name}")


def test_an_idle_server_is_culled_by_the_unmodified_culler(hubs):
    course = Course(hubs, "culled", environment="probe")
    ada = course.admit_with_server("culled-ada")
    wait_until(lambda: course.server_state("culled-ada") == "stopped", 60, "the culler stopping the idle server")
    stopped = [one for one in course.events("server_stopped") if one["subject"] == "culled-ada"]
    assert stopped and stopped[-1]["actor"] == "service:cull", stopped
    assert "culled-ada" in log_of(hubs, "culled", "cull")
    assert ada.start_server("culled").status_code in (201, 202)


def test_a_service_knows_its_visitor(hubs, course):
    wait_until(lambda: "whoami begins" in log_of(hubs, "served", "whoami"), what="the service beginning")
    browser = Browser(course.ada)
    page = f"{course.base}services/whoami/"
    asked = wait_until(lambda: (lambda one: one if one.status_code != 503 else None)(browser.follow(page)), what="its pages")
    assert asked.status_code == 200 and "Open whoami?" in asked.text, asked.text[:500]
    address = requests.utils.urlparse(asked.url)
    agreed = browser.step("POST", f"{address.path}?{address.query}",
                          data={"_xsrf": asked.text.split('name="_xsrf" value="')[1].split('"')[0]})
    assert agreed.status_code == 302, agreed.text[:500]
    answer = browser.follow(agreed.headers["Location"])
    assert answer.status_code == 200, answer.text[:500]
    told = answer.json()
    assert told["visitor"]["name"] == "served-ada" and told["visitor"]["kind"] == "user"
    assert told["leads"], "it is in a process group of its own"
    if os.geteuid() == 0:
        assert told["uid"] >= 190_000, "it never runs as root"
    # Somebody who takes no part does not get that far.
    stranger = Course(hubs, "elsewhere", environment="probe").admit("elsewhere-eve")
    assert Browser(stranger).follow(page).status_code == 403


def test_one_that_is_killed_is_started_again(hubs, course):
    first = wait_until(lambda: service_model(course, "whoami")["pid"], what="the service running")
    os.kill(first, signal.SIGKILL)
    second = wait_until(lambda: service_model(course, "whoami")["pid"] not in (0, first) and service_model(course, "whoami")["pid"],
                        60, "the service running again")
    def variables_of_program():
        """Nothing, or the hub's own, until the process has become the service's program."""
        found = pathlib.Path(f"/proc/{second}/environ").read_bytes().split(b"\0")
        return b"A_WORD=of the operator" in found and found

    variables = wait_until(variables_of_program, what="the service's environment")
    assert f"JUPYTERHUB_SERVICE_PREFIX={course.base}services/whoami/".encode() in variables
    assert not [one for one in variables if b"CARREL" in one]


def test_no_second_one_meets_the_first_when_control_is_killed(hubs, course):
    first = wait_until(lambda: service_model(course, "whoami")["pid"], what="the service running")
    before = hubs.kill_control()
    wait_until(lambda: not pathlib.Path(f"/proc/{first}").exists(), what="the service ending with the hub")
    hubs.wait_for_control(other_than=before)
    second = wait_until(lambda: service_model(course, "whoami")["pid"], 60, "the service running again")
    assert second != first and pathlib.Path(f"/proc/{second}").exists()


def test_what_the_configuration_says_wrong_is_said_before_anything_starts(tmp_path):
    config = tmp_path / "carrel.toml"
    for text, sentence in (('[[roles]]\nname = "grader"\nscopes = ["read:everything"]',
                            "the role 'grader': there is no scope 'read:everything'"),
                           ('[[services]]\nname = "w"\nroles = ["emperor"]', "the service 'w': there is no role 'emperor'")):
        config.write_text('[environments.lab]\ncommand = "lab"\n' + text)
        for command in ("check-config", "serve"):
            said = subprocess.run([str(PROGRAM), command, "--config", str(config), "--data", str(tmp_path / "data")],
                                  capture_output=True, text=True, timeout=60)
            assert said.returncode != 0 and sentence in said.stdout + said.stderr, (command, said)


def test_one_that_somebody_else_runs_is_known_by_its_token(hubs, course):
    def ask(path, method="GET"):
        return requests.request(method, f"{hubs.url}{course.base}hub/api{path}", timeout=30,
                                headers={"Authorization": f"token {TOKEN}"})

    me = ask("/user").json()
    assert (me["kind"], me["name"], me["admin"]) == ("service", "wiki", False)
    assert [one["name"] for one in ask("/users").json()] == ["lea", "served-ada"]
    assert ask("/users/served-ada", "DELETE").status_code == 403
    assert TOKEN not in hubs.run("print-config").stdout
    assert TOKEN not in hubs.log()


def test_they_end_with_their_course_and_with_the_hub(hubs, course):
    other = Course(hubs, "ending", environment="probe")
    process = wait_until(lambda: service_model(other, "whoami")["pid"], what="the service running")
    other.end()
    wait_until(lambda: not pathlib.Path(f"/proc/{process}").exists(), what="the service ending with the course")
    last = wait_until(lambda: service_model(course, "whoami")["pid"], what="the service running")
    hubs.stop()
    assert not pathlib.Path(f"/proc/{last}").exists()
    hubs.start()
