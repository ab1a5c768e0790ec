"""Fixtures of the proxy's TLS tests. They run against build/release/carrel; see tests/support."""

import pathlib
import ssl
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support.authority import Authority  # noqa: E402
from support.carrel_process import PROGRAM  # noqa: E402
from support.proxy_process import ProxyProcess  # noqa: E402
from support.recording_backend import RecordingBackend  # noqa: E402


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run `make build` first", returncode=3)


@pytest.fixture
def authority():
    with Authority() as authority:
        yield authority


@pytest.fixture
def backend():
    with RecordingBackend() as backend:
        yield backend


@pytest.fixture
def trusting(authority):
    """A client's context that trusts the authority."""
    return ssl.create_default_context(cafile=str(authority.certificate))


@pytest.fixture
def tls_proxy(authority, backend):
    """A proxy that speaks TLS for localhost, and its root route leads to `backend`."""
    certificate, key = authority.issue("localhost")
    with ProxyProcess("--ssl-cert", str(certificate), "--ssl-key", str(key), "--keep-alive-timeout", "120000") as proxy:
        proxy.add_route("/", backend.url)
        yield proxy


@pytest.fixture
def figure(record_property, request):
    """Notes a figure in the results and on the terminal (with -rP)."""

    def note(name, value):
        record_property(name, value)
        print(f"{request.node.name}: {name} = {value}")

    return note
