"""Fixtures of the functional tests. They run against build/release/carrel; see tests/support."""

import json
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support.carrel_process import ENVIRONMENT, PROGRAM, QUICK, CarrelProcess  # noqa: E402
from support.course import Course  # noqa: E402

PROBE = pathlib.Path(__file__).resolve().parent.parent / "support" / "probe_server.py"

# An environment that tells what reaches a server; see probe_server.py.
PROBE_ENVIRONMENT = f"""
[environments.probe]
command = ["/usr/bin/python3", "-I", {json.dumps(str(PROBE))}, "{{socket}}", "{{base_url}}"]
read_only = [{json.dumps(str(PROBE.parent))}]
"""


# They need a Docker Engine beside them: scripts/docker-tests.
collect_ignore_glob = [] if os.environ.get("CARREL_DOCKER_TESTS") else ["test_docker_*.py"]


def pytest_configure(config):
    config.addinivalue_line("markers", "notebook: needs the notebook environment (scripts/notebook-environment)")


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run `make build` first", returncode=3)


def pytest_collection_modifyitems(items):
    if ENVIRONMENT.exists():
        return
    missing = pytest.mark.skip(reason="there is no notebook environment; scripts/notebook-environment makes it")
    for item in items:
        if item.get_closest_marker("notebook"):
            item.add_marker(missing)


def platform(config=QUICK, **more):
    """A platform with an administrator `gov` and a leader `lea`, not started yet."""
    environment = ENVIRONMENT if ENVIRONMENT.exists() else None
    process = CarrelProcess(config=config + PROBE_ENVIRONMENT, environment=environment, **more)
    try:
        process.add_user("gov", "administrator")
        process.add_user("lea", "leader")
    except BaseException:
        process.__exit__()
        raise
    return process


@pytest.fixture(scope="session")
def carrel():
    """A platform that all tests share; each makes courses and people of its own."""
    with platform() as process:
        yield process


@pytest.fixture(scope="session")
def sandboxed(carrel):
    """For tests of what a sandbox keeps apart; skips them where none can be made."""
    isolation = carrel.log_in("gov").get("/api/v1/overview")["isolation"]
    if isolation["level"] == "none":
        pytest.skip(f"no sandbox can be made here, and Carrel says so: {isolation['notices']}")


@pytest.fixture
def gov(carrel):
    return carrel.log_in("gov")


@pytest.fixture
def lea(carrel):
    return carrel.log_in("lea")


@pytest.fixture
def name(request):
    """A name that no other test uses, fit for a slug and for a user."""
    text = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.removeprefix("test_").lower())
    return text[:50].strip("-")


@pytest.fixture(scope="module")
def probe_course(carrel, request):
    """A deployed course whose servers are probes, shared by a module's tests."""
    return Course(carrel, "probe-" + request.module.__name__.removeprefix("test_").replace("_", "-"), environment="probe")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the last lines of the platform's log."""
    report = (yield).get_result()
    if report.failed:
        for process in {value for value in getattr(item, "funcargs", {}).values() if isinstance(value, CarrelProcess)}:
            report.sections.append(("carrel's log", process.log()[-6000:]))
