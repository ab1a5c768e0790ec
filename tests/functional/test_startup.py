"""What stands in the way of a start is said in one sentence, and the exit status tells too."""

import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import tempfile

import pytest
from conftest import platform
from support.carrel_process import PROGRAM, CarrelProcess, clean_environment
from support.course import Course

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else")


def serve(data, *arguments, port=0, program=PROGRAM, becoming=()):
    """Runs a `carrel serve` that is expected to end by itself. `becoming` is a command that changes the user."""
    return subprocess.run(
        [*becoming, str(program), "serve", "--data", str(data), "--port", str(port), *arguments],
        capture_output=True, text=True, timeout=60, env=clean_environment(), cwd="/",
    )


def assert_one_sentence(ended, *words):
    """One line on standard error that says these words, and exit status 1."""
    text = ended.stdout + ended.stderr
    assert ended.returncode == 1, text
    (sentence,) = [line for line in ended.stderr.splitlines() if line.startswith("carrel: ")]
    for word in words:
        assert word in sentence, text
    for sign in ("terminate called", "what():", "Traceback", "core dumped", "#0 "):
        assert sign not in text
    return sentence


@pytest.fixture
def folder():
    """A folder that every user may enter."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="carrel-start-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def other_user_s_program(folder):
    """A Carrel that somebody else can run, though the checkout's folder is closed to them."""
    copy = folder / "carrel"
    shutil.copy(PROGRAM, copy)
    copy.chmod(0o755)
    return copy


def serve_as_nobody(program, data):
    return serve(data, program=program, becoming=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"))


def test_a_second_carrel_on_the_same_data_folder_says_so(carrel):
    assert_one_sentence(serve(carrel.data), "another Carrel", str(carrel.data))
    assert carrel.is_ready()
    # Also when it is reached by another name.
    link = carrel.folder / "link"
    link.symlink_to(carrel.data)
    assert_one_sentence(serve(link), "another Carrel")
    assert carrel.is_ready()


def test_a_busy_port_is_named(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_one_sentence(serve(folder / "data", port=port), str(port), "in use", "--port")


def test_an_address_of_another_machine_is_named(folder):
    assert_one_sentence(serve(folder / "data", "--ip", "192.0.2.1", port=8123), "192.0.2.1")
    assert_one_sentence(serve(folder / "data", "--ip", "no-address", port=8123), "no-address")


@as_root
def test_a_data_folder_that_cannot_be_written_is_named(folder, other_user_s_program):
    data = folder / "data"
    data.mkdir(mode=0o755)
    assert_one_sentence(serve_as_nobody(other_user_s_program, data), str(data))
    own = folder / "own"
    own.mkdir()
    os.chown(own, 65534, 65534)
    own.chmod(0o555)
    assert_one_sentence(serve_as_nobody(other_user_s_program, own), str(own), "written")


@as_root
def test_a_data_folder_that_cannot_be_made_is_named(folder, other_user_s_program):
    closed = folder / "closed"
    closed.mkdir(mode=0o755)
    assert_one_sentence(serve_as_nobody(other_user_s_program, closed / "data"), str(closed / "data"))


def test_a_file_in_the_place_of_the_data_folder_is_named(folder):
    (folder / "data").write_text("x")
    assert_one_sentence(serve(folder / "data"), str(folder / "data"))


def test_a_full_disk_is_named():
    full = pathlib.Path(tempfile.mkdtemp(prefix="carrel-full-"))
    mounted = os.getuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs", str(full)], capture_output=True
    ).returncode == 0
    if not mounted:
        full.rmdir()
        pytest.skip("no small file system can be mounted here")
    try:
        with pytest.raises(OSError), (full / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        ended = serve(full)
        assert_one_sentence(ended, "space")
    finally:
        subprocess.run(["umount", str(full)], check=True)
        full.rmdir()


def test_a_database_from_a_newer_version_is_left_alone(folder):
    with platform(folder=folder) as carrel:
        carrel.stop()
        database = carrel.data / "carrel.sqlite"
        with sqlite3.connect(database) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            (versions,) = [table for table in tables if "migration" in table or "version" in table]
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({versions})")]
            number = next(column for column in columns if "version" in column or column in ("number", "id"))
            connection.execute(f"UPDATE {versions} SET {number} = {number} + 1000 WHERE {number} = (SELECT MAX({number}) FROM {versions})")
        connection.close()
        before = content(database)
        ended = carrel.run("user", "add", "late", "--role", "leader", "--password-stdin", input="a long enough password\n")
        assert_one_sentence(ended, "newer")
        text = serve(carrel.data)
        assert text.returncode == 1 and "newer" in text.stdout + text.stderr
        assert content(database) == before


def content(database):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return list(connection.iterdump())


def test_a_file_that_is_no_database_is_left_alone(folder):
    data = folder / "data"
    data.mkdir()
    (data / "carrel.sqlite").write_bytes(b"this is no database\n" * 100)
    ended = serve(data)
    assert ended.returncode == 1 and "carrel.sqlite" in ended.stdout + ended.stderr
    assert (data / "carrel.sqlite").read_bytes() == b"this is no database\n" * 100


def test_a_missing_notebook_command_fails_the_start_with_its_reason():
    config = """
[dispatcher]
tick_seconds = 1
[environments.missing]
command = ["/usr/bin/no-such-notebook", "{socket}"]
[environments.broken]
command = ["/usr/bin/python3", "-c", "print('the last words'); import no_such_module"]
"""
    with CarrelProcess(config=config, environment=None) as carrel:
        carrel.add_user("gov", "administrator")
        carrel.add_user("lea", "leader")
        for environment, reason in (("missing", "no-such-notebook"), ("broken", "no_such_module")):
            course = Course(carrel, f"start-{environment}", environment=environment)
            person = course.admit(f"start-{environment}")
            answer = person.start_server(course.slug)
            assert answer.status_code in (202, 503), answer.text
            last = list(person.progress(course.slug))[-1]
            assert last["failed"] and reason in last["message"], last
            assert "\n" not in last["message"]
            assert reason in last["log_tail"]
            assert course.server_state(person.username) == "failed"
            assert carrel.is_ready()
