"""Who gets into which server, and how long they stay. The servers are probes, which tell what reaches them."""

import pytest
import websocket
from support.carrel_process import wait_until
from support.course import edge_cookie
from support.jupyter import NotebookServer
from support.portal import Portal
from support.raw_http import ask


@pytest.fixture(scope="module")
def ada(probe_course):
    """A participant whose server runs."""
    return probe_course.admit_with_server("access-ada")


@pytest.fixture(scope="module")
def eve(probe_course):
    """Another participant with a running server, who wants to get into Ada's."""
    return probe_course.admit_with_server("access-eve")


@pytest.fixture(scope="module")
def outsider(probe_course):
    return probe_course.applicant("access-outsider")


def websocket_to(server, path="socket", **more):
    """A WebSocket to a probe that stays open until somebody closes it."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in server.http.cookies)
    origin = server.url.split("/c/")[0]
    return websocket.create_connection(
        f"{server.url}/{path}".replace("http:", "ws:"),
        **{"cookie": cookies, "origin": origin, "timeout": 30, "http_no_proxy": ["*"], **more},
    )


def wait_for_close(connection):
    """Returns when the other side closes the WebSocket; fails when it stays open."""
    connection.settimeout(30)
    try:
        while connection.recv_data()[0] != websocket.ABNF.OPCODE_CLOSE:
            pass
    except websocket.WebSocketTimeoutException:
        raise AssertionError("the WebSocket stays open") from None
    except (websocket.WebSocketException, OSError):
        pass


def test_a_participant_gets_nowhere_near_another_s_server_by_api(ada, eve, outsider, probe_course):
    slug, name = probe_course.slug, "access-ada"
    # To a participant others' servers are not there; to a stranger the hub as a whole is closed.
    for person, refused in ((eve, 404), (outsider, 403)):
        assert person.start_server(slug, name).status_code == refused
        assert person.stop_server(slug, name).status_code == refused
        for path in (f"/c/{slug}/hub/api/users/{name}", f"/c/{slug}/hub/api/users/{name}/server/progress"):
            assert person.request("GET", path).status_code == refused
        entry = person.request("GET", f"/c/{slug}/hub/enter?next=/c/{slug}/user/{name}/")
        assert entry.status_code == 403 and "carrel_edge" not in entry.cookies
        server = person.request("GET", ada.server_path(slug) + "/echo")
        assert server.status_code == 403
    assert ada.server(slug).is_ready()


def test_a_participant_learns_nothing_of_other_participants(ada, eve, outsider, probe_course):
    assert ada.username in str(probe_course.events())
    for person in (eve, outsider):
        for path in ("participants", "exports", "invitation", "takeout?user=access-ada"):
            assert person.request("GET", f"{probe_course.path}/{path}").status_code in (403, 404), path
        answer = person.request("GET", f"{probe_course.path}/events")
        assert answer.status_code in (200, 403) and ada.username not in answer.text


def test_path_tricks_do_not_lead_into_another_s_server(carrel, ada, eve, probe_course):
    slug = probe_course.slug
    own, other = f"/c/{slug}/user/access-eve", f"/c/{slug}/user/access-ada"
    cookie = f"carrel_edge={edge_cookie(eve, slug)}; carrel_session={eve.http.cookies['carrel_session']}"
    tricks = [
        f"{own}/../access-ada/echo",
        f"{own}/%2e%2e/access-ada/echo",
        f"{own}/%2E%2E/access-ada/echo",
        f"{own}/.%2e/access-ada/echo",
        f"{own}/..;/access-ada/echo",
        f"{own}/..;x=y/access-ada/echo",
        f"{own}/%2e%2e%2faccess-ada/echo",
        f"{own}/..%2faccess-ada%2fecho",
        f"{own}/..%5caccess-ada/echo",
        f"{own}/..\\access-ada/echo",
        f"{own}/%252e%252e/access-ada/echo",
        f"{own}//..//access-ada/echo",
        f"{own};/../access-ada/echo",
        f"/{other}/echo",
        f"//{other}/echo",
        f"/c//{slug}/user/access-ada/echo",
        f"/c/{slug}//user/access-ada/echo",
        f"/c/{slug}/user//access-ada/echo",
        f"/c/{slug}/user/access%2dada/echo",
        f"/c/{slug}/user/%61ccess-ada/echo",
        f"/c%2f{slug}%2fuser%2faccess-ada/echo",
        f"/%63/{slug}/user/access-ada/echo",
        f"/C/{slug.upper()}/USER/ACCESS-ADA/echo",
        f"/c/{slug}/user/Access-Ada/echo",
        f"/c/{slug}/user/access-ada;x=y/echo",
        f"/c/{slug}/user;x=y/access-ada/echo",
        f"/c/{slug}/user/access-ada%00/echo",
        f"/c/{slug}/user/access-ada%20/echo",
        f"/c/{slug}/user/access-ada./echo",
        f"/./c/{slug}/user/access-ada/echo",
        f"http://127.0.0.1{other}/echo",
        f"{other}/echo?x={own}/",
        f"{other}/echo#{own}/",
    ]
    for target in tricks:
        status, body = ask(carrel.url, target, headers={"Cookie": cookie, "Accept": "application/json"})
        reached_ada = '"method"' in body and "access-ada" in body and not reached_own(body, own)
        assert not reached_ada, f"{target} reached Ada's server: {status} {body}"
        # Anything but a page or her own server is a refusal.
        assert status in (200, 400, 403, 404), f"{target}: {status} {body}"


def reached_own(body, own):
    """Whether it was Eve's server that answered: the token it got is hers, and so is the user it was told of."""
    return '["x-carrel-user", "access-eve"]' in body.lower() and f'"path": "{own}' in body


