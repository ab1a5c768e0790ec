"""The REST API of a course's hub, row by row against JupyterHub's public description of it.

For each row: what it needs, what a success looks like, and how it refuses: no token, a token with too little scope, one whose
filter leaves the object out, a body that is wrong, a method that the path does not have.
"""

import dataclasses
import itertools
import json

import pytest
import requests
from conftest import platform
from support.course import Course

PAGES = {"Accept": "application/jupyterhub-pagination+json"}
USER = {"kind", "name", "admin", "roles", "groups", "server", "pending", "created", "last_activity", "servers"}
SERVER = {"name", "full_name", "last_activity", "started", "pending", "ready", "stopped", "url", "user_options", "progress_url"}
GROUP = {"kind", "name", "roles", "users", "properties"}
SERVICE = {"kind", "name", "admin", "roles", "url", "prefix", "command", "pid", "info", "display"}
TOKEN = {"id", "kind", "roles", "scopes", "created", "last_activity", "expires_at", "note", "session_id", "oauth_client"}
SHARE = {"server", "scopes", "user", "group", "kind", "created_at"}
numbers = itertools.count()


@dataclasses.dataclass
class Row:
    method: str
    path: str  # {user}, {group}, {service}, {token} are what is made for the call
    scope: str
    status: int
    model: set = None
    about: str = ""  # what the scope can be narrowed to: "user", "group", "service"
    body: dict = None
    bad: tuple = ()

    def __str__(self):
        return f"{self.method} {self.path}"


