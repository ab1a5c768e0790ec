"""The log-in form of a course's hub, as JupyterHub's scrapers use it: GET, read `_xsrf`, POST."""

import uuid

import pytest
import requests
from support.hub_pages import HubVisitor, fields_in


@pytest.fixture(scope="module")
def ada(probe_course):
    name = f"login-{uuid.uuid4().hex[:8]}"
    person = probe_course.admit(name)
    person.password = probe_course.carrel.passwords[name]
    return person


@pytest.fixture
def visitor(ada, probe_course):
    return HubVisitor(ada.url, f"/c/{probe_course.slug}/", ada.username, ada.password)


def test_the_form_logs_in_to_hub_and_portal_alike(visitor, ada):
    before = visitor.hub("home")
    assert before.status_code == 302 and before.headers["Location"].startswith(f"{visitor.base}hub/login?next=")
    answer = visitor.log_in(next=f"{visitor.base}hub/home")
    assert answer.status_code == 302 and answer.headers["Location"] == f"{visitor.base}hub/home"
    assert len(visitor.http.cookies["jupyterhub-session-id"]) == 32
    assert visitor.hub("home").status_code == 200
    assert visitor.get("/api/v1/me").json()["username"] == ada.username
    assert visitor.hub("api/user").json()["name"] == ada.username
    # Whoever is logged in sees no form.
    assert visitor.hub("login").headers["Location"] == f"{visitor.base}hub/spawn"


def test_a_wrong_password_is_403_and_written_down(visitor, gov, ada):
    answer = visitor.log_in(password="not this one at all")
    assert answer.status_code == 403 and "Invalid username or password" in answer.text
    assert "carrel_session" not in visitor.http.cookies
    newest = gov.get("/api/v1/audit?limit=20")["items"]
    assert any(one["kind"] == "login_failed" and one["subject"] == ada.username for one in newest)


def test_a_form_without_its_value_is_shown_again(visitor):
    for sent in ({}, {"_xsrf": ""}, {"_xsrf": "guess"}):
        answer = visitor.step("POST", f"{visitor.base}hub/login",
                              data={"username": visitor.username, "password": visitor.password, **sent})
        assert answer.status_code == 403, sent
        assert "Login form invalid or expired. Try again." in answer.text
    # The form that was shown again is a good one.
    data = {**fields_in(answer.text), "password": visitor.password}
    assert visitor.step("POST", f"{visitor.base}hub/login", data=data).status_code == 302


def test_the_value_is_bound_to_the_login_and_not_to_an_address(visitor):
    visitor.hub("login")
    early = visitor.xsrf
    assert visitor.log_in().status_code == 302
    late = visitor.xsrf
    assert late and late != early
    tokens = f"{visitor.base}hub/api/users/{visitor.username}/tokens"
    for value, status in ((early, 403), ("", 403), (late, 201)):
        answer = visitor.step("POST", tokens, json={"note": "x"}, headers={"X-XSRFToken": value, "X-Forwarded-For": "192.0.2.7"})
        assert answer.status_code == status, (value, answer.text)


@pytest.mark.parametrize("way", ["header", "other header", "query"])
def test_calls_by_cookie_need_the_value(visitor, way):
    visitor.log_in()
    user = f"{visitor.base}hub/api/user"
    scripted = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    assert visitor.get(user).status_code == 200
    assert visitor.get(user, headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200
    refused = visitor.get(user, headers=scripted)
    assert refused.status_code == 403 and refused.json()["message"] == "'_xsrf' argument missing from GET"
    more = {"header": {"headers": {**scripted, "X-XSRFToken": visitor.xsrf}},
            "other header": {"headers": {**scripted, "X-CSRFToken": visitor.xsrf}},
            "query": {"headers": scripted, "params": {"_xsrf": visitor.xsrf}}}[way]
    assert visitor.get(user, **more).status_code == 200


def test_a_form_is_no_call(visitor):
    visitor.log_in()
    tokens = f"{visitor.base}hub/api/users/{visitor.username}/tokens"
    for kind in ("application/x-www-form-urlencoded", "text/plain"):
        answer = visitor.step("POST", tokens, data="{}", headers={"Content-Type": kind, "X-XSRFToken": visitor.xsrf})
        assert answer.status_code == 403, kind


def test_a_token_needs_no_value(visitor, ada):
    token = ada.with_token(scopes=["self", "servers"]).http.headers["Authorization"]
    url = visitor.url + f"{visitor.base}hub/api/user"
    assert requests.get(url, headers={"Authorization": token, "Sec-Fetch-Mode": "cors"}, timeout=30).status_code == 200


@pytest.mark.parametrize("next", [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "/%2Fevil.example",
    "/%5Cevil.example", "https:evil.example", "javascript:alert(1)", "/c/another/hub/home", "/", "/courses/x", "/api/v1/me",
    "{base}hub/../../another/", "{base}hub/%2e%2e/%2e%2e/another", "{base}hub/..%2f..%2fanother", "{base}/hub/home",
    "{base}hub//evil.example", "{base}hub/home\r\nSet-Cookie: a=b", "{url}{base}hub/home", " {base}hub/home", "\t//evil.example"])
def test_next_leads_nowhere_else(visitor, next):
    next = next.format(base=visitor.base, url=visitor.url)
    for answer in (visitor.log_in(next=next), visitor.hub("login", params={"next": next}), visitor.hub("", params={"next": next})):
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"{visitor.base}hub/spawn", next
        assert "a" not in answer.cookies


@pytest.mark.parametrize("next", ["hub/home", "user/{user}/lab/tree/%C3%9Cbung%201/a%2Fb@c?x=%2F#y", "hub/user-redirect/git-pull?repo=x"])
def test_next_is_followed_within_the_hub(visitor, next):
    next = visitor.base + next.format(user=visitor.username)
    assert visitor.log_in(next=next).headers["Location"] == next


def test_log_out_ends_the_session_and_leads_to_the_form(visitor):
    visitor.log_in()
    kept = dict(visitor.http.cookies)
    answer = visitor.hub("logout")
    assert answer.status_code == 302 and answer.headers["Location"] == f"{visitor.base}hub/login"
    for name in ("carrel_session", "_xsrf", "jupyterhub-session-id"):
        assert name not in visitor.http.cookies
    again = requests.get(f"{visitor.url}{visitor.base}hub/api/user", cookies=kept, timeout=30)
    assert again.status_code == 403


def test_another_site_cannot_log_anybody_in(visitor):
    visitor.hub("login")
    data = {"username": visitor.username, "password": visitor.password, "_xsrf": visitor.xsrf}
    for more in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = visitor.step("POST", f"{visitor.base}hub/login", data=data, headers=more)
        assert answer.status_code == 403 and "carrel_session" not in visitor.http.cookies, more
