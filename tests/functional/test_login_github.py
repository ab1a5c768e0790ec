"""Logging in with GitHub and with plain OAuth 2, against a server of our own that answers as GitHub's documentation says."""

import json

import pytest
from conftest import platform
from support.carrel_process import QUICK
from support.github_server import GithubServer
from support.oidc_provider import place_of
from support.portal import Portal

PEOPLE = {
    "Ada-L": {"id": 1001, "name": "Ada Lovelace", "email": None, "organisations": ["physics"], "teams": ["physics/lecturers"],
              "emails": [{"email": "old@example.org", "primary": False, "verified": True},
                         {"email": "ada@example.org", "primary": True, "verified": True}]},
    "bob": {"id": 1002, "name": "Bob", "email": "bob@example.org", "organisations": [], "teams": []},
    "cyd": {"id": 1003, "organisations": [f"o{number}" for number in range(150)] + ["physics"],
            "emails": [{"email": "cyd@example.org", "primary": True, "verified": False}]},
    "dee": {"id": 1004, "name": "Dee", "email": "dee@example.org", "groups": ["teachers"]},
}  # fmt: skip


def section(name, **keys):
    return "\n".join([f"[logins.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])


@pytest.fixture(scope="module")
def github():
    with GithubServer(PEOPLE) as server:
        yield server


@pytest.fixture(scope="module")
def carrel(github):
    known = {"client_id": github.client[0], "client_secret": github.client[1]}
    addresses = {"authorize_url": f"{github.url}/login/oauth/authorize", "token_url": f"{github.url}/login/oauth/access_token"}
    sections = [
        section("github", kind="github", issuer=github.url, allowed_groups=["physics"], leader_groups=["physics/lecturers"], **known),
        section("anybody", kind="github", title="GitHub for all", issuer=github.url, **known),
        section("mistaken", kind="github", issuer=github.url, client_id=github.client[0], client_secret="wrong"),
        section("forum", kind="oauth2", title="Forum", user_url=f"{github.url}/me", username_claim="login", scopes=["profile"],
                leader_groups=["teachers"], **addresses, **known),
        section("nameless", kind="oauth2", user_url=f"{github.url}/me", subject_claim="no_such_thing", **addresses, **known),
    ]  # fmt: skip
    with platform(QUICK + "\n".join(sections)) as process:
        yield process


def log_in(carrel, github, who, login="github"):
    """The person's client, and the answer that ends the log-in."""
    github.who = who
    person = Portal(carrel.url)
    away = person.request("GET", f"/login/{login}?next=/profile")
    back = person.http.get(away.headers["Location"], allow_redirects=False, timeout=60).headers["Location"]
    return person, person.request("GET", back.removeprefix(carrel.url))


def test_a_member_of_the_organisation_gets_in_and_a_team_leads(carrel, github):
    person, answer = log_in(carrel, github, "Ada-L")
    assert place_of(answer) == ("/profile", {})
    me = person.get("/api/v1/me")
    assert (me["username"], me["display_name"], me["email"], me["roles"]) == ("ada-l", "Ada Lovelace", "ada@example.org", ["leader"])


def test_whoever_is_renamed_stays_the_same(carrel, github):
    log_in(carrel, github, "Ada-L")
    PEOPLE["countess"] = {**PEOPLE["Ada-L"]}
    person, _ = log_in(carrel, github, "countess")
    assert person.get("/api/v1/me")["username"] == "ada-l"


def test_others_stay_outside(carrel, github):
    person, answer = log_in(carrel, github, "bob")
    assert place_of(answer) == ("/login", {"problem": "not_allowed", "with": "github", "next": "%2Fprofile"})
    assert person.request("GET", "/api/v1/me").status_code == 401


def test_all_pages_of_the_organisations_are_read(carrel, github):
    person, answer = log_in(carrel, github, "cyd")
    assert place_of(answer) == ("/profile", {})
    assert person.get("/api/v1/me")["email"] in (None, "")  # nobody has verified it


def test_without_groups_nobody_is_asked_for_them(carrel, github):
    github.asked.clear()
    person, answer = log_in(carrel, github, "bob", "anybody")
    assert place_of(answer) == ("/profile", {}) and person.get("/api/v1/me")["email"] == "bob@example.org"
    assert not [path for path in github.asked if "orgs" in path or "teams" in path]


def test_one_person_of_two_log_ins_is_two_until_they_join_them(carrel, github):
    log_in(carrel, github, "Ada-L")
    _, answer = log_in(carrel, github, "Ada-L", "anybody")
    assert place_of(answer)[1]["problem"] == "name_taken"


def test_a_wrong_secret_and_a_wrong_code(carrel, github):
    _, answer = log_in(carrel, github, "bob", "mistaken")
    assert place_of(answer)[1]["problem"] == "misconfigured" and "incorrect_client_credentials" in carrel.log()
    person = Portal(carrel.url)
    away = person.request("GET", "/login/anybody")
    state = away.headers["Location"].split("state=")[1].split("&")[0]
    answer = person.request("GET", f"/login/anybody/callback?code=guess&state={state}")
    assert place_of(answer)[1]["problem"] == "stale"


def test_plain_oauth2(carrel, github):
    person, answer = log_in(carrel, github, "dee", "forum")
    assert place_of(answer) == ("/profile", {})
    me = person.get("/api/v1/me")
    assert (me["username"], me["roles"]) == ("dee", ["leader"])
    _, answer = log_in(carrel, github, "dee", "nameless")
    assert place_of(answer)[1]["problem"] == "misconfigured"
