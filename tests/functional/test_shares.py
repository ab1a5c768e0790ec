"""Letting somebody into a server: by name or by a link, of both kinds, and its end within two seconds."""

import uuid

import pytest
import requests
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.jupyterhub_server import Browser, current_environment
from support.portal import Refused

SHARING = QUICK + "[hub]\nsharing = true\n"


@pytest.fixture(scope="module")
def hubs():
    with platform(config=SHARING + (current_environment() or "")) as process:
        yield process


@pytest.fixture
def course(hubs):
    """ada, whose server "gpu" runs, and bob."""
    course = Course(hubs, f"share-{uuid.uuid4().hex[:8]}", environment="probe")
    course.ada, course.bob = course.admit("ada-" + course.slug), course.admit("bob-" + course.slug)
    course.ada.start_and_wait(course.slug, "gpu")
    return course


def api(course, path):
    return f"/c/{course.slug}/hub/api{path}"


def let_in(course, person, server="gpu"):
    return course.ada.post(api(course, f"/shares/{course.ada.username}/{server}"), {"user": person.username})


def take_back(course, person, server="gpu"):
    return course.ada.patch(api(course, f"/shares/{course.ada.username}/{server}"), {"user": person.username})


def refused(course, person, server="gpu"):
    with pytest.raises(Refused) as problem:
        person.server(course.slug, course.ada.username, server=server)
    return problem.value.status


def closed_soon(visit):
    """Waits until `visit`, a server as somebody has entered it, lets them in no more."""

    def closed():
        try:
            answer = requests.get(visit.url + "/echo", cookies=dict(visit.http.cookies), timeout=30, allow_redirects=False)
        except requests.ConnectionError:
            return False  # the very request that was under way is cut
        return answer.status_code == 403

    wait_until(closed, what="the visitor being out")


def test_one_person_enters_one_server(course):
    assert refused(course, course.bob) == 403
    share = let_in(course, course.bob)
    assert share["user"]["name"] == course.bob.username and share["server"]["ready"]
    visit = course.bob.server(course.slug, course.ada.username, server="gpu")
    assert visit.get("echo")["path"].endswith("/gpu/echo")
    course.ada.start_and_wait(course.slug)
    assert refused(course, course.bob, server="") == 403
    (shared,) = course.bob.get(api(course, f"/users/{course.bob.username}/shared"))["items"]
    assert shared["server"]["user"]["name"] == course.ada.username
    # Its owner reads who was there and when.
    (seen,) = course.ada.get(f"{course.path}/visits/{course.ada.username}")["items"]
    assert (seen["visitor"], seen["server"]) == (course.bob.username, "gpu") and seen["at"]
    # To enter is not to own.
    assert course.bob.stop_server(course.slug, course.ada.username, server="gpu").status_code == 404

    take_back(course, course.bob)
    closed_soon(visit)
    assert refused(course, course.bob) == 403


def test_a_link_lets_in_whoever_of_the_course_accepts_it(course):
    made = course.ada.post(api(course, f"/share-codes/{course.ada.username}/gpu"))
    bob, stranger = Browser(course.bob), Browser(course.lea)
    page = bob.step("GET", made["accept_url"])
    assert page.status_code == 200 and course.ada.username in page.text
    csrf = course.bob.http.headers["X-CSRF-Token"]
    assert bob.step("POST", made["accept_url"], data={"_xsrf": "guess"}).status_code == 403
    assert refused(course, course.bob) == 403
    accepted = bob.step("POST", made["accept_url"], data={"_xsrf": csrf})
    assert accepted.headers["Location"] == course.ada.server_path(course.slug, server="gpu") + "/"
    assert bob.follow(accepted.headers["Location"] + "echo").status_code == 200

    nobody = requests.get(course.ada.url + made["accept_url"], allow_redirects=False, timeout=30)
    assert nobody.status_code == 302 and nobody.headers["Location"].startswith("/login?next=")
    elsewhere = Course(course.carrel, f"else-{uuid.uuid4().hex[:8]}", environment="probe")
    eve = elsewhere.admit("eve-" + elsewhere.slug)
    answer = Browser(eve).step("POST", made["accept_url"], data={"_xsrf": eve.http.headers["X-CSRF-Token"]})
    assert answer.status_code == 403
    other = made["accept_url"].replace(course.slug, elsewhere.slug)
    assert Browser(eve).step("GET", other).status_code == 404

    course.ada.delete(api(course, f"/share-codes/{course.ada.username}/gpu?id={made['id']}"))
    assert stranger.step("GET", made["accept_url"]).status_code == 404
    # Whoever is in stays in, until that is taken back.
    visit = course.bob.server(course.slug, course.ada.username, server="gpu")
    course.ada.delete(api(course, f"/shares/{course.ada.username}/gpu"))
    closed_soon(visit)


@pytest.mark.parametrize("leaver", ["ada", "bob"])
def test_it_ends_when_one_of_both_leaves_the_course(course, leaver):
    let_in(course, course.bob)
    visit = course.bob.server(course.slug, course.ada.username, server="gpu")
    assert visit.get("echo")
    person = getattr(course, leaver)
    course.lea.delete(f"{course.path}/participants/{person.username}")
    if leaver == "bob":
        closed_soon(visit)
    assert refused(course, course.bob) == 403
    if leaver == "ada":
        wait_until(lambda: course.events("server_stopped"), what="her server being stopped")
    person.apply(course.lea.invitation(course.slug))
    course.lea.decide(course.slug, person.username, "accept")
    if leaver == "ada":
        course.ada.start_and_wait(course.slug, "gpu")
    assert refused(course, course.bob) == 403, "the share does not come back with its people"