def test_a_token_does_what_its_scopes_say_and_no_more(ada, probe_course):
    slug = probe_course.slug
    path = f"/c/{slug}/hub/api/users/access-ada"
    reader = ada.with_token(scopes=["self", "courses:read"])
    assert reader.get("/api/v1/me")["username"] == "access-ada"
    assert reader.request("GET", path).status_code == 200
    assert reader.start_server(slug).status_code == 403
    assert reader.stop_server(slug).status_code == 403
    assert reader.request("GET", f"/c/{slug}/hub/enter?next=/c/{slug}/user/access-ada/").status_code == 403
    assert reader.request("POST", "/api/v1/courses", json={}).status_code == 403

    starter = ada.with_token(scopes=["servers"])
    assert starter.request("GET", path).status_code == 200
    assert starter.request("GET", f"/c/{slug}/hub/enter?next=/c/{slug}/user/access-ada/").status_code == 403
    assert starter.request("GET", "/api/v1/me").status_code == 403

    visitor = ada.with_token(scopes=["access:servers"])
    assert visitor.server(slug).is_ready()
    # What the owner may not do, no scope allows.
    everything = ada.with_token()
    for method, where in (("GET", "/api/v1/users"), ("GET", "/api/v1/audit"), ("POST", f"{probe_course.path}/degrade")):
        assert everything.request(method, where, json={}).status_code in (403, 404)


def test_a_leader_who_enters_a_participant_s_server_leaves_a_trace(ada, probe_course):
    before = len(probe_course.events("server_entered"))
    server = probe_course.lea.server(probe_course.slug, "access-ada")
    told = dict(map(tuple, server.get("echo")["headers"]))
    assert {key.lower(): value for key, value in told.items()}["x-carrel-user"] == "lea"
    entered = probe_course.events("server_entered")[before:]
    assert [(event["actor"], event["subject"]) for event in entered] == [("lea", "access-ada")]
    # Into the own server one goes without a trace.
    ada.server(probe_course.slug)
    assert len(probe_course.events("server_entered")) == before + 1


