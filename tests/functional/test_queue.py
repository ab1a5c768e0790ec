"""Many people start at once; servers that nobody uses are stopped."""

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.portal import Background

pytestmark = pytest.mark.notebook


@pytest.fixture(scope="module")
def narrow():
    """A platform that starts one server at a time."""
    with platform(QUICK + "[hub]\nconcurrent_starts = 1\n") as process:
        yield process


@pytest.fixture(scope="module")
def restless():
    """A platform that stops a server after three idle seconds."""
    with platform(QUICK + "[hub]\nidle_timeout_seconds = 3\n") as process:
        yield process


def start_and_watch(person, slug):
    """Starts a server and returns everything that its progress said."""
    answer = person.start_server(slug)
    assert answer.status_code in (201, 202), answer.text
    return list(person.progress(slug))


def test_who_starts_at_once_waits_in_a_visible_line(narrow, name):
    course = Course(narrow, name)
    people = [course.admit(f"queue-{number}") for number in range(4)]
    stories = [one.result(120) for one in [Background(start_and_watch, person, course.slug) for person in people]]
    places = []
    for person, story in zip(people, stories):
        assert story[-1].get("ready") and story[-1]["url"] == person.server_path(course.slug) + "/"
        assert not any(event.get("failed") for event in story)
        own = [event["queue_position"] for event in story if "queue_position" in event]
        # Nobody is overtaken.
        assert own == sorted(own, reverse=True)
        places.append(max(own, default=0))
        assert person.server(course.slug).is_ready()
    assert len([place for place in places if place]) >= 2, places
    assert len(course.events("server_started")) == 4 and not course.events("server_failed")


def test_who_gives_up_in_line_lets_the_others_pass(narrow, name):
    course = Course(narrow, name)
    people = [course.admit(f"leaving-{number}") for number in range(4)]
    for person in people[:3]:
        Background(person.start_server, course.slug)
    wait_until(lambda: "queued" in [course.server_state(person.username) for person in people[:3]], 30, "somebody in line")
    waiting = next(person for person in people if course.server_state(person.username) == "queued")
    waiting.stop_server(course.slug)
    last = list(people[3].progress(course.slug)) if people[3].start_server(course.slug).status_code == 202 else None
    assert last is None or last[-1].get("ready"), last
    wait_until(lambda: course.server_state(waiting.username) in ("stopped", "running"), 60, "the one who gave up being out of line")


def test_a_server_that_nobody_uses_is_stopped_and_says_why(restless, name):
    course = Course(restless, name)
    person = course.admit("idle-one")
    server = person.running_server(course.slug)
    wait_until(lambda: course.server_state(person.username) == "stopped", 60, "the idle server being stopped")
    (event,) = course.events("server_culled")
    assert event["subject"] == person.username and event["message"]
    assert server.request("GET", "api/status").status_code != 200
    assert person.running_server(course.slug).is_ready()


def test_who_edits_files_without_a_kernel_keeps_the_server_and_who_only_looks_does_not(restless, name):
    course = Course(restless, name)
    writer, reader = course.admit("idle-writer"), course.admit("idle-reader")
    written, looked_at = writer.running_server(course.slug), reader.running_server(course.slug)

    def edit_and_look():
        written.put_notebook("diary.ipynb", ["1 + 1"])
        for asked in ("api/contents?content=1", "api/kernels", "api/sessions", "api/status"):
            looked_at.request("GET", asked)
        return course.server_state(reader.username) == "stopped"

    # The one is stopped while the other, started earlier, goes on: the editing alone makes the difference.
    wait_until(edit_and_look, 60, "the server that is only looked at being stopped")
    assert course.server_state(writer.username) == "running"
    assert [event["subject"] for event in course.events("server_culled")] == [reader.username]


def test_a_busy_kernel_keeps_its_server_and_an_idle_tab_does_not(restless, name):
    course = Course(restless, name)
    busy, watching = course.admit("idle-busy"), course.admit("idle-watching")
    busy_server = busy.running_server(course.slug)
    working = busy_server.start_kernel()
    request = working.start("import pathlib, time\nwhile not pathlib.Path('enough').exists(): time.sleep(0.1)")
    tab = watching.running_server(course.slug).start_kernel()
    tab.run("print(1)")
    assert tab.connection.connected

    # That the idle one is stopped shows that the culler has passed over the busy one.
    wait_until(lambda: course.server_state(watching.username) == "stopped", 60, "the watched server being stopped")
    started = [event["id"] for event in course.events("server_culled")]
    assert len(started) == 1
    watching.running_server(course.slug)
    wait_until(lambda: len(course.events("server_culled")) == 2, 60, "it being stopped once more")
    assert course.server_state(busy.username) == "running"

    busy_server.request("PUT", "api/contents/enough", json={"type": "file", "format": "text", "content": ""})
    working.finish(request)
    working.close()
    wait_until(lambda: course.server_state(busy.username) == "stopped", 60, "the server that has finished being stopped")
