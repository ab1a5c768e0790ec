"""Courses move when people say so and after a crash, not at the dispatcher's next tick or a lease's end."""

import os

import pytest
from conftest import platform
from support.carrel_process import wait_until
from support.course import Course, far_ahead

# Longer than any test waits; a lease lasts three ticks.
SELDOM = """
[dispatcher]
tick_seconds = 600
lead_seconds = 60
"""


@pytest.fixture(scope="module")
def seldom():
    with platform(config=SELDOM) as process:
        yield process


def test_what_people_ask_for_is_done_at_once(seldom, name):
    course = Course(seldom, name, deploy=False, environment="probe", **far_ahead())
    course.gov.post(f"{course.path}/deploy")
    course.wait_for("deployed")
    course.end()


def test_an_accepted_course_whose_time_has_come_is_deployed_at_once(seldom, name):
    Course(seldom, name, environment="probe").wait_for("deployed")


def test_work_of_a_killed_control_process_goes_on_at_once(seldom, name):
    course = Course(seldom, name, environment="probe")
    home = seldom.data / "homes" / course.slug / "lea"
    for number in range(300):
        (home / f"file-{number}").write_bytes(os.urandom(20_000))
    course.lea.post(f"{course.path}/degrade")
    wait_until(lambda: course.state() == "degrading", 30, "the course being degrading")
    pid = seldom.kill_control()
    seldom.wait_for_control(other_than=pid)
    course.wait_for("degraded")
    assert not home.exists()
    assert len(course.events("degraded")) == 1
    runs = [event["message"] for event in course.events("degrade_started")]
    assert runs == ["degrading starts", "degrading was interrupted and starts again"]
