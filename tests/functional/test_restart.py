"""Processes are killed, the machine's user presses Ctrl-C, Carrel comes back: nothing that counts is lost."""

import os
import pathlib
import signal

import pytest
import requests
import websocket
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.jupyter import decode
from support.portal import Background

SLOW_CELL = """
import pathlib, time
while not pathlib.Path("go").exists():
    time.sleep(0.05)
print("finished in", id(marker))
"""


@pytest.fixture(scope="module")
def mine():
    """A platform that this module's tests share, and kill."""
    config = QUICK + "[hub]\nconcurrent_starts = 2\nstop_timeout_seconds = 5\n"
    with platform(config) as process:
        yield process


@pytest.fixture
def course(mine, name):
    return Course(mine, name)


def processes_of(slug):
    """The processes that run servers of a course."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"/c/{slug}/".encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass  # It has just ended.
    return found


def restart_control(carrel):
    carrel.wait_for_control(other_than=carrel.kill_control())


@pytest.mark.notebook
def test_a_cell_a_kernel_and_a_websocket_outlive_the_control_process(mine, course):
    person = course.admit("restart-cell")
    server = person.running_server(course.slug)
    kernel = server.start_kernel()
    kernel.run("marker = object()")
    identity = kernel.run("print(id(marker))").strip()
    running = kernel.start(SLOW_CELL)
    restart_control(mine)
    server.request("PUT", "api/contents/go", json={"type": "file", "format": "text", "content": ""}).raise_for_status()
    assert kernel.finish(running) == f"finished in {identity}\n"
    assert kernel.run("print(id(marker))").strip() == identity
    assert course.server_state(person.username) == "running"
    # What was known before is known again, and can be stopped.
    assert person.stop_server(course.slug).status_code in (202, 204)
    wait_until(lambda: course.server_state(person.username) == "stopped", 30, "the server being stopped")
    wait_until(lambda: not processes_of(course.slug), 30, "its processes being gone")


@pytest.mark.notebook
def test_a_start_that_control_did_not_finish_is_finished_by_the_next(mine, course):
    person = course.admit("restart-starting")
    start = Background(person.start_server, course.slug)
    wait_until(lambda: course.server_state(person.username) in ("queued", "starting"), 30, "the start")
    pid = mine.kill_control()
    with pytest.raises((requests.RequestException, AssertionError)):
        assert start.result().status_code == 201
    mine.wait_for_control(other_than=pid)
    wait_until(lambda: course.server_state(person.username) == "running", 60, "the server running")
    assert len(person.server(course.slug).get("api/kernels")) == 0
    assert len([pid for pid in processes_of(course.slug) if is_notebook_server(pid)]) == 1


def is_notebook_server(pid):
    """Whether a process is the server itself and not one of the sandbox around it."""
    program = pathlib.Path(f"/proc/{pid}/exe")
    try:
        return "python" in program.resolve().name
    except OSError:
        return False


@pytest.mark.notebook
def test_a_line_of_waiting_starts_outlives_the_control_process(mine, course):
    people = [course.admit(f"restart-line-{number}") for number in range(4)]
    starts = [Background(person.start_server, course.slug) for person in people]
    wait_until(
        lambda: "queued" in [course.server_state(person.username) for person in people], 30, "somebody waiting in line"
    )
    pid = mine.kill_control()
    for start in starts:
        start.join()
    mine.wait_for_control(other_than=pid)
    for person in people:
        if course.server_state(person.username) is None:  # The request had not been taken yet.
            person.start_server(course.slug)
        wait_until(lambda person=person: course.server_state(person.username) == "running", 60, "the server running")
        assert person.server(course.slug).is_ready()


def test_a_stop_that_control_did_not_finish_is_finished_by_the_next(mine, name):
    course = Course(mine, name, environment="probe")
    person = course.admit("restart-stopping")
    person.running_server(course.slug)
    # Frozen, so that it does not end before the control process is killed.
    frozen = [pid for pid in processes_of(course.slug) if is_notebook_server(pid)]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    stop = Background(person.stop_server, course.slug)
    wait_until(lambda: course.server_state(person.username) == "stopping", 30, "the stop")
    pid = mine.kill_control()
    stop.join()
    mine.wait_for_control(other_than=pid)
    wait_until(lambda: course.server_state(person.username) == "stopped", 60, "the server being stopped")
    wait_until(lambda: not processes_of(course.slug), 30, "its processes being gone")


def test_a_degrade_that_control_did_not_finish_is_finished_by_the_next(mine, name):
    course = Course(mine, name, environment="probe")
    person = course.admit("restart-degrading")
    person.running_server(course.slug)
    home = mine.data / "homes" / course.slug / person.username
    for number in range(300):
        (home / f"file-{number}").write_bytes(os.urandom(20_000))
    course.lea.post(f"{course.path}/degrade")
    for state in ("degrading", "degrading"):
        wait_until(lambda state=state: course.state() in (state, "degraded"), 30, f"the course being {state}")
        restart_control(mine)
    course.wait_for("degraded")
    assert not home.exists()
    takeout = person.request("GET", f"/api/v1/courses/{course.slug}/takeout")
    assert takeout.status_code == 200 and len(takeout.content) > 300 * 20_000
    assert len(course.events("degraded")) == 1


@pytest.mark.notebook
def test_routes_and_revocations_come_back_with_a_new_proxy(mine, course):
    person = course.admit("restart-proxy")
    server = person.running_server(course.slug)
    kernel_id = server.start_kernel().id
    other = mine.log_in(person.username)
    revoked = other.server(course.slug)
    assert revoked.is_ready()
    other.delete("/api/v1/session")
    wait_until(lambda: not revoked.is_ready(), 30, "the revocation")

    before = mine.children()["proxy"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: mine.children().get("proxy") not in (None, before), 30, "a new proxy")
    wait_until(mine.is_ready, 30, "the platform being ready")
    server.url = mine.url + person.server_path(course.slug)
    revoked.url = server.url
    person.url = mine.url
    wait_until(server.is_ready, 30, "the route being back")
    assert revoked.request("GET", "api/status").status_code == 403
    assert [kernel["id"] for kernel in server.get("api/kernels")] == [kernel_id]
    assert server.connect(kernel_id).run("print(1 + 1)") == "2\n"


@pytest.mark.notebook
def test_ctrl_c_leaves_no_process_and_the_next_start_finds_everything():
    with platform() as carrel:
        course = Course(carrel, "again")
        person = course.admit("again-ada")
        server = person.running_server(course.slug)
        server.start_kernel().run("open('kept.txt', 'w').write('still here')")
        supervisor = carrel.process.pid
        assert processes_of(course.slug)
        assert carrel.stop() == 0
        assert processes_of(course.slug) == []
        assert not pathlib.Path(f"/proc/{supervisor}").exists()

        carrel.start()
        assert carrel.log_in("gov").get("/api/v1/overview")["users"] == 3
        again = carrel.log_in(person.username)
        assert again.course(course.slug)["state"] == "deployed"
        # The login of before is still good.
        person.url = carrel.url
        assert person.get("/api/v1/me")["username"] == person.username
        assert again.running_server(course.slug).get("api/contents/kept.txt")["content"] == "still here"


@pytest.mark.parametrize("child", ["control", "proxy"])
def test_a_child_that_is_killed_before_everything_is_up_is_started_again(child):
    carrel = platform()
    try:
        start = Background(carrel.start)
        wait_until(lambda: carrel.process and child in carrel.children(), 30, f"the {child} process")
        killed = carrel.children()[child]
        os.kill(killed, signal.SIGSTOP)  # So that not everything can be up before it is killed.
        assert "Carrel is ready" not in carrel.log()
        os.kill(killed, signal.SIGKILL)
        start.result()
        assert carrel.children()[child] != killed
        assert carrel.stop() == 0
    finally:
        carrel.__exit__()


NEVER_READY = """
[environments.never-ready]
command = ["/usr/bin/python3", "-I", "-c", "import time; time.sleep(1000)", "{socket}", "{base_url}"]
"""


def test_a_start_that_nobody_wants_any_more_is_given_up():
    with platform(config=QUICK + NEVER_READY) as carrel:
        course = Course(carrel, "given-up", environment="never-ready")
        person = course.admit("given-up-ada")
        start = Background(person.start_server, course.slug)
        (pid,) = wait_until(lambda: [one for one in processes_of(course.slug) if is_notebook_server(one)], 30, "its process")
        groups = cgroups_of(pid)
        # The answer comes when nothing of it is left, long before the start's own time is over.
        assert person.stop_server(course.slug).status_code == 204
        assert processes_of(course.slug) == [] and [group for group in groups if group.exists()] == []
        assert course.server_state(person.username) == "stopped"
        refused = start.result(60)
        assert refused.status_code == 503 and "Stopped before it was ready" in refused.text
        assert [one["actor"] for one in course.events("server_stopped")] == [person.username] and not course.events("server_failed")
        # The next start begins anew.
        again = Background(person.start_server, course.slug)
        wait_until(lambda: processes_of(course.slug), 30, "another process")
        assert person.stop_server(course.slug).status_code == 204
        again.result(60)


def test_ctrl_c_while_a_server_starts_leaves_nothing_of_it():
    with platform(config=QUICK + NEVER_READY) as carrel:
        course = Course(carrel, "ctrl-c", environment="never-ready")
        person = course.admit("ctrl-c-ada")
        start = Background(person.start_server, course.slug)
        (pid,) = wait_until(lambda: [one for one in processes_of(course.slug) if is_notebook_server(one)], 30, "its process")
        groups = cgroups_of(pid)
        assert course.server_state(person.username) == "starting"
        assert carrel.stop() == 0
        start.join()
        assert processes_of(course.slug) == []
        assert [group for group in groups if group.exists()] == []
        mounts = pathlib.Path("/proc/self/mountinfo").read_text()
        assert str(carrel.folder) not in mounts and str(carrel.runtime) not in mounts
        assert list((carrel.runtime / "servers").iterdir()) == []


def test_ctrl_c_while_control_starts_again_leaves_no_server(name):
    with platform() as carrel:
        course = Course(carrel, name, environment="probe")
        course.admit("ctrl-c-bob").running_server(course.slug)
        pid = carrel.kill_control()
        wait_until(lambda: carrel.children().get("control") not in (None, pid), 30, "the next one starting")
        assert processes_of(course.slug)
        assert carrel.stop() == 0
        assert processes_of(course.slug) == []


def cgroups_of(pid):
    """The folders of the control groups that Carrel made for a process, in either version."""
    lines = [line.split(":", 2) for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    folders = [pathlib.Path("/sys/fs/cgroup", controllers, path.lstrip("/")) for _, controllers, path in lines]
    return [folder for folder in folders if "carrel" in folder.parts and folder.is_dir()]


def test_a_killed_supervisor_takes_its_children_along_and_servers_are_found_again():
    with platform() as carrel:
        course = Course(carrel, "orphans", environment="probe")
        person = course.admit("orphans-ada")
        server = person.running_server(course.slug)
        children = carrel.children()
        carrel.process.kill()
        carrel.process.wait()
        for pid in children.values():
            wait_until(lambda pid=pid: not pathlib.Path(f"/proc/{pid}").exists(), 60, "a child being gone")
        assert processes_of(course.slug)

        carrel.start()
        server.url = carrel.url + person.server_path(course.slug)
        wait_until(server.is_ready, 30, "the route being back")
        course.lea.url = person.url = carrel.url
        assert course.server_state(person.username) == "running"
        assert len(course.events("server_started")) == 1
        assert carrel.stop() == 0
        assert processes_of(course.slug) == []


@pytest.mark.notebook
def test_a_kernel_that_takes_too_much_memory_disturbs_nobody_else(mine, name):
    course = Course(mine, name, resources={"cpu": 1, "memory_gib": 0.5, "storage_gib": 1})
    greedy, other = course.admit("memory-greedy"), course.admit("memory-other")
    calm = other.running_server(course.slug).start_kernel()
    calm.run("kept = 42")
    server = greedy.running_server(course.slug)
    kernel = server.start_kernel()
    outcome = eat(kernel)
    assert outcome != "survived"
    assert calm.run("print(kept)") == "42\n"
    assert other.server(course.slug).is_ready()
    # Either the kernel alone was ended, or the whole server, which then says why.
    if course.server_state(greedy.username) == "running" and server.is_ready():
        assert server.start_kernel().run("print(1)") == "1\n"
    else:
        wait_until(lambda: course.server_state(greedy.username) == "failed", 30, "the server having failed")
        assert any("memory" in event["message"] for event in course.events("server_failed"))
        assert greedy.running_server(course.slug).is_ready()


def eat(kernel):
    """Lets a kernel take 2 GiB; returns what came of it."""
    request = kernel.start("food = b'x' * (2 * 1024 ** 3); print(len(food))")
    try:
        while True:
            message = decode(*kernel.connection.recv_data())
            content = message["content"] if message else {}
            # Jupyter says so when the kernel has died and it starts another.
            if content.get("execution_state") in ("restarting", "autorestarting", "dead"):
                return "the kernel ended"
            if message and message["header"]["msg_type"] == "execute_reply" and message["parent_header"]["msg_id"] == request:
                return "survived" if content["status"] == "ok" else content["ename"]
    except (ConnectionError, websocket.WebSocketException) as problem:
        return f"{type(problem).__name__}: {problem}"
