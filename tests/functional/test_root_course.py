"""One hub at "/", as a JupyterHub is: `hub.root_course`. What is the same at every address is tested where it is tested for the
others: `test_jupyterhub_servers.py`, `test_rest_conformance.py`, `test_hub_services.py` and `test_nbgitpuller.py` run there too.
"""

import json

import pytest
import requests
import test_named_servers
import test_origins
import test_shares
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course, edge_cookie
from support.hub_pages import HubVisitor, fields_in
from support.jupyter import NotebookServer

STANDING = {"ends_at": ..., "environment": "probe"}


@pytest.fixture(scope="module")
def rooted():
    """A platform with two hubs of the same people, one of them at "/". ada's servers run in both."""
    with platform(root_course="rooted") as process:
        process.root = Course(process, "rooted", **STANDING)
        process.other = Course(process, "other", **STANDING)
        process.ada = process.root.admit_with_server("ada")
        process.ada.apply(process.other.lea.invitation("other"))
        process.other.lea.decide("other", "ada", "accept")
        process.ada.start_and_wait("other")
        yield process


@pytest.fixture
def visitor(rooted):
    return HubVisitor(rooted.url, "/", "ada", rooted.passwords["ada"])


def told(answer):
    assert answer.status_code == 200, (answer.status_code, answer.text[:300])
    return answer.json()


def restart_control(process):
    """Another control process, which reads the configuration anew; servers go on meanwhile."""
    process.wait_for_control(other_than=process.kill_control())


def test_pages_and_servers_are_where_a_jupyterhub_has_them(rooted, visitor):
    assert visitor.get("/hub").headers["Location"] == "/hub/"
    answer, way = visitor.follow(visitor.get("/hub/user-redirect/echo?repo=https%3A%2F%2Fx.org%2Fy.git"))
    assert way == ["/hub/login"] and fields_in(answer.text)
    answer, way = visitor.follow(visitor.log_in(next="/hub/user-redirect/echo?repo=https%3A%2F%2Fx.org%2Fy.git"))
    assert told(answer)["path"] == "/user/ada/echo?repo=https%3A%2F%2Fx.org%2Fy.git"
    assert way == ["/hub/user-redirect/echo", "/hub/spawn/ada", "/user/ada/echo", "/hub/enter", "/user/ada/echo"], way
    answer, way = visitor.follow(visitor.get("/hub/"))
    assert way[0] == "/user/ada/"
    for page in ("home", "token"):
        assert "<div id=\"root\"" in visitor.hub(page).text
    assert visitor.hub("admin").status_code == 403
    assert visitor.get("/user/nobody-here/lab").headers["Location"] == "/hub/user/nobody-here/lab"
    # The portal is where it was.
    assert "<div id=\"root\"" in visitor.get("/").text
    assert told(visitor.get("/api/v1/me"))["username"] == "ada"
    assert told(visitor.get("/api/v1/options"))["hub"]["root_course"] == "rooted"
    assert rooted.root.gov.get("/api/v1/overview")["root_course"] is None
    course = told(visitor.get("/api/v1/courses/rooted"))
    assert course["hub_url"] == "/" and told(visitor.get("/api/v1/courses/other"))["hub_url"] == "/c/other/"


@pytest.mark.parametrize("next", ["//evil.example/user/ada/", "https://evil.example/", "/c/other/user/ada/echo", "/\\evil", "/courses",
                                  "/user/../c/other/hub/home", "/api/v1/me"])
def test_it_leads_to_no_place_that_is_not_its_own(visitor, next):
    assert visitor.log_in(next=next).headers["Location"] == "/user/ada/"
    assert visitor.hub("enter", params={"next": next}).status_code == 400


def test_an_old_link_leads_on_to_where_the_hub_is_now(visitor):
    old = "/c/rooted/user/ada/echo?a=%2F"
    assert visitor.log_in(next=old).headers["Location"] == "/user/ada/echo?a=%2F"
    answer = visitor.hub("enter", params={"next": old})
    assert answer.status_code == 302 and "/user/ada" in answer.headers["Location"], answer.text