@pytest.mark.parametrize("end", ["take back", "leave the group", "end the group", "leave the course"])
def test_a_group_is_let_in_as_long_as_one_is_in_it(course, end):
    people = {"users": [course.ada.username, course.bob.username]}
    course.gov.post(api(course, "/groups/tutors"), people)
    outsider = course.admit("cyd-" + course.slug)
    shares = api(course, f"/shares/{course.ada.username}/gpu")
    assert outsider.request("POST", shares, json={"group": "tutors"}).status_code == 404
    share = course.ada.post(shares, {"group": "tutors"})
    assert share["kind"] == "group" and share["group"]["name"] == "tutors"
    visit = course.bob.server(course.slug, course.ada.username, server="gpu")
    assert visit.get("echo")["path"].endswith("/gpu/echo")
    assert refused(course, outsider) == 403
    (shared,) = course.bob.get(api(course, f"/users/{course.bob.username}/shared"))["items"]
    assert shared["group"]["name"] == "tutors"

    if end == "take back":
        course.ada.patch(shares, {"group": "tutors"})
    elif end == "leave the group":
        course.gov.request("DELETE", api(course, "/groups/tutors/users"), json={"users": [course.bob.username]})
    elif end == "end the group":
        course.gov.delete(api(course, "/groups/tutors"))
    else:
        course.lea.delete(f"{course.path}/participants/{course.bob.username}")
    closed_soon(visit)
    assert refused(course, course.bob) == 403
    if end == "leave the course":
        course.bob.apply(course.lea.invitation(course.slug))
        course.lea.decide(course.slug, course.bob.username, "accept")
        assert refused(course, course.bob) == 403, "the group does not come back with its people"
    # Its owner goes on in it.
    assert course.ada.server(course.slug, server="gpu").get("echo")


def test_a_server_of_the_same_name_is_another_one(course):
    let_in(course, course.bob)
    visit = course.bob.server(course.slug, course.ada.username, server="gpu")
    assert course.ada.stop_server(course.slug, server="gpu", remove=True).status_code in (202, 204)
    wait_until(lambda: course.ada.get(api(course, f"/users/{course.ada.username}?include_stopped_servers"))["servers"] == {},
               what="its being gone")
    course.ada.start_and_wait(course.slug, "gpu")
    assert refused(course, course.bob) == 403
    closed_soon(visit)


def test_a_restart_of_control_loses_neither_a_share_nor_its_end(hubs, course):
    let_in(course, course.bob)
    visit = course.bob.server(course.slug, course.ada.username, server="gpu")
    old = hubs.kill_control()
    hubs.wait_for_control(other_than=old)
    assert course.bob.server(course.slug, course.ada.username, server="gpu").get("echo")
    take_back(course, course.bob)
    old = hubs.kill_control()
    hubs.wait_for_control(other_than=old)
    closed_soon(visit)


def test_nobody_shares_unless_the_platform_lets_them(carrel):
    course = Course(carrel, f"closed-{uuid.uuid4().hex[:8]}", environment="probe")
    ada, bob = course.admit("ada-" + course.slug), course.admit("bob-" + course.slug)
    ada.start_and_wait(course.slug)
    for call in (f"/shares/{ada.username}/", f"/share-codes/{ada.username}/"):
        answer = ada.request("POST", api(course, call), json={"user": bob.username})
        assert answer.status_code == 403, answer.text


def test_an_unmodified_single_user_server_lets_in_whom_it_is_shared_with(hubs):
    if current_environment() is None:
        pytest.skip("JupyterHub cannot be had here")
    course = Course(hubs, f"hublab-{uuid.uuid4().hex[:8]}", environment="hublab")
    course.ada, course.bob = course.admit("ada-" + course.slug), course.admit("bob-" + course.slug)
    course.ada.start_and_wait(course.slug, "gpu")
    page = course.ada.server_path(course.slug, server="gpu") + "/"
    bob = Browser(course.bob)
    question = bob.question(page)
    assert bob.step("GET", question).status_code == 403
    let_in(course, course.bob)
    asked = bob.step("GET", question)
    assert asked.status_code == 200 and course.ada.username in asked.text
    agreed = bob.step("POST", question, data={"_xsrf": course.bob.http.headers["X-CSRF-Token"]})
    assert bob.follow(agreed.headers["Location"]).status_code == 200
    assert bob.step("GET", page + "api/contents").status_code == 200
    (seen,) = course.ada.get(f"{course.path}/visits/{course.ada.username}")["items"]
    assert seen["visitor"] == course.bob.username

    # The hub forgets the visit at once, and lets in nobody by what is kept of it. How long the server itself
    # believes what it was told before is its own affair: JupyterHub's ask again after five minutes.
    take_back(course, course.bob)
    tokens = course.bob.get(api(course, f"/users/{course.bob.username}/tokens"))["api_tokens"]
    assert not [one for one in tokens if one["note"].endswith("/gpu/")]
    fresh = Browser(course.bob)
    assert fresh.step("GET", fresh.question(page)).status_code == 403
