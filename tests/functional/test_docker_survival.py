"""Containers, when Carrel's control process or the Docker Engine dies in the middle of something."""

import pytest
from support.carrel_process import wait_until
from support.course import Course
from support.docker_engine import PROBE, DockerPlatform, environment, needs_engine

pytestmark = needs_engine

ENVIRONMENTS = (
    environment("probe", ["/usr/bin/python3", "-I", "-c", PROBE, "{socket}", "{base_url}"])
    + environment("late", ["/bin/sh", "-c", "while [ ! -e ~/go ]; do sleep 0.1; done; exec python3 -I -c \"$0\" \"$@\"", PROBE, "{socket}", "{base_url}"])
    + environment("stubborn", ["/bin/sh", "-c", "trap '' TERM; python3 -I -c \"$0\" \"$@\"", PROBE, "{socket}", "{base_url}"])
)
SETTINGS = "[hub]\nstart_timeout_seconds = 300\nstop_timeout_seconds = 20\n"


@pytest.fixture
def carrel():
    with DockerPlatform(ENVIRONMENTS, SETTINGS) as platform:
        yield platform
        for container in platform.containers():
            platform.engine.call("DELETE", f"/containers/{container['Id']}?force=1&v=1")


def restart_control(carrel):
    carrel.wait_for_control(other_than=carrel.kill_control(), timeout=60)


def test_a_killed_control_knows_running_containers_again(carrel, name):
    course = Course(carrel, name, environment="probe")
    ada = course.admit_with_server("ada")
    before = carrel.container_of("ada")["Id"]
    restart_control(carrel)
    assert course.server_state("ada") == "running"
    assert ada.server(name).is_ready()
    assert carrel.container_of("ada")["Id"] == before
    ada.stop_server(name)
    wait_until(lambda: not carrel.containers(), 60, "the container being removed")


def test_a_control_killed_in_a_start_leaves_one_container_and_a_server(carrel, name):
    course = Course(carrel, name, environment="late")
    ada = course.admit("ada")
    ada.start_server(name)
    wait_until(carrel.containers, 60, "the container being there")
    first = carrel.container_of("ada")["Id"]
    restart_control(carrel)
    wait_until(lambda: [one["Id"] for one in carrel.containers()] not in ([], [first]), 60, "the start being begun anew")
    home = carrel.data / "homes" / name / "ada"
    (home / "go").write_text("")
    wait_until(lambda: course.server_state("ada") == "running", 120, "the server running")
    assert len(carrel.containers()) == 1
    ada.stop_server(name)
    wait_until(lambda: not carrel.containers(), 60, "the container being removed")


def test_a_control_killed_in_a_stop_finishes_it(carrel, name):
    course = Course(carrel, name, environment="stubborn")
    ada = course.admit_with_server("ada")
    ada.stop_server(name)
    wait_until(lambda: course.server_state("ada") in ("stopping", "stopped"), 60, "the server stopping")
    restart_control(carrel)
    wait_until(lambda: not carrel.containers(), 120, "the container being removed")
    wait_until(lambda: course.server_state("ada") == "stopped", 60, "the server being stopped")


def test_a_container_that_nobody_knows_is_swept(carrel, name):
    course = Course(carrel, name, environment="probe")
    course.admit_with_server("ada")
    ours = carrel.container_of("ada")
    leaked = carrel.engine.ok(
        "POST", "/containers/create", {"Image": ours["Image"], "Cmd": ["/bin/sleep", "3600"], "Labels": {"carrel.instance": carrel.label.partition("=")[2]}}
    )["Id"]
    carrel.engine.ok("POST", f"/containers/{leaked}/start")
    wait_until(lambda: [one["Id"] for one in carrel.containers()] == [ours["Id"]], 120, "the leaked container being removed")
    assert course.server_state("ada") == "running"


def test_an_engine_that_hangs_loses_no_server(carrel, name):
    course = Course(carrel, name, environment="probe")
    ada = course.admit_with_server("ada")
    with carrel.engine.held():
        wait_until(lambda: "engine_away" in carrel.log(), 120, "the log saying that the engine is away")
        assert course.server_state("ada") == "running"
        assert ada.server(name).is_ready(), "who works goes on working"
    wait_until(lambda: "engine_back" in carrel.log(), 120, "the log saying that the engine is back")
    assert course.server_state("ada") == "running"
    ada.stop_server(name)
    wait_until(lambda: not carrel.containers(), 60, "the container being removed")


def test_an_engine_that_is_killed_takes_servers_along_and_nothing_else(carrel, name):
    course = Course(carrel, name, environment="probe")
    ada = course.admit_with_server("ada")
    assert carrel.inside("ada", "echo kept > ~/kept")[0] == 0
    first = carrel.container_of("ada")["Id"]
    words = carrel.engine.kill()
    wait_until(lambda: "engine_away" in carrel.log(), 120, "the log saying that the engine is away")
    assert course.server_state("ada") == "running", "nobody is given up while nobody knows"
    carrel.engine.start(words)
    # An engine that comes back ends what it finds.
    wait_until(lambda: course.server_state("ada") != "running", 120, "the end of the server being noticed")
    ada.start_and_wait(name)
    wait_until(lambda: len(carrel.containers()) == 1, 120, "the former container being removed")
    assert carrel.container_of("ada")["Id"] != first
    assert carrel.inside("ada", "cat ~/kept") == (0, "kept\n")
    ada.stop_server(name)
    wait_until(lambda: not carrel.containers(), 60, "the container being removed")
