"""What belongs to accounts that log in with a provider: joining, invitations, hubs, logging out."""

import pytest
from conftest import platform
from support.carrel_process import QUICK
from support.course import Course
from support.hub_pages import fields_in
from support.oidc_provider import OidcProvider, Visitor, place_of, why_not
from support.portal import Portal
from support.ports import free_port

if why_not():
    pytest.skip(why_not(), allow_module_level=True)

ACCOUNTS = {
    "joiner": {"preferred_username": "someone-else"},
    "second": {"preferred_username": "second"},
    "guest": {"preferred_username": "guest.of.honour", "name": "Guest of Honour"},
    "hubber": {"preferred_username": "hubber"},
    "leaver": {"preferred_username": "leaver"},
    "stranger": {"preferred_username": "stranger"},
}


@pytest.fixture(scope="module")
def provider():
    port = free_port()
    with OidcProvider(f"http://127.0.0.1:{port}", accounts=ACCOUNTS) as provider:
        provider.carrel_port = port
        yield provider


@pytest.fixture(scope="module")
def carrel(provider):
    sections = [provider.section(log_out_at_provider=True, sign_up="invited"), provider.section(name="guarded")]
    process = platform(QUICK + "\n".join(sections))
    try:
        process.start(provider.carrel_port)
        yield process
    finally:
        process.__exit__()


@pytest.fixture
def visitor(carrel, provider):
    return Visitor(carrel.url, provider)


@pytest.fixture
def local(carrel, name):
    """Somebody with a password, logged in."""
    carrel.add_user(name)
    return carrel.log_in(name)


def join(visitor, person, account, login="campus"):
    """Joins by the browser that `person` is logged in with; returns where it ends."""
    visitor.http.cookies.update(person.http.cookies)
    path = person.post(f"/api/v1/me/logins/{login}")["path"]
    return place_of(visitor.log_in(account, path))


def joined(person):
    return {one["login"]: one["joined_as"] for one in person.get("/api/v1/me/logins")["items"] if one["joined_at"]}


def test_joining_and_parting(carrel, visitor, local):
    assert joined(local) == {}
    assert join(visitor, local, "joiner") == ("/profile", {"joined": "campus"})
    assert joined(local) == {"campus": "someone-else"}
    fresh = Visitor(carrel.url, visitor.provider)
    fresh.log_in("joiner")
    assert fresh.me()["username"] == local.username
    # Nobody else can have it, and one at each provider is enough.
    carrel.add_user("other-one")
    other = carrel.log_in("other-one")
    assert join(Visitor(carrel.url, visitor.provider), other, "joiner") == ("/profile", {"problem": "joined_elsewhere", "with": "campus"})
    assert join(visitor, local, "second") == ("/profile", {"problem": "joined_already", "with": "campus"})

    local.delete("/api/v1/me/logins/campus")
    assert joined(local) == {}
    again = Visitor(carrel.url, visitor.provider)
    assert place_of(again.log_in("joiner"))[1]["problem"] == "sign_up_closed"
    assert local.request("DELETE", "/api/v1/me/logins/campus").status_code == 404
    assert local.request("POST", "/api/v1/me/logins/nothing", json={}).status_code == 404


def test_a_link_alone_joins_nothing(visitor, local):
    visitor.http.cookies.update(local.http.cookies)
    answer = visitor.step("/login/campus?join=guess")
    assert place_of(answer) == ("/profile", {"problem": "not_logged_in", "with": "campus"})
    without = {**local.http.headers, "X-CSRF-Token": ""}
    assert local.request("POST", "/api/v1/me/logins/campus", json={}, headers=without).status_code == 403
    assert local.with_token().request("POST", "/api/v1/me/logins/campus", json={}).status_code == 400


def test_only_those_who_are_invited_get_an_account(carrel, visitor, provider):
    course = Course(carrel, "invited", environment="probe")
    code = carrel.log_in("lea").invitation(course.slug)
    stranger = Visitor(carrel.url, provider)
    assert place_of(stranger.log_in("stranger", "/login/campus?next=/join/no-such-code"))[1]["problem"] == "sign_up_closed"

    assert place_of(visitor.log_in("guest", f"/login/campus?next=/join/{code}")) == (f"/join/{code}", {})
    guest = Portal(carrel.url)
    guest.http.cookies.update(visitor.http.cookies)
    me = guest.remember(guest.get("/api/v1/me"))
    assert me["username"] == "guest.of.honour"
    guest.apply(code)
    # It is the only way in, so it stays.
    refused = guest.request("DELETE", "/api/v1/me/logins/campus")
    assert refused.status_code == 409 and "only way" in refused.json()["detail"]


def test_a_hubs_own_form_leads_there_and_back(carrel, visitor, probe_course):
    base = f"/c/{probe_course.slug}/"
    code = carrel.log_in("lea").invitation(probe_course.slug)
    visitor.log_in("hubber", f"/login/guarded?next=/join/{code}")
    hubber = Portal(carrel.url)
    hubber.http.cookies.update(visitor.http.cookies)
    hubber.remember(hubber.get("/api/v1/me"))
    hubber.apply(code)
    carrel.log_in("lea").decide(probe_course.slug, "hubber", "accept")

    browser = Visitor(carrel.url, visitor.provider)
    form = browser.step(f"{base}hub/login?next={base}hub/home")
    assert form.status_code == 200 and "_xsrf" in fields_in(form.text)
    assert "Log in with Campus" in form.text
    (link,) = [part.split('"')[0] for part in form.text.split('href="') if part.startswith("/login/guarded?")]
    answer = browser.log_in("hubber", link)
    place, answer = browser.follow(answer.headers["Location"], lambda url, answer: answer.status_code == 200)
    assert place.endswith(f"{base}hub/home")
    assert any(cookie.name == "_xsrf" for cookie in browser.http.cookies)


def test_logging_out_leads_to_the_provider_and_back(carrel, visitor):
    code = carrel.log_in("lea").invitation(Course(carrel, "leaving", environment="probe").slug)
    visitor.log_in("leaver", f"/login/campus?next=/join/{code}")
    csrf = {"X-CSRF-Token": visitor.me()["csrf_token"]}
    answer = visitor.http.delete(f"{carrel.url}/api/v1/session", headers=csrf, timeout=60)
    assert answer.status_code == 204 and visitor.me() is None
    place = answer.headers["Location"]
    assert place.startswith(f"{visitor.provider.issuer}/session/end?") and "id_token_hint=" in place
    assert visitor.step(place).status_code == 200  # it asks whether to
    # Without a session from there the way out is short.
    gov = carrel.log_in("gov")
    assert "Location" not in gov.request("DELETE", "/api/v1/session").headers
