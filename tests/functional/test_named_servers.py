"""A person's second and third server in a course: of both kinds, through restarts, ends and removals."""

import tomllib
import uuid

import pytest
import requests
from conftest import platform
from support.carrel_process import ENVIRONMENT, QUICK, wait_until
from support.course import Course
from support.jupyterhub_server import Browser, current_environment
from support.portal import Refused

# What an address has to escape, and what JupyterHub leaves as it is.
STRANGE = "räume 2@数~x"


@pytest.fixture(scope="module")
def hubs():
    with platform(config=QUICK + (current_environment() or "")) as process:
        yield process


@pytest.fixture
def course(hubs):
    return Course(hubs, f"named-{uuid.uuid4().hex[:8]}", environment="probe")


def ways_in(server):
    """The path that a server got a request at."""
    return server.get("echo")["path"]


def model(course, person, query=""):
    return person.get(f"/c/{course.slug}/hub/api/users/{person.username}{query}")["servers"]


def test_two_servers_stand_beside_each_other(course):
    ada = course.admit("ada-" + course.slug)
    first, second = ada.running_server(course.slug), ada.running_server(course.slug, STRANGE)
    assert ways_in(first) == ada.server_path(course.slug) + "/echo"
    assert ways_in(second) == ada.server_path(course.slug, server=STRANGE) + "/echo"
    assert set(model(course, ada)) == {"", STRANGE}
    # The default one's cookie goes along to the other, and opens it not.
    alone = requests.get(second.url + "/echo", cookies=dict(first.http.cookies), timeout=30, allow_redirects=False)
    assert alone.status_code == 403
    # As a browser comes there: sent for a cookie, and back.
    browser = Browser(ada)
    for server in ("", STRANGE):
        path = ada.server_path(course.slug, server=server) + "/echo"
        answer = browser.follow(path)
        assert (answer.status_code, answer.json()["path"]) == (200, path)
    # Escaped in another way it is the same server, also to a browser, which compares a cookie's path byte by byte.
    other = ada.server_path(course.slug, server=STRANGE).replace("@", "%40").replace("~", "%7E") + "/echo"
    assert browser.follow(other).status_code == 200

    assert ada.stop_server(course.slug).status_code in (202, 204)
    assert ways_in(second)
    assert ada.stop_server(course.slug, server=STRANGE).status_code in (202, 204)
    wait_until(lambda: model(course, ada) == {}, what="both being stopped")
    assert set(model(course, ada, "?include_stopped_servers")) == {"", STRANGE}
    answer = Browser(ada).follow(ada.server_path(course.slug, server=STRANGE) + "/lab")
    assert answer.status_code == 424 and f"hub/spawn/{ada.username}/r%C3%A4ume" in answer.text
    assert ada.stop_server(course.slug, server=STRANGE, remove=True).status_code == 204
    assert set(model(course, ada, "?include_stopped_servers")) == {""}


def test_it_belongs_to_its_owner(course):
    ada, bob = course.admit("ada-" + course.slug), course.admit_with_server("bob-" + course.slug)
    ada.running_server(course.slug, "gpu")
    with pytest.raises(Refused) as refused:
        bob.server(course.slug, ada.username, server="gpu")
    assert refused.value.status == 403
    assert bob.stop_server(course.slug, ada.username, server="gpu").status_code == 404
    assert bob.start_server(course.slug, ada.username, server="mine").status_code == 404
    assert ways_in(course.lea.server(course.slug, ada.username, server="gpu"))
    entered = course.events("server_entered")
    assert [(one["actor"], one["subject"], one["detail"]) for one in entered] == [("lea", ada.username, {"server": "gpu"})]


def test_there_are_no_more_than_allowed(course):
    ada = course.admit("ada-" + course.slug)
    for name in ("one", "two", "three"):
        ada.running_server(course.slug, name)
    refused = ada.start_server(course.slug, server="four")
    assert refused.status_code == 400 and "maximum of 3" in refused.json()["message"]
    for name in ("a/b", "lab", "x" * 256, "a\\b", "\n"):
        refused = ada.start_server(course.slug, server=name)
        assert refused.status_code == 400, (name, refused.status_code)


def test_a_killed_control_process_changes_nothing(hubs, course):
    ada = course.admit("ada-" + course.slug)
    servers = [ada.running_server(course.slug, name) for name in ("", STRANGE)]
    old = hubs.kill_control()
    for server in servers:
        assert ways_in(server), "the proxy goes on alone"
    hubs.wait_for_control(other_than=old)
    assert set(model(course, ada)) == {"", STRANGE}
    status, routes = hubs.ask_proxy("GET", "/api/routes")
    assert status == 200
    assert {path for path in routes if f"/{course.slug}/" in path} == {
        f"/c/{course.slug}/user/{ada.username}", f"/c/{course.slug}/user/{ada.username}/{STRANGE}"}
    assert ada.stop_server(course.slug, server=STRANGE).status_code in (202, 204)
    assert ways_in(servers[0])


