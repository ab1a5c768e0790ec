"""JupyterHub's REST API of a course's hub, row by row as its public description has them: through the proxy."""

import pytest
import requests
from support.course import Course


@pytest.fixture(scope="module")
def course(carrel):
    course = Course(carrel, "hub-rest", environment="probe")
    course.ada, course.bob = course.admit("rest-ada"), course.admit("rest-bob")
    return course


@pytest.fixture(scope="module")
def api(course):
    """Calls with a token: api(person, method, path, …)."""
    tokens = {}

    def call(person, method, path, **more):
        if person.username not in tokens:
            tokens[person.username] = person.with_token(scopes=[
                "self", "courses:read", "courses:write", "participants:write", "governance", "servers", "access:servers",
                "admin:users"]).http.headers["Authorization"].split()[1]
        headers = {"Authorization": f"token {tokens[person.username]}", **more.pop("headers", {})}
        return requests.request(method, f"{person.url}/c/{course.slug}/hub/api{path}", headers=headers, timeout=30,
                                allow_redirects=False, **more)

    return call


def test_the_root_tells_its_version_to_everybody(course):
    for path in ("", "/"):
        answer = requests.get(f"{course.ada.url}/c/{course.slug}/hub/api{path}", timeout=30)
        assert answer.status_code == 200
        assert answer.json() == {"version": answer.headers["X-JupyterHub-Version"]}


def test_errors_are_json_and_never_401(course, api):
    answer = requests.get(f"{course.ada.url}/c/{course.slug}/hub/api/user", timeout=30)
    assert answer.status_code == 403 and answer.json()["status"] == 403 and answer.json()["message"]
    assert requests.get(f"{course.ada.url}/c/{course.slug}/hub/api/user", timeout=30,
                        headers={"Authorization": "token guess"}).status_code == 403
    assert api(course.ada, "GET", "/info").status_code == 403


def test_user_is_who_holds_the_token(course, api):
    answer = api(course.ada, "GET", "/user")
    assert answer.status_code == 200
    model = answer.json()
    assert model["name"] == "rest-ada" and model["kind"] == "user" and model["admin"] is False
    assert "servers!user=rest-ada" in model["scopes"]


def test_info_and_users_are_for_who_runs_the_hub(course, api):
    assert set(api(course.gov, "GET", "/info").json()) == {"version", "python", "sys_executable", "spawner", "authenticator"}
    names = [user["name"] for user in api(course.lea, "GET", "/users?sort=name").json()]
    assert names == ["lea", "rest-ada", "rest-bob"]
    assert api(course.ada, "GET", "/users").status_code == 403
    page = api(course.gov, "GET", "/users?limit=2&sort=name",
               headers={"Accept": "application/jupyterhub-pagination+json"}).json()
    assert page["_pagination"]["total"] == 3 and len(page["items"]) == 2
    token = api(course.gov, "POST", "/users/rest-ada/tokens").status_code
    assert token == 201
    following = requests.get(page["_pagination"]["next"]["url"], timeout=30)
    assert following.status_code == 403  # an address of this platform, which wants to know who asks


def test_a_token_lives_as_long_as_it_should(course, api):
    made = api(course.ada, "POST", "/users/rest-ada/tokens", json={"note": "n", "expires_in": 3600, "scopes": ["read:users!user"]})
    assert made.status_code == 201, made.text
    token = made.json()
    url = f"{course.ada.url}/c/{course.slug}/hub/api"
    headers = {"Authorization": f"token {token['token']}"}
    assert requests.get(url + "/user", headers=headers, timeout=30).json()["scopes"] == [
        f"{scope}!user=rest-ada" for scope in ("read:users", "read:users:activity", "read:users:groups", "read:users:name")]
    # It is of this hub alone, and not of Carrel's own API.
    assert requests.get(course.ada.url + "/api/v1/me", headers=headers, timeout=30).status_code == 401
    assert api(course.bob, "GET", f"/users/rest-ada/tokens/{token['id']}").status_code == 404
    assert api(course.ada, "DELETE", f"/users/rest-ada/tokens/{token['id']}").status_code == 204
    assert requests.get(url + "/user", headers=headers, timeout=30).status_code == 403
