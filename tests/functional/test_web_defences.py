"""What browsers are made to do: cookies that must not travel, requests that another site sends, links that lead away."""

import pytest
import requests
import websocket
from support.raw_http import ask, converse, statuses


@pytest.fixture(scope="module")
def mia(probe_course):
    """A participant whose server, a probe, runs."""
    person = probe_course.admit("web-mia")
    person.running_server(probe_course.slug)
    return person


@pytest.fixture
def server(mia, probe_course):
    return mia.server(probe_course.slug)


def headers_told(answer):
    """What the probe says arrived, by lower-case name; values of the same name in one list."""
    told = {}
    for key, value in answer.json()["headers"]:
        told.setdefault(key.lower(), []).append(value)
    return told


# Cookies.


def test_carrel_s_cookies_and_headers_never_reach_a_server(mia, server):
    edge = server.http.cookies["carrel_edge"]
    session = mia.http.cookies["carrel_session"]
    cookies = f"first=1; carrel_session={session}; carrel_edge={edge}; Carrel_Session={session}; carrel_other=x; last=2"
    answer = requests.get(
        f"{server.url}/echo",
        headers={"Cookie": cookies, "X-Carrel-User": "gov", "x-carrel-anything": "1", "X-CARREL-USER": "lea"},
        timeout=30,
    )
    told = headers_told(answer)
    for secret in (edge, session):
        assert secret not in answer.text
    assert "carrel_" not in str(told.get("cookie")).lower()
    assert [part.strip() for part in told["cookie"][0].split(";")] == ["first=1", "last=2"]
    assert told["x-carrel-user"] == ["web-mia"]
    assert [key for key in told if key.startswith("x-carrel-")] == ["x-carrel-user"]
    # The server's own token is put in, for the server alone.
    assert told["authorization"][0].startswith("token ")


def test_a_bearer_token_for_the_edge_never_reaches_a_server(server):
    edge = server.http.cookies["carrel_edge"]
    answer = requests.get(f"{server.url}/echo", headers={"Authorization": f"Bearer {edge}"}, timeout=30)
    assert edge not in answer.text
    assert headers_told(answer)["authorization"][0].startswith("token ")


def test_a_server_cannot_set_carrel_s_cookies(server):
    answer = server.request("GET", "cookies")
    kept = answer.raw.headers.getlist("Set-Cookie")
    assert [cookie for cookie in kept if "carrel" in cookie.lower()] == []
    assert [cookie.split("=")[0] for cookie in kept] == ["own"]


def test_a_server_s_redirect_is_not_followed_by_carrel(server):
    answer = server.request("GET", "location?https://evil.example/", allow_redirects=False)
    assert answer.status_code == 302 and answer.headers["Location"] == "https://evil.example/"


def test_hop_by_hop_headers_and_forwarding_are_carrel_s_own(server):
    answer = requests.get(
        f"{server.url}/echo",
        headers={
            "Cookie": f"carrel_edge={server.http.cookies['carrel_edge']}",
            "Connection": "close, X-Dropped",
            "X-Dropped": "1",
        },
        timeout=30,
    )
    told = headers_told(answer)
    assert "x-dropped" not in told
    assert told["x-forwarded-proto"] == ["http"] and told["x-forwarded-for"][0].endswith("127.0.0.1")


# Requests that another site sends.

CROSS_SITE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def test_the_portal_believes_a_cookie_only_with_its_csrf_token(carrel, mia, lea):
    path = "/api/v1/me"
    before = mia.get(path)["display_name"]
    session = mia.http.cookies["carrel_session"]

    def change(headers):
        return requests.patch(
            carrel.url + path, json={"display_name": "Changed"}, cookies={"carrel_session": session}, headers=headers, timeout=30
        )

    right = mia.http.headers["X-CSRF-Token"]
    for wrong in (None, "", right[:-1], right + "x", lea.http.headers["X-CSRF-Token"]):
        answer = change({} if wrong is None else {"X-CSRF-Token": wrong})
        assert answer.status_code == 403, wrong
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    for other_site in CROSS_SITE:
        assert change({"X-CSRF-Token": right, **other_site}).status_code == 403, other_site
    assert mia.get(path)["display_name"] == before
    assert change({"X-CSRF-Token": right, "Origin": carrel.url, "Sec-Fetch-Site": "same-origin"}).status_code == 200
    mia.patch(path, {"display_name": before})