def test_what_was_asked_for_below_its_slug_is_at_the_root(rooted, visitor):
    visitor.log_in()
    for path in ("hub/home?x=1", "hub/", "hub/user-redirect/lab/tree/a%20b.ipynb?q", "user/ada/echo?a=%2F", "user/ada/", "services/x/"):
        answer = visitor.get(f"/c/rooted/{path}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/{path}")
    assert visitor.get("/c/rooted/").headers["Location"] == "/courses/rooted"
    assert visitor.get("/c/other/hub/home").status_code == 200
    # Programs are answered at both, and hear the new address.
    token = {"Authorization": "token " + rooted.root.gov.with_token(scopes=["servers"]).http.headers["Authorization"].split()[1]}
    for base in ("/c/rooted/", "/"):
        model = requests.get(f"{rooted.url}{base}hub/api/users/ada", headers=token, timeout=30, allow_redirects=False).json()
        assert model["server"] == "/user/ada/"
        assert model["servers"][""]["progress_url"] == "/hub/api/users/ada/server/progress"
    # A page of Jupyter's from before hears that its server is not there.
    stopped = visitor.step("POST", "/c/rooted/user/ada/api/sessions", headers={"Accept": "application/json"})
    assert stopped.status_code == 424 and "/c/rooted/user/ada/api/sessions" in stopped.json()["message"]
    assert requests.get(f"{rooted.url}/c/rooted/user/ada/socket", timeout=30, allow_redirects=False,
                        headers={"Connection": "Upgrade", "Upgrade": "websocket"}).status_code != 302


def test_its_cookies_reach_no_other_hub_and_no_server(rooted, visitor):
    other = HubVisitor(rooted.url, "/c/other/", "ada", rooted.passwords["ada"])
    other.http = visitor.http
    # Two forms side by side are both good.
    forms = [fields_in(hub.hub("login").text)["_xsrf"] for hub in (visitor, other)]
    assert forms == [visitor.xsrf, other.xsrf] and forms[0] != forms[1]
    assert visitor.log_in(next="/user/ada/echo").headers["Location"] == "/user/ada/echo"
    for path in ("/user/ada/echo", "/c/other/user/ada/echo", "/user/ada/echo"):
        answer, _ = visitor.follow(visitor.get(path))
        headers = dict(told(answer)["headers"])
        assert told(answer)["path"] == path
        sent = [pair.split("=")[0].strip() for pair in headers.get("Cookie", "").split(";")]
        assert not [name for name in sent if "carrel" in name.lower() or name == "_xsrf"], sent
    kept = {(one.name, one.path) for one in visitor.http.cookies}
    assert kept - {("jupyterhub-session-id", "/"), ("carrel_browser", "/")} == {("carrel_session", "/"), ("_xsrf", "/hub/"), ("_xsrf", "/c/other/hub/"),
                                                      ("carrel_edge", "/user/ada/"), ("carrel_edge", "/c/other/user/ada/")}


def test_one_hub_is_not_taken_for_the_other(rooted):
    ada = rooted.ada
    cookies = {slug: edge_cookie(ada, slug) for slug in ("rooted", "other")}
    tokens = {slug: ada.post(f"{ada.hub_base(slug)}hub/api/users/ada/tokens", {})["token"] for slug in cookies}
    for slug, own in cookies.items():
        (stranger,) = set(cookies) - {slug}
        path = rooted.url + ada.server_path(slug)
        assert NotebookServer(path, cookies={"carrel_edge": own}).get("echo")["path"] == f"{ada.server_path(slug)}/echo"
        assert NotebookServer(path, cookies={"carrel_edge": cookies[stranger]}).request("GET", "echo").status_code == 403
        api = f"{rooted.url}{ada.hub_base(slug)}hub/api"
        for name, status in ((slug, 200), (stranger, 403)):
            answer = requests.get(f"{api}/user", headers={"Authorization": f"token {tokens[name]}"}, timeout=30)
            assert answer.status_code == status, (slug, name)
    # Whoever takes part in the other alone has nothing to do with this one.
    bob = rooted.other.admit("bob")
    assert bob.request("GET", "/hub/api/users/bob").status_code in (403, 404)
    assert bob.request("GET", "/hub/enter?next=%2Fuser%2Fada%2F").status_code == 403
    assert bob.request("POST", "/hub/api/users/bob/server", json={}).status_code in (403, 404)


@pytest.mark.notebook
def test_a_kernel_runs_there():
    with platform(root_course="labs") as process:
        course = Course(process, "labs", ends_at=...)
        ada = course.admit("ada")
        kernel = ada.running_server("labs").start_kernel()
        assert kernel.run("print(6 * 7)") == "42\n"
        kernel.close()


def test_named_servers_and_shares_work_there():
    with platform(config=test_shares.SHARING, root_course="rooted") as process:
        course = Course(process, "rooted", **STANDING)
        test_named_servers.test_two_servers_stand_beside_each_other(course)
        course.ada, course.bob = process.log_in("ada-rooted"), course.admit("bob-rooted")
        course.ada.start_and_wait("rooted", "gpu")
        assert course.ada.server_path("rooted", server="gpu") == "/user/ada-rooted/gpu"
        test_shares.test_one_person_enters_one_server(course)