ROWS = [
    Row("GET", "/info", "read:hub", 200, {"version", "python", "sys_executable", "spawner", "authenticator"}),
    Row("GET", "/users", "list:users", 200),
    Row("POST", "/users", "admin:users", 201, body={"usernames": ["{new}"]}, bad=({}, {"usernames": []}, {"usernames": ["a b"]}, [], "{")),
    Row("GET", "/users/{user}", "read:users", 200, USER - {"servers", "roles"}, about="user"),
    Row("POST", "/users/{new}", "admin:users", 201, {"name"}, bad=([], "{", {"admin": "yes"}, {"nonsense": 1})),
    Row("PATCH", "/users/{user}", "admin:users", 200, {"name"}, about="user", body={"admin": False},
        bad=([], "{", {"admin": "yes"}, {"nonsense": 1}, {"name": "lea"})),
    Row("DELETE", "/users/{user}", "delete:users", 204, about="user"),
    Row("POST", "/users/{user}/activity", "users:activity", 200, about="user", body={"last_activity": "2026-01-01T00:00:00Z"},
        bad=({}, {"last_activity": "soon"}, {"last_activity": "2999-01-01T00:00:00Z"}, [], "{")),
    Row("GET", "/users/{user}/tokens", "read:tokens", 200, {"api_tokens"}, about="user"),
    Row("POST", "/users/{user}/tokens", "tokens", 201, TOKEN | {"token"}, about="user", body={"note": "n", "expires_in": 60},
        bad=([], "{", {"expires_in": "x"}, {"scopes": ["nonsense"]}, {"scopes": ["custom:nonsense"]}, {"scopes": ["admin:users"]}, {"roles": ["nonsense"]})),
    Row("GET", "/users/{user}/tokens/{token}", "read:tokens", 200, TOKEN, about="user"),
    Row("DELETE", "/users/{user}/tokens/{token}", "tokens", 204, about="user"),
    Row("POST", "/users/{user}/server", "servers", 202, about="user"),
    Row("DELETE", "/users/{user}/server", "delete:servers", 204, about="user"),
    Row("POST", "/users/{user}/servers/extra", "start:servers", 202, about="user"),
    # Of JupyterHub 6.
    Row("GET", "/users/{user}/servers/{made}", "read:servers", 200, SERVER | {"display_name"}, about="user"),
    Row("PUT", "/users/{user}/servers/extra", "start:servers", 201, SERVER | {"display_name"}, about="user", body={"display_name": "An extra one"},
        bad=([], "{", {"display_name": 1}, {"display_name": " x"}, {"user_options": 1})),
    Row("PATCH", "/users/{user}/servers/{made}", "start:servers", 200, SERVER | {"display_name"}, about="user",
        body={"name": "other", "display_name": "An other one", "user_options": {"a": 1}},
        bad=({}, [], "{", {"name": ""}, {"name": 1}, {"state": "x"}, {"display_name": "a  b"}, {"user_options": "x"})),
    Row("GET", "/groups", "list:groups", 200),
    Row("POST", "/groups", "admin:groups", 201, body={"groups": ["{new}"]}, bad=({}, {"groups": []}, {"groups": ["a b"]}, [], "{")),
    Row("GET", "/groups/{group}", "read:groups", 200, GROUP - {"roles"}, about="group"),
    Row("POST", "/groups/{new}", "admin:groups", 201, GROUP, body={"users": ["{user}"]},
        bad=({"users": ["nobody-here"]}, {"users": "x"}, [], "{")),
    Row("DELETE", "/groups/{group}", "delete:groups", 204, about="group"),
    Row("POST", "/groups/{group}/users", "groups", 200, GROUP - {"roles"}, about="group", body={"users": ["{user}"]},
        bad=({}, {"users": ["nobody-here"]}, [], "{")),
    Row("DELETE", "/groups/{group}/users", "groups", 200, GROUP - {"roles"}, about="group", body={"users": ["{user}"]},
        bad=({}, {"users": [1]}, [], "{")),
    Row("PUT", "/groups/{group}/properties", "groups", 200, GROUP - {"roles"}, about="group", body={"a": 1}, bad=([], "{", 1)),
    Row("GET", "/services", "list:services", 200),
    Row("GET", "/services/{service}", "read:services", 200, SERVICE - {"roles"}, about="service"),
    Row("POST", "/services/{new}", "admin:services", 201, SERVICE, bad=([], "{", {"url": 1}, {"command": ["x"]}, {"nonsense": 1})),
    Row("DELETE", "/services/{service}", "admin:services", 200, about="service"),
    Row("GET", "/shares/{user}", "read:shares", 200, {"items", "_pagination"}, about="user"),
    Row("GET", "/shares/{user}/", "read:shares", 200, {"items", "_pagination"}, about="user"),
    Row("POST", "/shares/{user}/", "shares", 200, {"server", "user", "scopes"}, about="user", body={"user": "conform-ada"},
        bad=({}, [], "{", {"user": 1}, {"user": "nobody-here"}, {"group": 1}, {"group": "none-here"}, {"user": "lea", "group": "x"})),
    Row("PATCH", "/shares/{user}/", "shares", 200, about="user", body={"user": "conform-ada"},
        bad=({}, [], "{", {"user": 1}, {"group": 1}, {"user": "lea", "group": "x"})),
    Row("DELETE", "/shares/{user}/", "shares", 204, about="user"),
    Row("GET", "/share-codes/{user}", "read:shares", 200, {"items", "_pagination"}, about="user"),
    Row("POST", "/share-codes/{user}/", "shares", 200, {"code", "accept_url"}, about="user", bad=([], "{", {"expires_in": "x"})),
    Row("DELETE", "/share-codes/{user}/", "shares", 204, about="user"),
    Row("GET", "/users/{user}/shared", "read:users:shares", 200, {"items", "_pagination"}, about="user"),
    Row("GET", "/users/{user}/shared/conform-ada/", "read:users:shares", 200, SHARE, about="user"),
    Row("DELETE", "/users/{user}/shared/conform-ada/", "users:shares", 204, about="user"),
    Row("GET", "/groups/{group}/shared", "read:groups:shares", 200, {"items", "_pagination"}, about="group"),
    Row("GET", "/groups/{group}/shared/conform-ada/", "read:groups:shares", 200, SHARE, about="group"),
    Row("DELETE", "/groups/{group}/shared/conform-ada/", "groups:shares", 204, about="group"),
    Row("GET", "/proxy", "proxy", 200),
    Row("POST", "/proxy", "proxy", 200),
    Row("GET", "/metrics", "read:metrics", 200),
    Row("POST", "/shutdown", "shutdown", 202, {"message"}, body={"servers": False},
        bad=({"servers": "x"}, {"proxy": 1}, [], "{")),
]
WITH_SCOPE = pytest.mark.parametrize("row", ROWS, ids=str)


