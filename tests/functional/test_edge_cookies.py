"""Edge cookies: what opens one route of the proxy to one person, and nothing else."""

import base64
import hmac
import json
import time

import pytest
from support.course import edge_cookie
from support.jupyter import NotebookServer


@pytest.fixture(scope="module")
def ada(probe_course):
    return probe_course.admit_with_server("edge-ada")


@pytest.fixture(scope="module")
def eve(probe_course):
    return probe_course.admit_with_server("edge-eve")


def test_an_edge_cookie_is_good_for_its_own_route_alone(carrel, ada, eve, probe_course):
    slug = probe_course.slug
    good = edge_cookie(ada, slug)
    other = carrel.url + eve.server_path(slug)
    assert NotebookServer(carrel.url + ada.server_path(slug), cookies={"carrel_edge": good}).is_ready()
    assert NotebookServer(other, cookies={"carrel_edge": good}).request("GET", "echo").status_code == 403
    bearer = {"Authorization": f"Bearer {good}"}
    assert NotebookServer(other, headers=bearer).request("GET", "echo").status_code == 403


def test_a_tampered_edge_cookie_is_refused(carrel, ada, probe_course):
    url = carrel.url + ada.server_path(probe_course.slug)
    good = edge_cookie(ada, probe_course.slug)
    first, second = good.split(".")
    flipped = "A" if first[10] != "A" else "B"
    wrong = [
        "",
        ".",
        first,
        first + ".",
        "." + second,
        first[:10] + flipped + first[11:] + "." + second,
        first + "." + second[:-4] + "AAAA",
        first + "." + second + "." + second,
        "A" * 10_000,
        second + "." + first,
    ]
    for value in wrong:
        for carried in ({"cookies": {"carrel_edge": value}}, {"headers": {"Authorization": f"Bearer {value}"}}):
            answer = NotebookServer(url, **carried).request("GET", "echo")
            assert answer.status_code == 403, f"{value[:80]}: {answer.status_code}"


def signed(carrel, **fields):
    """An edge cookie made with the platform's own key: what only Carrel should be able to make."""
    text = (carrel.data / "secrets" / "edge-key").read_text().strip()
    key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    first = encoded(json.dumps(fields).encode())
    return first + "." + encoded(hmac.digest(key, first.encode(), "sha256"))


def encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_an_edge_cookie_ends_at_its_time_and_names_one_route(carrel, ada, eve, probe_course):
    path = ada.server_path(probe_course.slug)
    now = int(time.time())
    good = {"r": path, "u": "edge-ada", "s": "some-login", "i": now * 1000, "e": now + 60}

    def status(**changes):
        fields = {key: value for key, value in {**good, **changes}.items() if value is not None}
        cookies = {"carrel_edge": signed(carrel, **fields)}
        return NotebookServer(carrel.url + path, cookies=cookies).request("GET", "echo").status_code

    assert status() == 200  # So the others are refused for what they say, not for how they are made.
    wrong = [
        {"e": now - 1},
        {"e": None},
        {"e": "never"},
        {"e": 1e300},
        {"r": eve.server_path(probe_course.slug)},
        {"r": path + "/"},
        {"r": "/"},
        {"r": path[:-1]},
        {"r": None},
        {"u": None},
        {"extra": 1},
    ]
    for changes in wrong:
        assert status(**changes) == 403, changes
