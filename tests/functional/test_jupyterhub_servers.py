"""Unmodified `jupyterhub-singleuser` against a course's hub: the newest from PyPI, and Debian's 3.0 with Notebook 6.

A plain HTTP client goes through what a browser goes through; a real kernel runs a cell.
"""

import subprocess
import time
import uuid
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.jupyterhub_server import Browser, current_environment, debian_environment, fields_of

KINDS = {"hublab": current_environment, "hubnotebook": debian_environment}
# Each has a course of its name; one more is at "/".
ROOT = "root-hublab"
# A server that dies at once, having said why.
BROKEN = """
[environments.broken]
kind = "jupyterhub"
command = ["/bin/sh", "-c", "echo the kernel is out of corn >&2; exit 3"]
"""


@pytest.fixture(scope="module")
def hubs():
    """A platform with every environment that can be had here."""
    found = {name: make() for name, make in KINDS.items()}
    with platform(config=QUICK + BROKEN + "".join(text or "" for text in found.values()), root_course=ROOT) as process:
        process.kinds = {name for name, text in found.items() if text}
        yield process


@pytest.fixture(scope="module", params=[*KINDS, ROOT])
def hub(hubs, request):
    """A course whose servers are of one kind; ada and bob take part, and ada's server runs."""
    environment = request.param.removeprefix("root-")
    if environment not in hubs.kinds:
        pytest.skip(f"the environment {environment} cannot be had here")
    course = Course(hubs, request.param, environment=environment)
    course.ada, course.bob = course.admit(f"ada-{request.param}"), course.admit(f"bob-{request.param}")
    for person in (course.ada, course.bob):
        answer = person.start_server(course.slug)
        last = {"ready": answer.status_code == 201}
        if answer.status_code == 202:
            *_, last = person.progress(course.slug)
        assert last.get("ready"), (answer.text, last, hubs.log()[-3000:])
    return course


def page_of(course, person):
    return course.ada.server_path(course.slug, person.username) + "/"


def api(course, path):
    return f"{course.base}hub/api{path}"


def token_from(course, question, address):
    """What ada's server does with the code in `address`, which the test does not let it have."""
    return {"grant_type": "authorization_code", "code": fields_of(address)["code"],
            "redirect_uri": fields_of(question)["redirect_uri"], "client_id": fields_of(question)["client_id"]}


def test_a_browser_logs_in_and_runs_a_cell(hub):
    browser = Browser(hub.ada)
    answer = browser.follow(page_of(hub, hub.ada))
    assert answer.status_code == 200, answer.text[:500]
    assert "jupyterhub-session-id" in browser.http.cookies
    kernel = browser.notebook(hub.ada.server_path(hub.slug)).start_kernel()
    assert kernel.run("print(6 * 7)") == "42\n"
    # What the hub told it is all there, and no secret of Carrel's own.
    names = kernel.run("import os; print(' '.join(sorted(os.environ)))").split()
    assert {"JUPYTERHUB_USER", "JUPYTERHUB_API_URL", "JUPYTERHUB_SERVICE_PREFIX"} <= set(names)
    assert not [name for name in names if name.startswith("CARREL_") and "TOKEN" in name]
    assert kernel.run("print(os.environ['JUPYTERHUB_USER'])") == hub.ada.username + "\n"
    kernel.close()


def test_its_activity_arrives(hub):
    def reported():
        # Nobody has visited bob's server: it has used its token for its report and for nothing else.
        tokens = hub.bob.get(api(hub, f"/users/{hub.bob.username}/tokens"))["api_tokens"]
        return [one for one in tokens if one["note"].startswith("Server at ") and one["last_activity"]]

    assert wait_until(reported, what="a report of activity")
    logs = "".join(path.read_text(errors="replace") for path in (hub.carrel.data / "logs" / "servers").iterdir())
    assert "Error notifying Hub of activity" not in logs