class Api:
    """Calls of one course's hub; objects are made as they are needed."""

    def __init__(self, carrel):
        self.course = Course(carrel, "conform", environment="probe", expected_participants=400)
        self.base = self.course.base
        self.url = f"{carrel.url}{self.base}hub/api"
        self.course.ada = self.course.admit("conform-ada")
        everything = ["self", "courses:read", "courses:write", "participants:write", "governance", "servers", "access:servers",
                      "admin:users"]
        self.all = self.course.gov.with_token(scopes=everything).http.headers["Authorization"].split()[1]

    def call(self, method, path, token=None, body=None, **headers):
        if token:
            headers["Authorization"] = f"token {token}"
        data = body if isinstance(body, str) or body is None else json.dumps(body)
        return requests.request(method, self.url + path, data=data, headers=headers, timeout=60, allow_redirects=False)

    def made(self, method, path, body=None):
        answer = self.call(method, path, self.all, body)
        assert answer.status_code == 201, (method, path, answer.status_code, answer.text)
        return answer.json()

    def token(self, *scopes):
        return self.made("POST", "/users/gov/tokens", {"scopes": list(scopes)})["token"]

    def objects(self, row):
        """What the row's path and body name, fresh for this call."""
        number = next(numbers)
        names = {"new": f"new{number}"}
        for kind, path in (("user", "/users/user{}"), ("group", "/groups/group{}"), ("service", "/services/service{}")):
            if "{" + kind + "}" in row.path + json.dumps(row.body):
                self.made("POST", path.format(number))
                names[kind] = f"{kind}{number}"
        for kind in ("user", "group"):
            if "{" + kind + "}/shared/" in row.path:
                assert self.call("POST", "/shares/conform-ada/", self.all, {kind: names[kind]}).status_code == 200
        if "{made}" in row.path:
            names["made"] = self.made("PUT", f"/users/{names['user']}/servers/made")["name"]
        if "{token}" in row.path:
            names["token"] = self.made("POST", f"/users/{names['user']}/tokens")["id"]
        return names

    def ask(self, row, token, names, body=...):
        path, text = row.path, json.dumps(row.body)
        for kind, name in names.items():
            path, text = path.replace("{" + kind + "}", name), text.replace("{" + kind + "}", name)
        return self.call(row.method, path, token, (json.loads(text) if row.body else None) if body is ... else body)


@pytest.fixture(scope="module", params=["below its slug", "at the root"])
def api(request):
    """A course's hub where every hub is, and one that the configuration puts at "/"."""
    if request.param == "below its slug":
        yield Api(request.getfixturevalue("carrel"))
        return
    with platform(root_course="conform") as process:
        yield Api(process)


@WITH_SCOPE
def test_succeeds_with_all_scopes_and_with_its_own(api, row):
    assert api.ask(row, api.all, api.objects(row)).status_code in (row.status, {202: 201}.get(row.status))
    answer = api.ask(row, api.token(row.scope), api.objects(row))
    assert answer.status_code in (row.status, {202: 201}.get(row.status)), answer.text
    assert answer.headers["X-JupyterHub-Version"].startswith("5.")
    if row.status == 204:
        assert answer.text == ""
    if row.model:
        whole = api.ask(row, api.all, api.objects(row)).json()
        assert row.model <= set(whole), row.model - set(whole)


@WITH_SCOPE
def test_is_refused_without_a_token_and_without_the_scope(api, row):
    names = api.objects(row)
    for token in (None, "a-guess", api.token("admin-ui"), api.token("read:roles:services")):
        refused = api.ask(row, token, names)
        assert refused.status_code == 403, (token, refused.text)
        assert refused.json()["status"] == 403 and refused.json()["message"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.about], ids=str)
