"""Fixtures of the functional tests. They run against build/release/carrel; see tests/support."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support.carrel_process import ENVIRONMENT, PROGRAM, CarrelProcess, wait_until  # noqa: E402


def pytest_sessionstart(session):
    for path, maker in ((PROGRAM, "make build"), (ENVIRONMENT, "scripts/notebook-environment")):
        if not path.exists():
            pytest.exit(f"{path} is missing: run `{maker}` first", returncode=3)


@pytest.fixture(scope="session")
def carrel():
    """A platform that all tests share; each makes courses and people of its own."""
    with CarrelProcess() as process:
        process.add_user("gov", "administrator")
        process.add_user("lea", "leader")
        yield process


@pytest.fixture
def own_carrel():
    """A platform for one test alone, for what would disturb others."""
    with CarrelProcess() as process:
        process.add_user("gov", "administrator")
        process.add_user("lea", "leader")
        yield process


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


@pytest.fixture
def deployed(gov, lea, name):
    """The slug of a course that is accepted and deployed."""
    lea.request_course(name)
    gov.post(f"/api/v1/courses/{name}/accept")
    wait_until(lambda: lea.course(name)["state"] == "deployed", 60, f"course {name} being deployed")
    return name


@pytest.fixture
def participant(carrel, lea, deployed):
    """Someone who takes part in the course `deployed`."""
    code = lea.invitation(deployed)
    person = carrel.anonymous()
    person.sign_up(code, f"p-{deployed}"[:60])
    person.apply(code)
    lea.decide(deployed, person.username, "accept")
    return person


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the last lines of the platform's log."""
    report = (yield).get_result()
    if report.failed:
        for process in {value for value in getattr(item, "funcargs", {}).values() if isinstance(value, CarrelProcess)}:
            report.sections.append(("carrel's log", process.log()[-6000:]))