def test_the_server_says_whose_it_is_by_its_own_token(hub):
    browser = Browser(hub.ada)
    browser.follow(page_of(hub, hub.ada))
    kernel = browser.notebook(hub.ada.server_path(hub.slug)).start_kernel()
    told = kernel.run(
        "import json, os, urllib.request as u\n"
        "r = u.Request(os.environ['JUPYTERHUB_API_URL'] + '/user', headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
        "print(u.urlopen(r).read().decode())")
    assert f'"name":"{hub.ada.username}"' in told
    # Through the hub's socket nobody gets at anything but the hubs' API.
    other = kernel.run(
        "base = os.environ['JUPYTERHUB_API_URL'].split('/hub/')[0].split('/c/')[0]\n"
        "for path in ('/api/v1/me', '/', '/metrics', '/hub/login', '/user/x/api', '/c/x/hub/login', '/c/x/hub/apix', '/c/x/../../api/v1/me', '/c//hub/api'):\n"
        "    try: print(u.urlopen(base + path).status)\n"
        "    except u.HTTPError as e: print(e.code)\n")
    assert set(other.split()) <= {"404", "400"}, other
    kernel.close()


def test_logging_out_ends_the_session_everywhere(hub):
    person = hub.carrel.log_in(hub.ada.username)
    browser = Browser(person)
    assert browser.follow(page_of(hub, hub.ada)).status_code == 200
    status = hub.ada.server_path(hub.slug) + "/api/contents"
    assert browser.step("GET", status).status_code == 200
    other = Browser(hub.ada)
    other.follow(page_of(hub, hub.ada))

    # As its page does: the server's own log-out leads to the hub's.
    login = f"{hub.base}hub/login"
    left = browser.follow(hub.ada.server_path(hub.slug) + "/logout",
                          until=lambda answer: urlsplit(answer.headers.get("Location", "")).path == login)
    assert left.status_code == 302, left.text[:300]
    assert browser.step("GET", status, headers={"Accept": "application/json"}).status_code in (302, 403)
    assert browser.step("GET", "/api/v1/me").status_code == 401
    assert urlsplit(browser.follow(page_of(hub, hub.ada),
                                   until=lambda answer: "/login?" in answer.headers.get("Location", "")).headers["Location"]).path == login
    # Another login of the same person goes on.
    assert other.step("GET", status).status_code == 200


def test_a_kept_cookie_is_worth_nothing_after_the_log_out(hub):
    person = hub.carrel.log_in(hub.ada.username)
    browser = Browser(person)
    browser.follow(page_of(hub, hub.ada))
    kept = {one.name: one.value for one in browser.http.cookies if one.name.startswith("jupyterhub-user-")}
    person.delete("/api/v1/session")
    answer = requests.get(person.url + hub.ada.server_path(hub.slug) + "/api/contents", cookies=kept, timeout=30,
                          allow_redirects=False)
    assert answer.status_code in (302, 403), answer.text[:300]


def test_another_participant_is_kept_out(hub):
    browser = Browser(hub.bob)
    question = browser.question(page_of(hub, hub.ada))
    answer = browser.step("GET", question)
    assert answer.status_code in (403, 404)
    assert "Location" not in answer.headers
    for path in ("/api/contents", "/api/kernels", "/files/x"):
        answer = browser.step("GET", hub.ada.server_path(hub.slug) + path)
        assert answer.status_code in (302, 403), (path, answer.status_code)
    token = hub.bob.with_token(scopes=["servers", "access:servers"]).http.headers["Authorization"].split()[1]
    answer = requests.get(hub.bob.url + hub.ada.server_path(hub.slug) + "/api/contents", timeout=30,
                          headers={"Authorization": f"token {token}"}, allow_redirects=False)
    assert answer.status_code in (302, 403, 404), answer.text[:200]


def test_a_token_goes_straight_to_the_own_server(hub):
    token = hub.ada.with_token(scopes=["servers", "access:servers"]).http.headers["Authorization"].split()[1]
    url = hub.ada.url + hub.ada.server_path(hub.slug) + "/api/contents"
    assert requests.get(url, headers={"Authorization": f"token {token}"}, timeout=30).status_code == 200
    weak = hub.ada.with_token(scopes=["servers"]).http.headers["Authorization"].split()[1]
    answer = requests.get(url, headers={"Authorization": f"token {weak}"}, timeout=30, allow_redirects=False)
    assert answer.status_code in (302, 403)