def test_a_filter_reaches_no_further_than_it_says(api, row):
    names, others = api.objects(row), api.objects(row)
    token = api.token(f"{row.scope}!{row.about}={others[row.about]}")
    hidden = api.ask(row, token, names)
    assert hidden.status_code == 404, hidden.text
    assert api.ask(row, token, others).status_code in (row.status, {202: 201}.get(row.status))
    # Of what is not there it says the same.
    assert api.ask(row, token, dict(names, **{row.about: "nothing-of-that-name"})).status_code == 404
    assert api.ask(row, api.all, dict(names, **{row.about: "nothing-of-that-name"})).status_code == 404


@pytest.mark.parametrize("row", [row for row in ROWS if row.bad], ids=str)
def test_a_wrong_body_is_refused(api, row):
    names = api.objects(row)
    for body in row.bad:
        refused = api.ask(row, api.all, names, body)
        assert refused.status_code == 400, (body, refused.status_code, refused.text)
        assert refused.json()["status"] == 400 and refused.json()["message"]


def test_other_methods_and_paths_are_refused_in_the_same_form(api):
    for method, path in (("PUT", "/users"), ("DELETE", "/groups"), ("POST", "/info"), ("GET", "/shutdown"), ("DELETE", "/proxy"),
                         ("PATCH", "/groups/x"), ("GET", "/groups/x/properties"), ("PUT", "/services/x"), ("POST", "/user")):
        refused = api.call(method, path, api.all)
        assert refused.status_code == 405 and refused.json()["status"] == 405, (method, path, refused.text)
        assert refused.headers["Allow"]
    nowhere = api.call("GET", "/nowhere", api.all)
    assert nowhere.status_code == 404 and nowhere.json()["message"]
    assert api.call("OPTIONS", "/users").status_code == 200


def test_lists_come_in_pages(api):
    for number in range(3):
        api.made("POST", f"/users/page{number}")
        api.made("POST", f"/groups/page{number}")
    for path in ("/users", "/groups"):
        whole = api.call("GET", f"{path}?limit=200", api.all).json()
        first = api.call("GET", f"{path}?limit=2", api.all, **PAGES).json()
        assert first["_pagination"]["total"] == len(whole) and first["_pagination"]["limit"] == 2
        seen, page = list(first["items"]), first
        while page["_pagination"]["next"]:
            page = requests.get(page["_pagination"]["next"]["url"], timeout=60,
                                headers={**PAGES, "Authorization": f"token {api.all}"}).json()
            seen += page["items"]
        assert [one["name"] for one in seen] == [one["name"] for one in whole]
        assert api.call("GET", f"{path}?limit=x", api.all).status_code == 400
        assert api.call("GET", f"{path}?limit=100000", api.all, **PAGES).json()["_pagination"]["limit"] == 200
        assert api.call("GET", path, api.all, **PAGES).json()["_pagination"]["limit"] == 50
    proxy = api.call("GET", "/proxy", api.all, **PAGES).json()
    assert isinstance(proxy["items"], dict) and proxy["_pagination"]["total"] == len(proxy["items"])


def test_users_are_filtered_by_state_and_name(api):
    api.course.ada.running_server("conform")

    def names(query):
        return [one["name"] for one in api.call("GET", f"/users?limit=200&{query}", api.all).json()]

    assert "conform-ada" in names("state=ready") and set(names("state=ready")) <= set(names("state=active"))
    assert "conform-ada" not in names("state=inactive") and "lea" in names("state=inactive")
    assert sorted(names("state=active") + names("state=inactive")) == sorted(names(""))
    assert names("name_filter=conform-") == ["conform-ada"]
    assert names("sort=name") == sorted(names("")) == names("sort=-name")[::-1]
    model = api.call("GET", "/users/conform-ada", api.all).json()
    assert USER <= set(model) and SERVER <= set(model["servers"][""])
    assert model["server"] == model["servers"][""]["url"] == f"{api.base}user/conform-ada/"
    route = api.call("GET", "/proxy", api.all).json()[f"{api.base}user/conform-ada/"]
    assert route["routespec"] == f"{api.base}user/conform-ada/" and route["data"]["user"] == "conform-ada"
    assert api.call("POST", "/users/conform-ada/server", api.all).status_code == 400  # it is running
    for query in ("state=asleep", "sort=age"):
        assert api.call("GET", f"/users?{query}", api.all).status_code == 400