def test_the_portal_asks_no_csrf_token_of_an_api_token(carrel, mia):
    token = mia.with_token()
    assert "X-CSRF-Token" not in token.http.headers
    token.patch("/api/v1/me", {"email": "mia@example.org"})


def test_another_site_cannot_log_somebody_in(carrel, mia):
    body = {"username": mia.username, "password": carrel.passwords[mia.username]}
    for other_site in CROSS_SITE:
        answer = carrel.anonymous().request("POST", "/api/v1/session", json=body, headers=other_site)
        assert answer.status_code == 403 and "carrel_session" not in answer.cookies, other_site


def test_the_hub_s_api_believes_a_cookie_only_with_its_csrf_token(carrel, mia, probe_course):
    path = f"/c/{probe_course.slug}/hub/api/users/{mia.username}/server"
    cookies = {"carrel_session": mia.http.cookies["carrel_session"]}
    for method in ("POST", "DELETE"):
        assert requests.request(method, carrel.url + path, cookies=cookies, json={}, timeout=30).status_code == 403
    assert mia.server(probe_course.slug).is_ready()


def test_the_proxy_lets_no_other_site_write_or_open_a_websocket(carrel, server):
    cookie = f"carrel_edge={server.http.cookies['carrel_edge']}"
    for other_site in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = server.request(method, "echo", data="x", headers=other_site)
            assert answer.status_code == 403, (method, other_site)
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(
                f"{server.url}/socket".replace("http:", "ws:"),
                cookie=cookie,
                header=[f"{key}: {value}" for key, value in other_site.items() if key != "Origin"],
                origin=other_site.get("Origin", carrel.url),
                timeout=30,
                http_no_proxy=["*"],
            )
        assert refused.value.status_code == 403, other_site
    own = server.request("POST", "echo", data="x", headers={"Origin": carrel.url, "Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 200 and own.json()["body"] == "x"


# Links that lead away.

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "/%09/evil.example",
    "/c/{slug}/user/web-mia/..//../../../evil.example",
    "/c/{slug}/user/web-mia/%2e%2e/%2e%2e/other",
    "/c/{slug}/user/web-mia/..%2f..%2f",
    "/c/{slug}/user/web-mia\\@evil.example",
    "/c/{slug}/user/../../../evil.example",
    "/c/other/user/web-mia/",
    "/",
    "",
]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_the_way_into_a_server_leads_nowhere_else(mia, probe_course, where):
    where = where.replace("{slug}", probe_course.slug)
    answer = mia.request("GET", f"/c/{probe_course.slug}/hub/enter", params={"next": where})
    location = answer.headers.get("Location", "")
    assert answer.status_code == 400, (answer.status_code, location)
    assert "carrel_edge" not in answer.cookies


def test_a_header_cannot_be_injected_through_the_address(carrel, mia, probe_course):
    cookie = f"Cookie: carrel_session={mia.http.cookies['carrel_session']}\r\n".encode()
    target = f"/c/{probe_course.slug}/hub/enter?next=/c/{probe_course.slug}/user/web-mia/%0d%0aX-Injected:1".encode()
    received = converse(carrel.url, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n" + cookie + b"Connection: close\r\n\r\n")
    assert statuses(received) and b"\nx-injected:" not in received.lower()


def test_pages_cannot_be_framed_and_types_are_not_guessed(carrel):
    for path in ("/", "/login", "/courses/some-course", "/api/v1/options"):
        headers = requests.get(carrel.url + path, timeout=30).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        if headers["Content-Type"].startswith("text/html"):
            assert "frame-ancestors" in headers["Content-Security-Policy"], path


def test_session_cookies_are_out_of_scripts_reach(carrel, mia, probe_course):
    answer = carrel.anonymous().request(
        "POST", "/api/v1/session", json={"username": mia.username, "password": carrel.passwords[mia.username]}
    )
    entry = mia.request("GET", f"/c/{probe_course.slug}/hub/enter?next={mia.server_path(probe_course.slug)}/")
    for name, one, path in (("carrel_session", answer, "/"), ("carrel_edge", entry, mia.server_path(probe_course.slug) + "/")):
        (cookie,) = [value for value in one.raw.headers.getlist("Set-Cookie") if value.startswith(name)]
        attributes = [part.strip().lower() for part in cookie.split(";")]
        assert "httponly" in attributes and "samesite=lax" in attributes and f"path={path}" in attributes


def test_the_host_header_chooses_nothing(carrel):
    status, body = ask(carrel.url, "/readyz", headers={"X-Forwarded-Host": "evil.example"})
    assert status == 200 and "evil" not in body