def test_a_leader_is_asked_and_the_entry_is_written_down(hub):
    lea = Browser(hub.lea)
    question = lea.question(page_of(hub, hub.ada))
    asked = lea.step("GET", question)
    assert asked.status_code == 200 and hub.ada.username in asked.text
    csrf = hub.lea.http.headers["X-CSRF-Token"]
    assert lea.step("POST", question, data={"_xsrf": "guess"}).status_code == 403
    agreed = lea.step("POST", question, data={"_xsrf": csrf})
    assert agreed.status_code == 302, agreed.text[:300]
    assert lea.follow(agreed.headers["Location"]).status_code == 200
    assert lea.step("GET", hub.ada.server_path(hub.slug) + "/api/contents").status_code == 200
    assert any(event["actor"] == "lea" and event["subject"] == hub.ada.username for event in hub.events("server_entered"))


def test_a_code_is_for_one_server_once(hub):
    ada = Browser(hub.ada)
    question = ada.question(page_of(hub, hub.ada))
    address = ada.code(question)
    # Stolen on its way: without the server's secret it is nothing.
    stolen = requests.post(ada.url + api(hub, "/oauth2/token"), timeout=30,
                           data={**token_from(hub, question, address), "client_secret": "guess"})
    assert stolen.status_code == 401 and stolen.json()["error"] == "invalid_client"
    # To another's server, with that one's state or without any.
    bobs = page_of(hub, hub.bob) + "oauth_callback?"
    fields = fields_of(address)
    for more in ({}, {"state": fields["state"]}, {"state": "guess"}):
        answer = ada.step("GET", bobs + urlencode({"code": fields["code"], **more}))
        assert answer.status_code >= 400, (more, answer.headers)
    # To its own, where it counts once.
    assert ada.step("GET", address).status_code == 302
    again = ada.step("GET", address)
    assert not [cookie for cookie in again.cookies if cookie.name == fields_of(question)["client_id"]]
    if again.status_code < 400:
        # The newest servers know their visitor already, and ask nobody.
        assert "/oauth_callback" not in again.headers["Location"]


def test_a_mixed_up_state_is_refused(hub):
    ada, attacker = Browser(hub.ada), Browser(hub.carrel.log_in(hub.ada.username))
    address = attacker.code(attacker.question(page_of(hub, hub.ada)))
    # Another browser is made to use the code: it did not ask for it.
    assert ada.step("GET", address).status_code >= 400


@pytest.mark.parametrize("change", [
    lambda uri: uri + "/", lambda uri: uri + "/../x", lambda uri: uri[:-1], lambda uri: uri.upper(), lambda uri: uri.replace("oauth_", "oauth%5F"),
    lambda uri: "https://evil.test" + uri, lambda uri: "//evil.test" + uri, lambda uri: uri + "?x", lambda uri: ""])
def test_another_redirect_uri_is_refused(hub, change):
    ada = Browser(hub.ada)
    fields = fields_of(ada.question(page_of(hub, hub.ada)))
    fields["redirect_uri"] = change(fields["redirect_uri"])
    answer = ada.step("GET", api(hub, "/oauth2/authorize?") + urlencode(fields))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_another_client_id_is_refused(hub):
    ada = Browser(hub.ada)
    fields = fields_of(ada.question(page_of(hub, hub.ada)))
    fields["client_id"] = f"jupyterhub-user-{hub.bob.username}"
    assert ada.step("GET", api(hub, "/oauth2/authorize?") + urlencode(fields)).status_code == 400


def test_activity_for_others_or_from_the_future_is_refused(hub):
    token = hub.ada.with_token(scopes=["servers"]).http.headers["Authorization"]
    url, now = hub.ada.url + api(hub, f"/users/{hub.ada.username}/activity"), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def post(where, body):
        return requests.post(where, json=body, headers={"Authorization": token}, timeout=30).status_code

    assert post(url, {"last_activity": now, "servers": {"": {"last_activity": now}}}) == 200
    assert post(url, {"last_activity": "9999-01-01T00:00:00Z"}) == 400
    assert post(url, {"servers": {"": {"last_activity": "9999-01-01T00:00:00Z"}}}) == 400
    assert post(url, {"servers": {"nothing": {"last_activity": now}}}) == 400
    assert post(url, {}) == 400
    assert post(url.replace(hub.ada.username, hub.bob.username), {"last_activity": now}) == 404


