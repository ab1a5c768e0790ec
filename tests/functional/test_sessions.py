"""Sessions as their owner sees them: where they were begun, and how ending one closes what it opened."""

import uuid

import pytest
from support.carrel_process import wait_until
from test_access import wait_for_close, websocket_to


@pytest.fixture
def ada(probe_course):
    """A participant whose server runs."""
    return probe_course.admit_with_server(f"sessions-{uuid.uuid4().hex[:8]}")


def log_in_again(carrel, person, browser):
    """The same person with another browser."""
    other = carrel.anonymous()
    other.http.headers["User-Agent"] = browser
    other.log_in(person.username, carrel.passwords[person.username])
    return other


def others(person):
    return [session for session in person.items("/api/v1/sessions") if not session["current"]]


def test_a_session_is_listed_and_its_end_closes_a_notebook_of_that_browser_alone(carrel, ada, probe_course):
    lent = log_in_again(carrel, ada, "Library/1.0")
    kept, cut = ada.server(probe_course.slug), lent.server(probe_course.slug)
    there = websocket_to(cut)
    try:
        (session,) = others(ada)
        assert session["user_agent"] == "Library/1.0" and session["address"] == "127.0.0.1"
        ada.delete(f"/api/v1/sessions/{session['id']}")
        wait_for_close(there)
        assert cut.request("GET", "echo").status_code == 403
        assert lent.request("GET", "/api/v1/me").status_code == 401
        assert kept.request("GET", "echo").status_code == 200
    finally:
        there.close()
    assert others(ada) == []


def test_all_others_end_at_once(carrel, ada, probe_course):
    lent = [log_in_again(carrel, ada, f"Library/{number}") for number in range(3)]
    servers = [one.server(probe_course.slug) for one in lent]
    ada.delete("/api/v1/sessions")
    assert [one.request("GET", "/api/v1/me").status_code for one in lent] == [401] * 3
    for server in servers:
        wait_until(lambda server=server: server.request("GET", "echo").status_code == 403, what="the revocation")
    assert ada.get("/api/v1/me")["username"] == ada.username and others(ada) == []


def test_nobody_ends_another_s_session(carrel, ada, probe_course):
    eve = probe_course.applicant(f"eve-{uuid.uuid4().hex[:8]}")
    (session,) = ada.items("/api/v1/sessions")
    assert eve.request("DELETE", f"/api/v1/sessions/{session['id']}").status_code == 404
    assert ada.get("/api/v1/me")["username"] == ada.username
