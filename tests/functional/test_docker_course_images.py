"""A course whose leader has named an image, on a real engine. No registry is to be had here: an image with such a name
is made from the tests' own."""

import pytest
from support.carrel_process import wait_until
from support.course import Course
from support.docker_engine import IMAGE, PROBE, DockerPlatform, environment, needs_engine

pytestmark = needs_engine

OWN = "registry.example.org:5000/courses/probe:v1"
MISSING = "127.0.0.1:1/courses/none:v1"
COMMAND = ["/usr/bin/python3", "-I", "-c", PROBE, "{socket}", "{base_url}"]
ALLOWED = ["registry.example.org:5000/courses/*", "127.0.0.1:1/courses/*"]


@pytest.fixture(scope="module")
def carrel():
    with DockerPlatform(environment("probe", COMMAND, allowed_images=ALLOWED), "[hub]\nstart_timeout_seconds = 120\n") as platform:
        engine = platform.engine
        made = engine.ok("POST", "/containers/create", {"Image": IMAGE, "Cmd": ["true"]})["Id"]
        config = {"User": "root", "Env": ["WHOSE=the course's"], "Volumes": {"/scratch": {}}, "Labels": {"carrel.user": "root", "carrel.instance": "none"}}
        repository, tag = OWN.rsplit(":", 1)
        engine.ok("POST", f"/commit?container={made}&repo={repository}&tag={tag}", config)
        engine.ok("DELETE", f"/containers/{made}?force=1&v=1")
        yield platform
        engine.call("DELETE", f"/images/{OWN}")


def test_the_courses_image_runs_with_what_the_environment_gives(carrel, name):
    own = Course(carrel, name, environment="probe", image=OWN)
    usual = Course(carrel, name + "-usual", environment="probe")
    own.admit_with_server("ada")
    usual.admit_with_server("bob")
    assert carrel.inside("ada", "echo $WHOSE")[1] == "the course's\n"
    assert carrel.inside("bob", "echo $WHOSE")[1] == "\n"

    mine, theirs = carrel.container_of("ada"), carrel.container_of("bob")
    assert mine["Image"] != theirs["Image"]
    for limit in ("CapDrop", "CapAdd", "SecurityOpt", "Privileged", "ReadonlyRootfs", "Memory", "MemorySwap", "NanoCpus", "PidsLimit", "Ulimits", "IpcMode", "PidMode", "Binds", "Init"):
        assert mine["HostConfig"][limit] == theirs["HostConfig"][limit], limit
    assert mine["Config"]["User"] not in ("", "root", "0:0"), "whatever the image says"
    assert carrel.inside("ada", "id -u")[1].strip() == mine["Config"]["User"].split(":")[0]
    kinds = [sorted((one["Type"], one.get("Driver", "")) for one in each["Mounts"]) for each in (mine, theirs)]
    assert kinds[0] == kinds[1], "no volume of the image's own"
    assert "tmpfs" in carrel.inside("ada", "grep ' /scratch ' /proc/mounts")[1]
    assert carrel.inside("ada", "touch /scratch/x && ! touch /etc/x 2>/dev/null")[0] == 0


def test_it_is_known_again_after_a_restart_whatever_is_configured_then(carrel, name):
    course = Course(carrel, name, environment="probe", image=OWN)
    dee = course.admit_with_server("dee")
    before = carrel.container_of("dee")["Id"]
    carrel.wait_for_control(other_than=carrel.kill_control(), timeout=60)
    assert carrel.container_of("dee")["Id"] == before

    kept = carrel.config.read_text()
    carrel.config.write_text(kept.replace("registry.example.org:5000/courses", "registry.example.org:5000/approved"))
    try:
        carrel.wait_for_control(other_than=carrel.kill_control(), timeout=60)
        assert course.server_state("dee") == "running", "what runs goes on"
        assert carrel.container_of("dee")["Id"] == before
        dee.stop_server(name)
        wait_until(lambda: not carrel.containers_of(name), 60, "the container being removed")
        refused = dee.start_server(name)
        assert refused.status_code == 409 and "not allowed any more" in refused.text
        assert not carrel.containers_of(name)
    finally:
        carrel.config.write_text(kept)
        carrel.wait_for_control(other_than=carrel.kill_control(), timeout=60)


def test_an_image_that_cannot_be_had_is_named_in_one_sentence(carrel, name):
    course = Course(carrel, name, environment="probe", image=MISSING)
    eve = course.admit("eve")
    eve.start_server(name)
    last = list(eve.progress(name))[-1]
    assert last["failed"] and MISSING in last["message"] and "\n" not in last["message"]
    assert not carrel.containers_of(name)