def test_a_server_that_dies_at_start_is_reported_at_once_with_its_words(hubs):
    course = Course(hubs, "broken", environment="broken")
    ada = course.admit(f"ada-{uuid.uuid4().hex[:8]}")
    answer = ada.start_server("broken")
    if answer.status_code == 202:
        *_, last = ada.progress("broken")
        assert last["failed"]
    else:
        assert answer.status_code == 503, answer.text
    *_, last = ada.progress("broken")
    assert "out of corn" in last["log_tail"], last


def test_a_restart_of_control_leaves_it_running_and_known(hubs, hub):
    browser = Browser(hub.ada)
    browser.follow(page_of(hub, hub.ada))
    kernel = browser.notebook(hub.ada.server_path(hub.slug)).start_kernel()
    old = hubs.kill_control()
    hubs.wait_for_control(other_than=old)
    assert kernel.run("1 + 1") == "2"
    # Its token is as good as before, and its way to the hub leads to the new process.
    assert kernel.run(
        "import os, urllib.request as u\n"
        "r = u.Request(os.environ['JUPYTERHUB_API_URL'] + '/user', headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
        "print(u.urlopen(r).status)") == "200\n"
    fresh = Browser(hubs.log_in(hub.ada.username))
    assert fresh.follow(page_of(hub, hub.ada)).status_code == 200


def test_the_store_holds_no_secret_of_a_server(hubs, hub):
    browser = Browser(hub.ada)
    browser.follow(page_of(hub, hub.ada))
    kernel = browser.notebook(hub.ada.server_path(hub.slug)).start_kernel()
    secret = kernel.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    assert len(secret) == 32
    found = subprocess.run(["grep", "-rlF", secret, str(hubs.data)], capture_output=True, text=True)
    assert found.stdout == "", found.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_busy_kernel_keeps_its_server_and_reports_of_an_idle_tab_do_not(kind):
    environment = KINDS[kind]()
    if environment is None:
        pytest.skip(f"the environment {kind} cannot be had here")
    with platform(config=QUICK + "[hub]\nidle_timeout_seconds = 15\n" + environment) as process:
        course = Course(process, f"idle-{kind}", environment=kind)
        people, servers, kernels = {}, {}, {}
        for name in ("busy", "watching"):
            person = course.admit(f"{name}-{kind}")
            person.start_server(course.slug)
            wait_until(lambda: course.server_state(person.username) == "running", what="the server running")
            browser = Browser(person)
            place = person.server_path(course.slug)
            assert browser.follow(place + "/").status_code == 200
            servers[name] = browser.notebook(place)
            people[name], kernels[name] = person, servers[name].start_kernel()
            if name == "busy":
                # A server listens to its kernel for itself, beside us, and may miss what it says in its first moments.
                wait_until(lambda: kernels["busy"].run("print(1)") == "1\n" and servers["busy"].get("api/kernels")[0]["execution_state"] == "idle",
                           what="the server having heard its kernel")
                working = kernels["busy"].start("import pathlib, time\nwhile not pathlib.Path('enough').exists(): time.sleep(0.1)")
                wait_until(lambda: servers["busy"].get("api/kernels")[0]["execution_state"] == "busy", what="its kernel being busy")
        busy, watching = people["busy"], people["watching"]
        token = kernels["watching"].run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
        report = f"{process.url}/c/{course.slug}/hub/api/users/{watching.username}/activity"

        def is_stopped():
            """An open tab asks and asks, and the server reports that as activity."""
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            requests.post(report, json={"servers": {"": {"last_activity": now}}}, headers={"Authorization": f"token {token}"}, timeout=30)
            return course.server_state(watching.username) == "stopped"

        wait_until(is_stopped, what="the server with an idle tab being stopped")
        assert course.server_state(busy.username) == "running"
        assert [event["subject"] for event in course.events("server_culled")] == [watching.username]
        servers["busy"].request("PUT", "api/contents/enough", json={"type": "file", "format": "text", "content": ""})
        kernels["busy"].finish(working)
        wait_until(lambda: course.server_state(busy.username) == "stopped", what="the server that has finished being stopped")
