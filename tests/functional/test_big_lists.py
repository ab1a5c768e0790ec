"""What lists of thousands of people leave behind in the program that makes them."""

import contextlib
import sqlite3
import time
import uuid

import requests
from conftest import platform
from support.carrel_process import QUICK
from support.course import Course
from support.resident import resident

PEOPLE = 12_000
MIB = 1024 * 1024
LONG_LISTS = """
[hub]
api_page_max_limit = 100000
"""


def crowd(store, slug):
    """People who take part in the course, as if each had applied."""
    (course,) = store.execute("select id from courses where slug = ?", (slug,)).fetchone()
    now, ids = int(time.time() * 1000), [str(uuid.uuid4()) for _ in range(PEOPLE)]
    store.executemany(
        "insert into users (id, name, display_name, email, password_hash, administrator, leader, disabled, language, created_at) "
        "values (?, ?, '', '', '', 0, 0, 0, '', ?)", [(each, f"crowd-{number}", now) for number, each in enumerate(ids)])
    store.executemany("insert into applications (course_id, user_id, state, applied_at, decided_at) values (?, ?, 'accepted', ?, ?)",
                      [(course, each, now, now) for each in ids])


def test_what_one_list_needed_serves_the_next():
    with platform(QUICK + LONG_LISTS) as carrel:
        course = Course(carrel, "crowded", environment="probe")
        token = course.gov.with_token(scopes=["self", "servers"]).http.headers["Authorization"].split()[1]
        carrel.stop()
        with contextlib.closing(sqlite3.connect(carrel.data / "carrel.sqlite")) as store, store:
            crowd(store, "crowded")
        carrel.start()
        pid = carrel.children()["control"]

        def lists(count):
            """Makes so many, and tells what the control process has in memory then."""
            for _ in range(count):
                answer = requests.get(f"{carrel.url}/c/crowded/hub/api/users", headers={"Authorization": f"token {token}"}, timeout=60)
                assert len(answer.json()) > PEOPLE
            return resident(pid)

        first = lists(1)
        # A thread that kept its own would keep five megabytes; there are more than a dozen.
        assert lists(60) - first < 30 * MIB
