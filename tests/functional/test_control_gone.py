"""The control process is gone: everything known keeps working, with its authorization. It is back: the routes are the truth."""

import contextlib
import fcntl
import os
import signal
import time

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.crowd import ECHO, Crowd, Guest
from support.portal import Background
from support.visitors import Line

KILLS = int(os.environ.get("CARREL_KILLS", "5"))
STALE = "/c/gone/user/gone"


@pytest.fixture(scope="module")
def mine():
    with platform(QUICK + ECHO) as process:
        yield process


def routes_of_servers(carrel):
    """The paths that lead to servers, as the proxy has them."""
    status, routes = carrel.ask_proxy("GET", "/api/routes")
    assert status == 200
    return {path for path, route in routes.items() if route.get("carrel") and path != "/.carrel/mark"}


def status_of(guest, fields):
    with Line(guest.address) as line:
        return line.ask(f"{guest.path}/who", fields)[0]


def test_killed_control_processes_cut_no_websocket_and_the_next_sets_the_routes_right(mine, name, record_property):
    guest = Guest(mine, "control-gone")
    other = Guest(mine, guest.course, "control-gone-bob")
    revoked = mine.log_in(guest.person.username)
    revoked_fields = f"Cookie: carrel_edge={revoked.server(guest.course.slug).http.cookies['carrel_edge']}\r\n"
    assert status_of(guest, revoked_fields) == 200
    revoked.delete("/api/v1/session")
    wait_until(lambda: status_of(guest, revoked_fields) == 403, what="the revocation")
    truth = {guest.path, other.path}
    assert routes_of_servers(mine) == truth
    with Crowd(guest, portal=False) as crowd:
        for _ in range(KILLS):
            pid = mine.children()["control"]
            os.kill(pid, signal.SIGSTOP)  # So that it cannot set right at once what now becomes wrong.
            assert mine.ask_proxy("DELETE", f"/api/routes{other.path}")[0] == 204
            assert mine.ask_proxy("POST", f"/api/routes{STALE}", {"target": "http://127.0.0.1:9", "carrel": True})[0] == 201
            crowd.wait_for_traffic()
            # Nobody but those who were let in before, without anybody who could be asked.
            assert status_of(guest, guest.fields) == 200
            assert status_of(guest, revoked_fields) == 403
            assert status_of(guest, "") == 403
            assert status_of(guest, other.fields) == 403
            os.kill(pid, signal.SIGKILL)
            mine.wait_for_control(other_than=pid)
            wait_until(lambda: routes_of_servers(mine) == truth, what="the routes being the truth")
            assert status_of(other, other.fields) == 200
            assert status_of(guest, revoked_fields) == 403
    print(f"{KILLS} kills: {crowd}")
    assert not crowd.faults(), crowd.faults()
    for line in crowd.sockets:
        line.echo()
    assert len(guest.course.events("server_started")) == 2


def test_a_server_that_ends_while_control_is_gone_loses_its_route(mine, name):
    guest = Guest(mine, Course(mine, "ends-meanwhile", environment="echo"))
    pid = mine.children()["control"]
    os.kill(pid, signal.SIGSTOP)
    with Line(guest.address) as line:
        line.send(f"GET {guest.path}/exit HTTP/1.1\r\nHost: test\r\n{guest.fields}\r\n".encode())
        wait_until(lambda: status_of(guest, guest.fields) == 503, what="the server being gone")
    os.kill(pid, signal.SIGKILL)
    mine.wait_for_control(other_than=pid)
    wait_until(lambda: guest.path not in routes_of_servers(mine), what="its route being gone")
    wait_until(lambda: guest.course.server_state(guest.person.username) == "failed", what="the portal saying so")


def is_waited_for(file):
    """Whether somebody waits for a lock on it, by the kernel's table: blocked ones have an arrow."""
    inode = os.fstat(file.fileno()).st_ino
    return any("->" in line and f":{inode} " in line for line in open("/proc/locks"))


@contextlib.contextmanager
def without_control(carrel):
    """Control is killed, and the next one does not get beyond its start: somebody holds its lock."""
    with (carrel.data / "control.lock").open("r+") as lock:
        waiting = Background(fcntl.flock, lock, fcntl.LOCK_EX)
        wait_until(lambda: is_waited_for(lock), what="standing in line for the lock")
        pid = carrel.kill_control()
        waiting.result()
        wait_until(lambda: carrel.children().get("control") not in (None, pid), what="the next one starting")
        yield
    carrel.wait_for_control(other_than=pid)


def test_a_proxy_that_was_killed_refuses_alone_who_was_revoked_and_lets_others_in(mine, name):
    guest = Guest(mine, "proxy-alone")
    others = [Guest(mine, guest.course, f"proxy-alone-{number}") for number in range(4)]
    for other in others:
        with without_control(mine):
            assert status_of(other, other.fields) == 200
            # As control does when a right ends; acknowledged, so that control never says it again.
            revocation = {"route": other.path, "user": other.person.username, "until": int(time.time()) + 3600}
            proxy = mine.children()["proxy"]
            status, _ = mine.ask_proxy("POST", "/api/revocations", revocation)
            os.kill(proxy, signal.SIGKILL)
            assert status == 201
            wait_until(lambda proxy=proxy: mine.children().get("proxy") not in (None, proxy), 30, "a new proxy")
            assert status_of(other, other.fields) == 403
            assert status_of(guest, guest.fields) == 200
            assert status_of(guest, "") == 403
            assert set(mine.ask_proxy("GET", "/api/routes")[1]) == {"/", guest.path, *(each.path for each in others)} | others_routes(mine)
        assert status_of(guest, guest.fields) == 200


def others_routes(carrel):
    """Of servers that other tests of this module left."""
    return {path for path in routes_of_servers(carrel) if "/c/proxy-alone/" not in path}
