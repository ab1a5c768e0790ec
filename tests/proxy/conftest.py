"""Fixtures of the hostile tests of the proxy. They run against build/release/carrel; see tests/support.

CARREL_LONG=1 makes the long ones as long as they are meant to be every night.
"""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support.carrel_process import PROGRAM  # noqa: E402
from support.proxy_process import ProxyProcess  # noqa: E402
from support.recording_backend import RecordingBackend  # noqa: E402

LONG = os.environ.get("CARREL_LONG") == "1"


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run `make build` first", returncode=3)


@pytest.fixture(scope="session")
def long():
    """True when the long form of a test is wanted."""
    return LONG


@pytest.fixture
def backend():
    with RecordingBackend() as backend:
        yield backend


@pytest.fixture
def proxy(backend):
    """A proxy whose root route leads to `backend`."""
    with ProxyProcess() as proxy:
        proxy.add_route("/", backend.url)
        yield proxy


@pytest.fixture
def figure(record_property, request):
    """Notes a figure in the results and on the terminal (with -rP)."""

    def note(name, value):
        record_property(name, value)
        print(f"{request.node.name}: {name} = {value}")

    return note


@pytest.fixture(scope="module")
def backend_of_module():
    with RecordingBackend() as backend:
        yield backend


@pytest.fixture(scope="module")
def proxy_of_module(backend_of_module):
    with ProxyProcess() as proxy:
        proxy.add_route("/", backend_of_module.url)
        yield proxy
