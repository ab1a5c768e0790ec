"""Servers that run as containers of a real Docker Engine."""

import pytest
from support.carrel_process import wait_until
from support.course import Course
from support.docker_engine import JUPYTER, PROBE, DockerPlatform, environment, needs_engine

pytestmark = needs_engine

ENVIRONMENTS = (
    environment("lab", JUPYTER)
    + environment("probe", ["/usr/bin/python3", "-I", "-c", PROBE, "{socket}", "{base_url}"])
    + environment("broken", ["/bin/sh", "-c", "echo the data set is missing; exit 3", "{socket}"])
    + environment("nowhere", ["{socket}"], image="127.0.0.1:1/no/such-image:v1")
    + environment("mistyped", ["/usr/bin/no-such-program", "{socket}"])
)


@pytest.fixture(scope="module")
def carrel():
    with DockerPlatform(ENVIRONMENTS, "[hub]\nstart_timeout_seconds = 120\n") as platform:
        yield platform


def failure_of(course, person):
    """How the start of this person's server ends, in the words that they see."""
    person.start_server(course.slug)
    last = {}
    for last in person.progress(course.slug):
        if last.get("failed") or last.get("ready"):
            break
    assert last.get("failed"), last
    return last


def test_a_cell_runs_in_a_container_and_the_home_survives(carrel, name):
    course = Course(carrel, name, environment="lab")
    ada = course.admit("ada")
    kernel = ada.running_server(name).start_kernel()
    assert kernel.run("print(6 * 7)") == "42\n"
    assert kernel.run("import os; print(os.path.exists('/.dockerenv'))") == "True\n"
    kernel.run("open('result.txt', 'w').write('forty-two')")
    kernel.close()
    first = carrel.container_of("ada")["Id"]

    ada.stop_server(name)
    wait_until(lambda: not carrel.containers_of(name), 60, "the container being removed")
    assert (carrel.data / "homes" / name / "ada" / "result.txt").read_text() == "forty-two"
    assert [volume["Name"] for volume in carrel.engine.volumes(carrel.label)], "the volume is kept"

    kernel = ada.running_server(name).start_kernel()
    assert kernel.run("print(open('result.txt').read())") == "forty-two\n"
    kernel.close()
    assert carrel.container_of("ada")["Id"] != first
    course.end()
    assert not carrel.containers_of(name)
    exports = {one["username"]: one for one in course.lea.items(f"{course.path}/exports")}
    assert exports["ada"]["verified_at"]
    wait_until(lambda: not carrel.engine.volumes(carrel.label), 60, "the volume of a deleted home being removed")


def test_a_container_that_exits_at_once_is_explained(carrel, name):
    course = Course(carrel, name, environment="broken")
    failure = failure_of(course, course.admit("bob"))
    assert "exit code 3" in failure["message"]
    assert "the data set is missing" in str(failure)
    assert not carrel.containers_of(name)


def test_a_program_that_is_not_in_the_image_is_explained(carrel, name):
    course = Course(carrel, name, environment="mistyped")
    assert "/usr/bin/no-such-program failed: No such file" in failure_of(course, course.admit("cyd"))["message"]
    assert not carrel.containers_of(name)


def test_an_image_that_is_nowhere_is_explained(carrel, name):
    course = Course(carrel, name, environment="nowhere")
    assert "127.0.0.1:1/no/such-image:v1" in failure_of(course, course.admit("dee"))["message"]
    assert not carrel.containers_of(name)


def test_a_course_folder_is_filled_by_its_leader_and_shared_by_all(carrel, name):
    course = Course(carrel, name, environment="lab", shared_folder=True)
    ada, ben = course.admit(f"{name}-ada"), course.admit(f"{name}-ben")
    lea, ada, ben = (person.running_server(name).start_kernel() for person in (course.lea, ada, ben))
    lea.run("open('materials/task', 'w').write('week 1')")
    assert ada.run("print(open('materials/task').read())") == "week 1\n"
    assert "Read-only file system" in ada.run("try: open('materials/task', 'a')\nexcept OSError as error: print(error)")
    ada.run("import os; os.umask(0o077); open('shared/list', 'w').write('ada')")
    ben.run("with open('shared/list', 'a') as file: file.write(', ben')")
    assert ada.run("print(open('shared/list').read())") == "ada, ben\n"
    for kernel in (lea, ada, ben):
        kernel.close()
    course.end()
    assert course.lea.course(name)["folder_export"]["files"] == 2
    assert not (carrel.data / "homes" / name).exists()