def test_logging_out_closes_what_is_open_and_ends_the_edge_cookie(carrel, ada, probe_course):
    person = carrel.log_in("access-ada")
    server = person.server(probe_course.slug)
    connection = websocket_to(server)
    elsewhere = ada.server(probe_course.slug)
    kept = websocket_to(elsewhere)
    person.delete("/api/v1/session")
    wait_for_close(connection)
    assert server.request("GET", "echo").status_code == 403
    assert person.request("GET", "/api/v1/me").status_code == 401
    # Another login of the same person stays.
    assert elsewhere.request("GET", "echo").status_code == 200
    assert kept.connected
    kept.ping()
    kept.close()


def test_a_deleted_token_closes_what_it_opened(ada, probe_course):
    made = ada.post("/api/v1/tokens", {"note": "short", "expires_in": 3600})
    person = Portal(ada.url, made["token"])
    person.username = ada.username
    server = person.server(probe_course.slug)
    connection = websocket_to(server)
    ada.delete(f"/api/v1/tokens/{made['id']}")
    wait_for_close(connection)
    assert server.request("GET", "echo").status_code == 403
    assert person.request("GET", "/api/v1/me").status_code == 401


@pytest.mark.parametrize("way", ["rejected", "removed", "disabled"])
def test_who_is_turned_out_loses_the_running_server(probe_course, gov, way):
    slug, username = probe_course.slug, f"access-{way}"
    person = probe_course.admit(username)
    server = person.running_server(slug)
    connection = websocket_to(server)
    if way == "rejected":
        probe_course.lea.decide(slug, username, "reject")
    elif way == "removed":
        probe_course.lea.delete(f"{probe_course.path}/participants/{username}")
    else:
        gov.patch(f"/api/v1/users/{username}", {"disabled": True})
    wait_for_close(connection)
    # Once it is stopped its address leads to the log-in, as this client has no session.
    wait_until(lambda: server.request("GET", "echo", allow_redirects=False).status_code in (302, 401, 403), 30,
               "the server being closed to them")
    assert person.start_server(slug).status_code == 403
    again = person.request("GET", f"/c/{slug}/hub/enter?next=/c/{slug}/user/{username}/")
    assert again.status_code in (401, 403) and "carrel_edge" not in again.cookies
    if way != "disabled":
        wait_until(lambda: stopped(gov, slug, username), 30, "the server being stopped")


def test_who_is_enabled_again_enters_with_a_kept_token(probe_course, gov):
    slug, username = probe_course.slug, "access-again"
    person = probe_course.admit_with_server(username)
    keeper = person.with_token()
    server = keeper.server(slug)
    assert server.request("GET", "echo").status_code == 200
    gov.patch(f"/api/v1/users/{username}", {"disabled": True})
    wait_until(lambda: server.request("GET", "echo").status_code == 403, 30, "the server being closed to them")
    assert keeper.request("GET", "/api/v1/me").status_code == 401
    gov.patch(f"/api/v1/users/{username}", {"disabled": False})
    again = keeper.server(slug)
    assert again.request("GET", "echo").status_code == 200
    # What was opened before stays closed.
    assert server.request("GET", "echo").status_code == 403


def stopped(gov, slug, username):
    answer = gov.request("GET", f"/c/{slug}/hub/api/users/{username}")
    return answer.status_code == 404 or answer.json()["server"] is None


def test_nobody_without_a_login_gets_in(carrel, ada, probe_course):
    nobody = carrel.anonymous()
    path = ada.server_path(probe_course.slug) + "/lab/tree/x?y=1"
    program = nobody.request("GET", path, headers={"Accept": "application/json"})
    assert program.status_code == 403 and program.headers["Content-Type"].startswith("application/problem+json")
    page = nobody.request("GET", path, headers={"Accept": "text/html"})
    assert page.status_code == 302
    assert page.headers["Location"].startswith(f"/c/{probe_course.slug}/hub/enter?next=")
    login = nobody.request("GET", page.headers["Location"], headers={"Accept": "text/html"})
    assert login.status_code == 302 and login.headers["Location"].startswith(f"/c/{probe_course.slug}/hub/login?next=")
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket_to(NotebookServer(carrel.url + ada.server_path(probe_course.slug)))
    assert refused.value.status_code == 403
