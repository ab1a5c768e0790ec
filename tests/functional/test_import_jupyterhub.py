"""`carrel import-jupyterhub` with databases that real JupyterHubs have made: Debian's 3.0 and the newest from PyPI."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest
from conftest import platform
from support.carrel_process import PROGRAM, TOP, clean_environment
from support.course import Course
from support.jupyterhub_server import CURRENT, current_environment
from support.portal import Refused

MAKE = TOP / "tests" / "support" / "make_jupyterhub_database.py"
DEBIAN = pathlib.Path("/usr/lib/python3/dist-packages/jupyterhub")


def debian_python():
    return "/usr/bin/python3" if DEBIAN.exists() else None


def current_python():
    return str(CURRENT / "bin" / "python") if current_environment() else None


RELEASES = {"3": debian_python, "6": current_python}
NAMES = ["ada", "bob", "Cy", "d.e@example.org", "bj\u00f6rn", "cy2", "root"]


@pytest.fixture(scope="module", params=RELEASES)
def release(request):
    return request.param


@pytest.fixture(scope="module")
def database(release, tmp_path_factory):
    python = RELEASES[release]()
    if not python:
        pytest.skip(f"JupyterHub {release} cannot be had here")
    folder = tmp_path_factory.mktemp("hub" + release)
    (folder / "names.json").write_text(json.dumps(NAMES))
    made = subprocess.run([python, str(MAKE), "names.json"], cwd=folder, capture_output=True, text=True, timeout=120, env=clean_environment())
    assert made.returncode == 0, made.stderr
    return folder / "jupyterhub.sqlite"


@pytest.fixture(scope="module")
def carrel(database):
    """A platform for each release: the people in both databases are the same."""
    with platform() as process:
        yield process


def fingerprint(file):
    return hashlib.sha256(file.read_bytes()).hexdigest(), sorted(each.name for each in file.parent.iterdir())


@pytest.fixture
def course(carrel, name):
    return Course(carrel, name.rstrip("-0123456789"), environment="probe", expected_participants=9)


def bring(carrel, database, course, *more):
    return carrel.run("import-jupyterhub", str(database), "--course", course.slug, *more)


def participants(course):
    page = course.lea.get(f"/api/v1/courses/{course.slug}/participants?limit=200")
    return {each["username"]: each["state"] for each in page["items"]}


def test_a_dry_run_says_what_would_happen_and_writes_nothing(carrel, database, course, release):
    before = fingerprint(database)
    said = bring(carrel, database, course)
    assert said.returncode == 0, said.stderr
    text = said.stdout
    assert text.startswith(f"A database of JupyterHub {release}: ")
    assert "Nothing was written" in text and "1 group" in text and "2 roles" in text
    for line in ("ada", "bob", "cy "):
        assert line in text
    assert any(line.split() == ["class", "new", "ada,", "bob"] for line in text.splitlines()), text
    for left_out in ("d.e@example.org", "bj\u00f6rn", "root"):
        line = next(line for line in text.splitlines() if line.startswith(left_out))
        assert "left out: " in line
    assert "running server" in text and "token" in text
    assert participants(course) == {}
    assert fingerprint(database) == before


def test_people_become_participants_who_can_log_in_and_start_a_server(carrel, database, course, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("d.e@example.org,dora\nbj\u00f6rn,bjorn\n")
    passwords = tmp_path / "passwords.csv"
    done = bring(carrel, database, course, "--apply", "--names", str(names), "--passwords-to", str(passwords))
    assert done.returncode == 0, done.stderr
    everybody = {name: "accepted" for name in ("ada", "bob", "cy", "cy2", "dora", "bjorn")}
    assert participants(course) == everybody
    assert passwords.stat().st_mode & 0o777 == 0o600
    given = dict(line.split(",") for line in passwords.read_text().splitlines())
    assert set(given) == set(everybody)
    for name in ("ada", "bjorn"):
        person = carrel.log_in(name, given[name])
        assert person.get("/api/v1/me")["roles"] == []
        person.running_server(course.slug)
    before = fingerprint(database), len(carrel.log_in("gov").get("/api/v1/users?limit=200")["items"])
    again = bring(carrel, database, course, "--apply", "--names", str(names))
    assert again.returncode == 0 and again.stdout.count("in the course already") == len(everybody), again.stdout
    assert (fingerprint(database), len(carrel.log_in("gov").get("/api/v1/users?limit=200")["items"])) == before
    # A file of passwords is never written over.
    refused = bring(carrel, database, course, "--apply", "--passwords-to", str(passwords))
    assert refused.returncode == 1 and "File exists" in refused.stderr


def test_an_account_without_a_password_waits_for_an_administrator(database):
    with platform() as carrel:
        course = Course(carrel, "waits", environment="probe", expected_participants=9)
        assert bring(carrel, database, course, "--apply", "--admins", "leaders").returncode == 0
        for guess in (" ", "ada", "x" * 10):
            with pytest.raises(Refused):
                carrel.log_in("ada", guess)
        carrel.log_in("gov").request("PATCH", "/api/v1/users/ada", json={"password": "a fresh new password"})
        ada = carrel.log_in("ada", "a fresh new password")
        assert "ada" in ada.get(f"/api/v1/courses/{course.slug}")["leaders"]
        assert ada.get("/api/v1/me")["roles"] == []
        assert "cy" in participants(course) and "ada" not in participants(course)
        bob = next(user for user in carrel.log_in("gov").get("/api/v1/users?limit=200")["items"] if user["username"] == "bob")
        assert bob["last_login_at"].startswith("2026-01-02T03:04:05"), bob


@pytest.mark.parametrize("content", [b"", b"not a database at all\n" * 300, None], ids=["empty", "text", "missing"])
def test_what_is_no_hubs_database_is_refused_in_a_sentence(tmp_path, content):
    file = tmp_path / "jupyterhub.sqlite"
    if content is not None:
        file.write_bytes(content)
    command = [str(PROGRAM), "import-jupyterhub", str(file), "--course", "x", "--data", str(tmp_path / "data")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment())
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1 and str(file) in ended.stderr


def test_a_damaged_database_is_refused(carrel, database, tmp_path, course):
    file = tmp_path / "jupyterhub.sqlite"
    file.write_bytes(database.read_bytes()[: os.path.getsize(database) // 2])
    ended = bring(carrel, file, course, "--apply")
    assert ended.returncode == 1 and "damaged" in ended.stderr
    assert participants(course) == {}


def test_an_unknown_course_is_refused(carrel, database):
    ended = carrel.run("import-jupyterhub", str(database), "--course", "no-such-course")
    assert ended.returncode == 1 and "there is no course 'no-such-course'" in ended.stderr
