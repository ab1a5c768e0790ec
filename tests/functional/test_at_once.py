"""The same thing from several connections at the same moment: it happens once, and everybody is told the truth."""

import threading

import pytest
from support.course import Course, far_ahead
from support.portal import Background, Refused

TIMES = 6


def at_once(functions):
    """Calls all functions at the same moment; returns their results in order."""
    line = threading.Barrier(len(functions))

    def run(function):
        line.wait()
        return function()

    return [one.result(120) for one in [Background(run, function) for function in functions]]


def outcome(function):
    """200 when a call succeeds, else the status of its refusal."""
    try:
        function()
        return 200
    except Refused as refused:
        return refused.status


@pytest.fixture(scope="module")
def place(carrel):
    return Course(carrel, "at-once", environment="probe")


def test_one_of_many_gets_a_slug(carrel, name):
    people = [carrel.log_in("lea") for _ in range(TIMES)]
    results = at_once([lambda person=person: outcome(lambda: person.request_course(name, **far_ahead())) for person in people])
    assert sorted(results) == [200] + [409] * (TIMES - 1)


def test_one_of_many_gets_a_user_name(carrel, place):
    code = place.lea.invitation(place.slug)
    people = [carrel.anonymous() for _ in range(TIMES)]
    results = at_once([lambda person=person: outcome(lambda: person.sign_up(code, "at-once-same")) for person in people])
    assert sorted(results) == [200] + [409] * (TIMES - 1)
    winner = people[results.index(200)]
    assert winner.get("/api/v1/me")["username"] == "at-once-same"


def test_who_applies_from_many_windows_has_applied_once(carrel, place):
    code = place.lea.invitation(place.slug)
    carrel.anonymous().sign_up(code, "at-once-eager")
    windows = [carrel.log_in("at-once-eager", "a long enough password") for _ in range(TIMES)]
    results = at_once([lambda window=window: outcome(lambda: window.apply(code)) for window in windows])
    assert sorted(results) == [200] + [409] * (TIMES - 1)
    names = [one["username"] for one in place.lea.items(f"{place.path}/participants")]
    assert names.count("at-once-eager") == 1


def test_accepting_and_rejecting_at_once_leaves_one_answer(carrel, place):
    place.applicant("at-once-torn")
    leaders = [carrel.log_in("lea") for _ in range(TIMES)]
    at_once(
        [
            lambda leader=leader, way=way: outcome(lambda: leader.decide(place.slug, "at-once-torn", way))
            for leader, way in zip(leaders, ["accept", "reject"] * (TIMES // 2))
        ]
    )
    (one,) = [one for one in place.lea.items(f"{place.path}/participants") if one["username"] == "at-once-torn"]
    decided = [event["kind"] for event in place.events() if event["subject"] == "at-once-torn"]
    assert decided[-1] == {"accepted": "application_accepted", "rejected": "application_rejected"}[one["state"]]


def test_a_server_started_from_many_windows_runs_once(carrel, place):
    place.admit("at-once-starter")
    windows = [carrel.log_in("at-once-starter") for _ in range(TIMES)]
    answers = at_once([lambda window=window: window.start_server(place.slug).status_code for window in windows])
    assert set(answers) <= {201, 202, 400} and answers.count(201) + answers.count(202) >= 1, answers
    if 201 not in answers:
        assert list(windows[0].progress(place.slug))[-1].get("ready")
    assert len([event for event in place.events("server_started") if event["subject"] == "at-once-starter"]) == 1
    assert windows[0].server(place.slug).is_ready()


def test_a_server_stopped_from_many_windows_stops_once_and_can_be_started(carrel, place):
    place.admit("at-once-stopper").running_server(place.slug)
    windows = [carrel.log_in("at-once-stopper") for _ in range(TIMES)]
    answers = at_once([lambda window=window: window.stop_server(place.slug).status_code for window in windows])
    assert set(answers) <= {202, 204}, answers
    assert len([event for event in place.events("server_stopped") if event["subject"] == "at-once-stopper"]) == 1
    assert windows[0].running_server(place.slug).is_ready()


def test_an_administrator_who_ends_a_course_from_many_windows_ends_it_once(carrel, name):
    course = Course(carrel, name, environment="probe")
    course.admit("at-once-last").running_server(name)
    windows = [carrel.log_in("lea") for _ in range(TIMES)]
    results = at_once([lambda window=window: outcome(lambda: window.post(f"{course.path}/degrade")) for window in windows])
    assert 200 in results and set(results) <= {200, 409}
    course.wait_for("degraded")
    assert [event["kind"] for event in course.events()].count("degraded") == 1
    assert len(course.events("home_exported")) == len(list(course.lea.items(f"{course.path}/exports")))


def test_nobody_starts_a_server_while_the_course_ends(carrel, name):
    course = Course(carrel, name, environment="probe")
    people = [course.admit(f"at-once-late-{number}") for number in range(3)]

    def end():
        return course.lea.request("POST", f"{course.path}/degrade", json={}).status_code

    results = at_once([end] + [lambda person=person: person.start_server(name).status_code for person in people])
    assert results[0] == 200
    assert set(results[1:]) <= {201, 202, 403, 409, 503}, results
    course.wait_for("degraded")
    for person in people:
        assert course.server_state(person.username) in (None, "stopped", "failed")
        assert person.start_server(name).status_code in (403, 409)
    assert list((carrel.data / "homes").glob(f"{name}/*")) == []
