"""A new program takes the place of the one that `carrel serve` runs, under load. Nobody notices.

CARREL_UPGRADES says how many upgrades in a row (2 without it).
"""

import contextlib
import os
import pathlib
import shutil
import signal
import tempfile

import pytest
from conftest import platform
from support.carrel_process import PROGRAM, QUICK, wait_until
from support.crowd import ECHO, Crowd, Guest
from support.visitors import Line

UPGRADES = int(os.environ.get("CARREL_UPGRADES", "2"))


class Installed:
    """A program in a folder of its own, which a newer one can replace as a package manager does."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "carrel"
        self.install()

    def install(self, source=PROGRAM):
        """Beside and renamed: the running file must not be written into. Returns what tells it from all others."""
        beside = self.path.with_suffix(".new")
        shutil.copy(source, beside)
        beside.chmod(0o755)
        beside.rename(self.path)
        return identity(self.path)


def identity(path):
    status = os.stat(path)
    return status.st_dev, status.st_ino


def program_of(pid):
    with contextlib.suppress(OSError):
        return identity(f"/proc/{pid}/exe")


@pytest.fixture
def installed():
    with tempfile.TemporaryDirectory(prefix="carrel-") as folder:
        yield Installed(folder)


@pytest.fixture
def mine(installed):
    with platform(QUICK + ECHO, program=installed.path) as process:
        yield process


@contextlib.contextmanager
def slow_answers(guest, count):
    """Answers that have begun when the block does and end after it, whole."""
    lines = [Line(guest.address) for _ in range(count)]
    for number, line in enumerate(lines):
        line.send(f"GET {guest.path}/slow/{number} HTTP/1.1\r\nHost: test\r\n{guest.fields}\r\n".encode())
        line.read_until(b"\r\n\r\n")
    yield
    with Line(guest.address) as line:
        guest.ask(line, "/release")
    for number, line in enumerate(lines):
        expected = f"{guest.path}/slow/{number}|".encode()
        assert line.read(len(expected)) == expected
        guest.ask(line, "/after")  # on the same connection
        line.close()


def test_upgrades_of_the_platform_under_load_drop_nobody(mine, installed, name):
    guest = Guest(mine, "upgrade")
    servers = guest.course.events("server_started")
    with Crowd(guest, sockets=200) as crowd, slow_answers(guest, 5):
        for round_ in range(UPGRADES):
            crowd.wait_for_traffic()
            before, new = mine.children(), installed.install()
            if round_ % 2:
                done = mine.run("upgrade", timeout=150)
                assert done.returncode == 0 and done.stdout.startswith("Upgraded: "), done
            else:
                mine.process.send_signal(signal.SIGUSR2)
            wait_until(
                lambda new=new: {name for name, pid in mine.children().items() if program_of(pid) == new} == {"proxy", "control"},
                60,
                "both processes being of the new program",
            )
            mine.wait_for_control(other_than=before["control"])
            # A process that has handed over is still a child until its last answer has ended.
            assert before["control"] not in mine.children().values()
        crowd.wait_for_traffic()
    print(f"{UPGRADES} upgrades: {crowd}")
    assert not crowd.faults(), crowd.faults()
    for line in crowd.sockets:
        line.echo()
    # The very servers of before, known to the new control process.
    assert guest.course.server_state(guest.person.username) == "running"
    assert guest.course.events("server_started") == servers
    assert guest.person.stop_server(guest.course.slug).status_code in (202, 204)
    wait_until(lambda: guest.course.server_state(guest.person.username) == "stopped", 30, "the server being stopped")


def test_the_judge_notices_processes_that_are_only_restarted(mine, name):
    """The control of the test above: killed and started again is no upgrade."""
    guest = Guest(mine, "no-upgrade")
    with Crowd(guest) as crowd:
        crowd.wait_for_traffic()
        for pid in mine.children().values():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(crowd.faults()) == 4, 60, "every kind of visitor having noticed")


def test_a_program_that_does_not_work_changes_nothing(mine, installed, name, tmp_path):
    guest = Guest(mine, "broken")
    line, kept = guest.web_socket("/ws"), Line(guest.address)
    before = mine.children()
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    installed.install(broken)
    done = mine.run_program(PROGRAM, "upgrade", timeout=150)
    assert done.returncode == 1 and "proxy" in done.stderr and "the former one goes on" in done.stderr, done
    assert mine.children() == before
    line.echo()
    guest.ask(kept, "/still")

    # The proxy works, control does not: the former program's control comes back.
    half = tmp_path / "half"
    half.write_text(f'#!/bin/sh\n[ "$1" = control ] && exit 3\nexec {PROGRAM} "$@"\n')
    installed.install(half)
    done = mine.run_program(PROGRAM, "upgrade", timeout=150)
    assert done.returncode == 1 and "control" in done.stderr and "the former one goes on" in done.stderr, done
    mine.wait_for_control(other_than=before["control"])
    line.echo()
    guest.ask(kept, "/still")
    assert mine.children()["proxy"] != before["proxy"]
    assert guest.course.server_state(guest.person.username) == "running"


def test_upgrade_says_when_there_is_nothing_to_upgrade(tmp_path):
    with platform() as carrel:
        carrel.stop()
        done = carrel.run("upgrade")
        assert done.returncode == 1 and "no `carrel serve` runs on the data folder" in done.stderr, done
        # A lock file that names somebody else's process is no reason to send it a signal.
        (carrel.data / "lock").write_text(f"{os.getpid()}\n")
        done = carrel.run("upgrade")
        assert done.returncode == 1 and "no `carrel serve` runs" in done.stderr, done