@pytest.mark.parametrize("kind", test_origins.KINDS)
def test_an_unmodified_server_lets_its_owner_in_on_their_own_host_name(kind):
    text = test_origins.KINDS[kind]()
    with platform(config=QUICK + (text or ""), arguments=test_origins.SETTINGS, root_course=f"own-{kind}") as process:
        process.kinds = {kind} if text else set()
        test_origins.test_an_unmodified_server_lets_its_owner_in_on_their_own_host_name(process, kind)


def test_edge_tokens_come_to_their_own_host_name():
    with platform(arguments=test_origins.SETTINGS, root_course="own-probe") as process:
        process.kinds = {"probe"}
        test_origins.test_edge_tokens_come_by_a_code_that_counts_once(process)
        test_origins.test_persons_host_names_answer_for_their_servers_alone(process)
        person = test_origins.Visitor(process.url)
        for path, status in (("/hub/api", 404), ("/hub/login", 404), ("/user/x/api/status", 424)):
            assert person.request("GET", f"https://x.hub.test{path}", headers={"Accept": "*/*"}).status_code == status, path
        page = person.request("GET", "https://x.hub.test/hub/home?a=b")
        assert page.headers["Location"] == f"{test_origins.PORTAL}/hub/home?a=b"


def test_servers_move_when_the_configuration_does():
    with platform() as process:
        course, other = (Course(process, slug, **STANDING) for slug in ("moving", "staying"))
        ada, bob = course.admit_with_server("ada"), other.admit_with_server("bob")
        assert ada.server_path("moving") == "/c/moving/user/ada"
        text = process.config.read_text()
        for root, path in (("moving", "/user/ada"), ("", "/c/moving/user/ada")):
            process.config.write_text(f'{text}\n[hub]\nroot_course = "{root}"\n')
            ada.root_course = root
            restart_control(process)
            wait_until(lambda: course.server_state("ada") == "stopped", what="the server being stopped")
            said = ada.get("/api/v1/courses/moving/servers/ada")["message"]
            assert said == "Stopped because its address has changed; start it again"
            assert other.server_state("bob") == "running" and told(bob.server("staying").request("GET", "echo"))
            assert told(ada.running_server("moving").request("GET", "echo"))["path"] == f"{path}/echo"
            # It has moved once: the next start leaves it alone.
            wait_until(lambda: process.log().count("root_course_changed") == 1 + (root == ""), what="the line about it")
            restart_control(process)
            assert told(ada.server("moving").request("GET", "echo"))["path"] == f"{path}/echo"


@pytest.mark.parametrize(("wrong", "sentence"), [
    ('root_course = "Two Words"', "hub.root_course is 'Two Words', but it is to be the slug of one course: a slug has only the letters"),
    ('root_course = "../etc"', "a slug has only the letters a to z, digits and dashes"),
    ('root_course = ["maths", "physics"]', "hub.root_course"),
    ('root_course = "maths"\nroot_course = "physics"', "root_course"),
    ("root_course = 1", "hub.root_course"),
])
def test_what_no_course_can_be_is_said_in_one_sentence(wrong, sentence):
    with_it = platform(config=f"{QUICK}[hub]\n")
    try:
        with_it.config.write_text(f"{with_it.config.read_text()}".replace("[hub]\n", f"[hub]\n{wrong}\n"))
        for command in ("check-config", "serve"):
            ended = with_it.run(command)
            assert ended.returncode == 1, (command, ended.stdout)
            (line,) = ended.stderr.strip().splitlines()
            assert line.startswith("carrel: ") and sentence in line, line
    finally:
        with_it.__exit__()


def test_a_course_that_is_not_there_or_is_no_standing_hub_is_told_of():
    with platform(root_course="ending") as process:
        assert "hub.root_course is 'ending', but there is no such course" in process.log()
        gov = process.log_in("gov")
        assert gov.get("/api/v1/overview")["root_course"] == {"slug": "ending", "problem": "missing"}
        for path in ("/hub/", "/hub/home", "/hub/user/gov/", "/hub/enter?next=%2Fuser%2Fgov%2F"):
            assert gov.request("GET", path, headers={"Accept": "text/html"}).status_code == 403, path
        for path in ("/hub/api/users", "/services/x/"):
            assert gov.request("GET", path).status_code in (403, 404), path
        # It is there as soon as there is such a course.
        course = Course(process, "ending", environment="probe")
        assert gov.get("/api/v1/overview")["root_course"] == {"slug": "ending", "problem": "ends"}
        ada = course.admit("ada")
        assert told(ada.running_server("ending").request("GET", "echo"))["path"] == "/user/ada/echo"
        restart_control(process)
        assert "hub.root_course is 'ending', but that course is no standing hub: it ends on 2" in process.log()
        assert told(ada.server("ending").request("GET", "echo"))["path"] == "/user/ada/echo"
        assert json.loads(requests.get(f"{process.url}/hub/api", timeout=30).text)["version"]
