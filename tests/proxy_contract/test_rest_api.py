"""The REST API, call by call: the same table for both proxies.

A row is what is asked and what both must answer. Where ours differs on purpose (docs/reference/proxy.md), the row
says so, and what ours answers.
"""

import datetime
import json
import socket

import pytest
from conftest import TOKEN, wait_until

GOOD = {"target": "http://127.0.0.1:1", "user": "ada", "jupyterhub": True}
NOT_SENT = object()

# name, method, path, body, authorization, status, text of the answer (None: any), (status, text) of ours where it differs
CALLS = [
    ("no token", "GET", "/api/routes", None, None, 403, "", None),
    ("wrong token", "GET", "/api/routes", None, "token wrong", 403, "", None),
    ("Bearer", "GET", "/api/routes", None, f"Bearer {TOKEN}", 403, "", None),
    ("Token with a capital", "GET", "/api/routes", None, f"Token {TOKEN}", 403, "", None),
    ("token anywhere", "GET", "/api/routes", None, f"my token  {TOKEN} x", 200, "{}", None),
    ("token of a longer word", "GET", "/api/routes", None, f"mytoken {TOKEN}", 200, "{}", None),
    ("no routes", "GET", "/api/routes/", None, NOT_SENT, 200, "{}", None),
    ("a route that is not there", "GET", "/api/routes/none", None, NOT_SENT, 404, "", None),
    ("another path", "GET", "/api/other", None, NOT_SENT, 404, "Not Found", None),
    ("the root", "GET", "/", None, NOT_SENT, 404, "Not Found", None),
    ("another word after routes", "GET", "/api/routesx", None, NOT_SENT, 404, "Not Found", None),
    ("PUT", "PUT", "/api/routes/a", "{}", NOT_SENT, 405, "Method not supported", None),
    ("HEAD", "HEAD", "/api/routes", None, NOT_SENT, 405, "", None),
    ("PATCH, which is ours", "PATCH", "/api/routes/a", "{}", NOT_SENT, 405, "Method not supported", (404, "")),
    ("PUT elsewhere", "PUT", "/api/x", "{}", NOT_SENT, 404, "Not Found", None),
    ("POST", "POST", "/api/routes/a", GOOD, NOT_SENT, 201, "", None),
    ("POST of the root", "POST", "/api/routes", GOOD, NOT_SENT, 201, "", None),
    ("POST of the root with a slash", "POST", "/api/routes/", GOOD, NOT_SENT, 201, "", None),
    ("POST without a target", "POST", "/api/routes/a", {"user": "x"}, NOT_SENT, 400, "Must specify 'target' as string", None),
    ("POST with a number for a target", "POST", "/api/routes/a", {"target": 1}, NOT_SENT, 400, "Must specify 'target' as string", None),
    ("POST with null for a target", "POST", "/api/routes/a", {"target": None}, NOT_SENT, 400, "Must specify 'target' as string", None),
    ("POST of a list", "POST", "/api/routes/a", [], NOT_SENT, 400, "Must specify 'target' as string", None),
    ("POST of null", "POST", "/api/routes/a", "null", NOT_SENT, 400, "Must specify 'target' as string", None),
    ("POST of a string", "POST", "/api/routes/a", '"x"', NOT_SENT, 400, "Must specify 'target' as string", None),
    ("POST of no JSON", "POST", "/api/routes/a", "{", NOT_SENT, 400, None, None),
    ("POST of nothing", "POST", "/api/routes/a", "", NOT_SENT, 400, None, None),
    ("POST of no JSON without a token", "POST", "/api/routes/a", "{", None, 400, None, (403, "")),
    ("POST without a token", "POST", "/api/routes/a", GOOD, None, 403, "", None),
    ("another scheme", "POST", "/api/routes/a", {"target": "ftp://a"}, NOT_SENT, 201, "", None),
    ("DELETE of what is not there", "DELETE", "/api/routes/none", None, NOT_SENT, 404, "", None),
    ("a bad time", "GET", "/api/routes?inactiveSince=soon", None, NOT_SENT, 400, "Invalid datestamp 'soon' must be ISO8601.", None),
    ("a bad time, spelt the old way", "GET", "/api/routes?inactive_since=soon", None, NOT_SENT, 400, "Invalid datestamp 'soon' must be ISO8601.", None),
    ("an empty time", "GET", "/api/routes?inactiveSince=", None, NOT_SENT, 200, "{}", None),
]


@pytest.mark.parametrize("row", CALLS, ids=[row[0] for row in CALLS])
def test_call(peer, row):
    _, method, path, body, authorization, status, text, ours = row
    if ours and peer.kind == "carrel":
        status, text = ours
    more = {} if authorization is NOT_SENT else {"authorization": authorization}
    answer = peer.api(method, path, body, **more)
    assert answer[0] == status
    assert text is None or answer[2] == text


def test_a_json_error_says_so(peer):
    assert peer.api("POST", "/api/routes/a", "{")[2].startswith("Body not valid JSON: ")


