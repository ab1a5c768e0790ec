"""Single-user servers that mean no good to their hub: it stays small, answers everybody else, and says what was wrong."""

import json
import os
import pathlib

import pytest
from conftest import platform
from support.carrel_process import QUICK, most_memory_ever
from support.course import Course

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "support" / "hostile_server.py"
MODES = ("endless-answer", "endless-head", "in-a-circle", "crowd")


def environment(mode):
    return f"""
[environments.{mode}]
kind = "jupyterhub"
command = ["/usr/bin/python3", "-I", {json.dumps(str(SCRIPT))}, "{mode}"]
read_only = [{json.dumps(str(SCRIPT.parent))}]
"""


@pytest.fixture(scope="module")
def mean():
    with platform(QUICK + "[hub]\nstart_timeout_seconds = 10\n" + "".join(map(environment, MODES))) as process:
        yield process


def outcome(course, person):
    """How the start of the server ended."""
    answer = person.start_server(course.slug)
    if answer.status_code == 201:
        return {"ready": True}
    assert answer.status_code in (202, 503), answer.text
    *_, last = person.progress(course.slug)
    return last


@pytest.mark.parametrize("mode, why", [
    ("endless-answer", "did not answer in time"),
    ("endless-head", "did not answer in time"),
])
def test_an_answer_without_an_end_is_not_waited_for(mean, mode, why):
    course = Course(mean, mode, environment=mode)
    ada = course.admit(f"ada-{mode}")
    before = most_memory_ever(mean.children()["control"])
    last = outcome(course, ada)
    assert not last.get("ready"), last
    assert why in last["message"], last
    assert most_memory_ever(mean.children()["control"]) - before < 50 * 2**20
    assert mean.is_ready()


def test_a_server_that_leads_in_a_circle_is_followed_nowhere(mean):
    course = Course(mean, "in-a-circle", environment="in-a-circle")
    ada = course.admit("ada-circle")
    # It answers, so it is ready; what it answers is its owner's affair.
    assert outcome(course, ada).get("ready")
    answer = ada.http.get(mean.url + ada.server_path(course.slug) + "/x", allow_redirects=False, timeout=30)
    assert answer.status_code == 302


def test_a_crowd_of_connections_leaves_the_hub_to_the_others(mean):
    course = Course(mean, "crowd", environment="crowd")
    ada, bob = course.admit("ada-crowd"), course.admit("bob-crowd")
    assert outcome(course, ada).get("ready")
    held = int(ada.http.get(mean.url + ada.server_path(course.slug) + "/crowd?900", timeout=120).text)
    assert 0 < held <= 512, held
    assert "too_many_connections" in mean.log()
    # Others start servers, which ask the same hub, and everybody is answered.
    if os.geteuid() == 0:
        assert held <= 64
        assert outcome(course, bob).get("ready")
        assert bob.http.get(mean.url + bob.server_path(course.slug) + "/crowd?1", timeout=60).text == "1"
    assert mean.is_ready()