def test_a_scope_shows_its_part_of_a_user(api):
    parts = {"read:users:name": {"kind", "name", "admin"}, "read:users:groups": {"groups"}, "read:users:activity": {"last_activity"},
             "read:servers": {"kind", "name", "admin", "servers"}, "read:roles:users": {"roles", "admin"}}
    for scope, keys in parts.items():
        answer = api.call("GET", "/users/conform-ada", api.token(scope, "read:users:name"))
        assert set(answer.json()) == keys | parts["read:users:name"], scope


def test_what_is_there_is_not_made_again(api):
    for path in ("/users/conform-ada", "/groups/twice", "/services/twice"):
        if "twice" in path:
            api.made("POST", path)
        assert api.call("POST", path, api.all).status_code == 409
    assert api.call("POST", "/users", api.all, {"usernames": ["conform-ada"]}).status_code == 409
    some = api.call("POST", "/users", api.all, {"usernames": ["conform-ada", "twice"]})
    assert some.status_code == 201 and [one["name"] for one in some.json()] == ["twice"]


def test_a_server_is_shared_with_a_group_and_taken_back(api):
    api.made("POST", "/users/grouped")
    api.made("POST", "/groups/readers", {"users": ["grouped"]})
    # Whoever names a group learns that there is one.
    assert api.call("POST", "/shares/conform-ada/", api.token("shares"), {"group": "readers"}).status_code == 403
    may = api.token("shares", "read:groups:name!group=readers")
    given = api.call("POST", "/shares/conform-ada/", may, {"group": "readers"})
    assert given.status_code == 200 and given.json()["kind"] == "group" and given.json()["group"] == {"name": "readers"}
    (shared,) = api.call("GET", "/users/grouped/shared", api.all).json()["items"]
    assert shared["server"]["user"]["name"] == "conform-ada" and shared["user"] is None
    assert api.call("GET", "/users/grouped/shared/conform-ada/", api.all).status_code == 404, "it is the group's"
    assert api.call("PATCH", "/shares/conform-ada/", api.token("shares"), {"group": "readers"}).json() == {}
    assert api.call("GET", "/users/grouped/shared", api.all).json()["items"] == []
    assert api.call("PATCH", "/shares/conform-ada/", api.all, {"group": "nothing-of-that-name"}).json() == {}


def test_who_leaves_the_course_shares_nothing_even_when_they_come_back(api):
    api.made("POST", "/users/leaver")
    assert api.call("POST", "/shares/leaver/", api.all, {"user": "conform-ada"}).status_code == 200
    assert api.call("DELETE", "/users/leaver", api.all).status_code == 204
    api.made("POST", "/users/leaver")
    assert api.call("GET", "/shares/leaver/", api.all).json()["items"] == []


def test_the_public_rows_are_public(api):
    for path in ("", "/", "/health"):
        assert api.call("GET", path).status_code == 200
    assert api.call("GET", "").headers["Access-Control-Allow-Origin"] == "*"
    me = api.call("GET", "/user", api.token("read:users:name!user")).json()
    assert me["name"] == "gov" and {"scopes", "token_id", "session_id"} <= set(me)


def test_progress_is_told_as_events(api):
    stream = requests.get(f"{api.url}/users/conform-ada/server/progress", stream=True, timeout=60,
                          headers={"Authorization": f"token {api.all}"})
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    events = [json.loads(line[5:]) for line in stream.iter_lines() if line.startswith(b"data:")]
    assert events[-1]["ready"] and events[-1]["progress"] == 100 and events[-1]["url"] == f"{api.base}user/conform-ada/"
    assert api.call("GET", "/users/lea/server/progress", api.all).status_code == 404