def test_all_end_with_their_owners_place_in_the_course(course):
    ada = course.admit("ada-" + course.slug)
    servers = [ada.running_server(course.slug, name) for name in ("", "gpu")]
    course.lea.delete(f"{course.path}/participants/{ada.username}")

    def closed(server):
        try:
            answer = requests.get(server.url + "/echo", cookies=dict(server.http.cookies), timeout=30, allow_redirects=False)
            return answer.status_code != 200
        except requests.ConnectionError:
            return False  # cut off in the middle of an answer

    def shut():
        return all(closed(server) for server in servers)

    wait_until(shut, what="both servers being closed to her")
    wait_until(lambda: len(course.events("server_stopped")) == 2, what="both servers being stopped")


def test_all_end_with_the_course(course):
    ada = course.admit("ada-" + course.slug)
    for name in ("", "gpu"):
        ada.running_server(course.slug, name)
    course.end()
    assert len(course.events("server_stopped")) == 2
    # They had one home, which is saved once.
    (export,) = [one for one in course.lea.items(f"{course.path}/exports") if one["username"] == ada.username]
    assert export["verified_at"]


def test_an_idle_one_is_stopped_for_itself():
    with platform(QUICK + "[hub]\nidle_timeout_seconds = 3\nnamed_servers = 1\n") as process:
        course = Course(process, "idle", environment="probe")
        ada = course.admit("ada")
        used, idle = ada.running_server("idle"), None
        ada.start_and_wait("idle", "idle")
        assert ada.start_server("idle", server="more").status_code == 400

        def culled():
            # A probe is no Jupyter: what counts is that somebody uses it.
            assert used.get("echo")
            return course.events("server_culled")

        (idle,) = wait_until(culled, what="the idle server being stopped")
        assert idle["detail"] == {"server": "idle"}
        assert set(model(course, ada)) == {""}


@pytest.mark.notebook
def test_jupyterlab_runs_under_a_name(hubs):
    (environment,) = tomllib.loads(ENVIRONMENT.read_text())["environments"]
    course = Course(hubs, f"lab-{uuid.uuid4().hex[:8]}", environment=environment)
    ada = course.admit("ada-" + course.slug)
    ada.start_and_wait(course.slug)
    server = ada.running_server(course.slug, STRANGE)
    kernel = server.start_kernel()
    assert kernel.run("print(6 * 7)") == "42\n"
    # One home: what the one writes the other has.
    kernel.run("import pathlib; pathlib.Path.home().joinpath('shared.txt').write_text('both')")
    other = ada.server(course.slug).start_kernel()
    assert other.run("import pathlib; print(pathlib.Path.home().joinpath('shared.txt').read_text())") == "both\n"
    kernel.close()
    other.close()
    page = Browser(ada).follow(ada.server_path(course.slug, server=STRANGE) + "/lab")
    assert page.status_code == 200 and "JupyterLab" in page.text


def test_an_unmodified_single_user_server_runs_under_a_name(hubs):
    if current_environment() is None:
        pytest.skip("JupyterHub cannot be had here")
    course = Course(hubs, f"hublab-{uuid.uuid4().hex[:8]}", environment="hublab")
    ada, bob = course.admit("ada-" + course.slug), course.admit("bob-" + course.slug)
    for name in ("", STRANGE):
        ada.start_and_wait(course.slug, name)
    page = ada.server_path(course.slug, server=STRANGE) + "/"
    browser = Browser(ada)
    assert browser.follow(page).status_code == 200
    kernel = browser.notebook(page.rstrip("/")).start_kernel()
    assert kernel.run("import os; print(os.environ['JUPYTERHUB_SERVER_NAME'])") == STRANGE + "\n"
    assert kernel.run("print(os.environ['JUPYTERHUB_SERVICE_PREFIX'])") == page + "\n"
    # Each lets its visitors in by itself, under a name of its own.
    assert browser.follow(ada.server_path(course.slug) + "/").status_code == 200
    names = {one.name for one in browser.http.cookies if one.name.startswith("jupyterhub-user-") and not one.name.endswith("-oauth-state")}
    assert len(names) == 2, names

    stranger = Browser(bob)
    answer = stranger.step("GET", stranger.question(page))
    assert answer.status_code == 403
    leader = Browser(course.lea)
    asked = leader.step("GET", leader.question(page))
    assert asked.status_code == 200 and ada.username in asked.text and "数" in asked.text

    # Its token is as good after a restart, and ends with it.
    old = hubs.kill_control()
    hubs.wait_for_control(other_than=old)
    who = ("import json, urllib.request as u\n"
           "r = u.Request(os.environ['JUPYTERHUB_API_URL'] + '/user', headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
           "print(json.load(u.urlopen(r))['name'])")
    assert kernel.run(who) == ada.username + "\n"
    kernel.close()

    def reported():
        return model(course, ada)[STRANGE]["last_activity"]

    assert wait_until(reported, what="a report of activity")
    assert ada.stop_server(course.slug, server=STRANGE, remove=True).status_code in (202, 204)
    wait_until(lambda: set(model(course, ada, "?include_stopped_servers")) == {""}, what="its being gone")
    assert browser.follow(ada.server_path(course.slug) + "/").status_code == 200