def test_what_is_posted_is_what_is_listed(peer):
    """Keys in their order, unknown ones too; last_activity is ours, in JavaScript's form; the root is listed."""
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    peer.add("/", "http://127.0.0.1:1")
    body = '{"user": "\u00fc", "target": "http://127.0.0.1:2", "list": [1, {"a": null}], "last_activity": "never"}'
    # JupyterHub's client does not say that it sends JSON.
    assert peer.api("POST", "/api/routes/a%20b/c%2Fd/", body.encode(),
                    **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 201
    status, fields, text = peer.api("GET", "/api/routes")
    assert (status, fields["Content-Type"]) == (200, "application/json")
    routes = json.loads(text)
    assert set(routes) == {"/", "/a b/c/d"}
    route = routes["/a b/c/d"]
    last = datetime.datetime.strptime(route.pop("last_activity"), "%Y-%m-%dT%H:%M:%S.%fZ")
    assert before <= last.replace(tzinfo=datetime.timezone.utc) <= datetime.datetime.now(datetime.timezone.utc)
    assert route == {"user": "\u00fc", "target": "http://127.0.0.1:2", "list": [1, {"a": None}]}
    for spelling in ("/a%20b/c/d", "/a%20b/c%2Fd", "/a%20b/c/d/"):
        assert json.loads(peer.api("GET", "/api/routes" + spelling)[2])["user"] == "\u00fc"


def test_a_route_is_replaced_whole(peer):
    peer.add("/a", "http://127.0.0.1:1", user="ada")
    peer.add("/a/", "http://127.0.0.1:2")
    routes = json.loads(peer.api("GET", "/api/routes")[2])
    assert list(routes) == ["/a"]
    assert routes["/a"]["target"] == "http://127.0.0.1:2" and "user" not in routes["/a"]


def test_deleting_leaves_parents_and_children(peer):
    for path in ("/a", "/a/b", "/a/b/c"):
        peer.add(path, "http://127.0.0.1:1")
    assert peer.api("DELETE", "/api/routes/a/b/")[0] == 204
    assert peer.api("DELETE", "/api/routes/a/b")[0] == 404
    assert set(json.loads(peer.api("GET", "/api/routes")[2])) == {"/a", "/a/b/c"}


def test_inactive_since_takes_what_date_parse_takes(peer):
    peer.add("/a", "http://127.0.0.1:1")
    now = datetime.datetime.now(datetime.timezone.utc)
    for later, listed in ((datetime.timedelta(days=2), True), (datetime.timedelta(days=-2), False)):
        time = now + later
        for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M",
                     "%Y-%m-%dT%H:%M:%S%%2B00:00", "%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT", "%b%%20%d,%%20%Y",
                     "%m/%d/%Y", "%Y-%m-%d%%20%H:%M"):
            for key in ("inactiveSince", "inactive_since"):
                status, _, text = peer.api("GET", f"/api/routes?{key}={time.strftime(form)}")
                assert status == 200 and (text != "{}") == listed, form
    assert peer.api("GET", "/api/routes?inactiveSince=2020")[2] == "{}"


def test_one_connection_takes_chunked_bodies_and_many_calls(peer):
    connection = socket.create_connection(("127.0.0.1", peer.api_port), 10)
    body = json.dumps(GOOD).encode()
    call = (f"POST /api/routes/c HTTP/1.1\r\nHost: a\r\nAuthorization: token {TOKEN}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    answers = connection.makefile("rb")
    for _ in range(3):
        connection.sendall(call)
        assert answers.readline().startswith(b"HTTP/1.1 201 ")
        fields = [line.lower() for line in iter(answers.readline, b"\r\n")]
        if b"transfer-encoding: chunked\r\n" in fields:
            assert answers.read(5) == b"0\r\n\r\n"
    connection.close()


def test_the_default_target_is_a_listed_route(proxy_with):
    proxy = proxy_with("--default-target", "http://127.0.0.1:1")
    assert json.loads(proxy.api("GET", "/api/routes")[2])["/"]["target"] == "http://127.0.0.1:1"


def test_without_a_token_the_api_is_open_and_says_so(proxy_with):
    proxy = proxy_with(token="")
    assert proxy.api("GET", "/api/routes", authorization=None)[0] == 200
    wait_until(lambda: "REST API is not authenticated." in proxy.log(), what="the warning")


def test_log_lines_that_others_wait_for(kind, proxy_with):
    proxy = proxy_with("--default-target", "http://127.0.0.1:1")
    proxy.add("/a", "http://127.0.0.1:2")
    wait_until(lambda: "201 POST /api/routes/a" in proxy.log(), what="the answer's line")
    log = proxy.log()
    assert "[ConfigProxy]" in log
    assert "Route added / -> http://127.0.0.1:1" in log and "Route added /a -> http://127.0.0.1:2" in log
    # The original since version 5 says the port where the address should be.
    place = f"127.0.0.1:{proxy.api_port}" if kind == "carrel" else f"{proxy.api_port}:127.0.0.1"
    wait_until(lambda: f"Proxy API at http://{place}/api/routes" in proxy.log(), what="where the API is")


def test_host_routing_notes_the_host(proxy_with):
    proxy = proxy_with("--host-routing")
    proxy.add("/a.example/x", "http://127.0.0.1:1")
    assert json.loads(proxy.api("GET", "/api/routes")[2])["/a.example/x"]["host"] == "a.example"


def test_ends_with_2_and_removes_its_pid_file(proxy_with, tmp_path):
    proxy = proxy_with("--pid-file", str(tmp_path / "pid"))
    wait_until((tmp_path / "pid").exists, what="the file")  # written once connections are accepted
    assert int((tmp_path / "pid").read_text()) == proxy.process.pid
    proxy.process.terminate()
    assert proxy.process.wait(20) == 2
    assert not (tmp_path / "pid").exists()


def test_delete_without_a_path_does_not_hang(kind, proxy_with):
    if kind == "original":
        pytest.skip("the original never answers")
    proxy = proxy_with()
    assert proxy.api("DELETE", "/api/routes")[0] == 404
    proxy.add("/", "http://127.0.0.1:1")
    assert proxy.api("DELETE", "/api/routes")[0] == 204
