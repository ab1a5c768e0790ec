"""The pages of a course's hub that links, clients and scripts rely on."""

import uuid
from urllib.parse import quote, urlencode

import pytest
import requests
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.hub_pages import HubVisitor

BROKEN = """
[environments.broken]
command = ["/bin/sh", "-c", "echo the kernel is out of corn >&2; exit 3"]
"""


def visitor_of(course, name=None):
    name = name or f"pages-{uuid.uuid4().hex[:8]}"
    if name not in course.carrel.passwords:
        course.admit(name)
    return HubVisitor(course.carrel.url, f"/c/{course.slug}/", name, course.carrel.passwords[name])


@pytest.fixture
def ada(probe_course):
    """Whose server does not run."""
    visitor = visitor_of(probe_course, "pages-ada")
    assert visitor.log_in().status_code == 302
    return visitor


def test_a_link_for_everybody_leads_through_log_in_and_start_to_the_page(probe_course):
    visitor = visitor_of(probe_course)
    link = f"{visitor.base}hub/user-redirect/echo/%C3%9Cbung%201?" + urlencode({"repo": "https://example.org/x.git", "urlpath": "lab/tree/x/"})
    to_form = visitor.get(link)
    assert to_form.headers["Location"] == f"{visitor.base}hub/login?next={quote(link, safe='')}"
    answer, way = visitor.follow(visitor.log_in(next=link))
    if answer.url.split("?")[0].endswith(f"/hub/spawn-pending/{visitor.username}"):
        # Slower than a second: the page waits for it, and so does whoever has no scripts.
        wait_until(lambda: visitor.get(answer.url).status_code == 302, what="the server being ready")
        answer, more = visitor.follow(visitor.get(answer.url))
        way += more
    assert answer.status_code == 200, (way, answer.text[:300])
    told = answer.json()
    assert told["path"] == f"{visitor.base}user/{visitor.username}/echo/%C3%9Cbung%201?repo=https%3A%2F%2Fexample.org%2Fx.git&urlpath=lab%2Ftree%2Fx%2F"
    # It runs now, and the link is as good as before.
    answer, way = visitor.follow(visitor.get(link))
    assert answer.status_code == 200 and answer.json()["path"] == told["path"], way


def test_the_pages_are_there(ada):
    assert ada.get(f"{ada.base}hub").status_code == 301
    for page in ("home", "token"):
        answer = ada.hub(page)
        assert answer.status_code == 200 and '<div id="root">' in answer.text, page
        assert answer.headers["X-JupyterHub-Version"] and "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert ada.hub("admin").status_code == 403
    lea = HubVisitor(ada.url, ada.base)
    lea.http.cookies.update({"carrel_session": "nonsense"})
    assert lea.hub("admin").status_code == 302


def test_a_leader_sees_the_administration(probe_course):
    visitor = HubVisitor(probe_course.carrel.url, f"/c/{probe_course.slug}/", "lea", probe_course.carrel.passwords["lea"])
    visitor.log_in()
    assert visitor.hub("admin").status_code == 200


def test_a_stopped_server_is_said_to_be_stopped(ada):
    address = f"{ada.base}user/{ada.username}/lab/tree/a%20b"
    answer, way = ada.follow(ada.get(address))
    assert answer.status_code == 424 and way == [f"{ada.base}hub/user/{ada.username}/lab/tree/a%20b"]
    assert f'{ada.base}hub/spawn/{ada.username}?next={quote(address, safe="")}' in answer.text
    for method, path in (("GET", "api/status"), ("POST", "api/kernels"), ("DELETE", "x"), ("PATCH", "api/contents/a%2Fb")):
        answer = ada.step(method, f"{ada.base}user/{ada.username}/{path}")
        assert answer.status_code == 424, (method, path, answer.text)
        assert answer.json()["message"].endswith(f"Restart the server at {ada.url}{ada.base}hub/spawn/{ada.username}")
    assert ada.get(address, headers={"Accept": "application/json"}).status_code == 424


def test_others_have_nothing_to_do_with_it(probe_course, ada):
    bob = visitor_of(probe_course)
    bob.log_in()
    for path in (f"user/{ada.username}/lab", f"spawn/{ada.username}", f"spawn-pending/{ada.username}", "user/nobody/", "spawn/nobody"):
        assert bob.hub(path).status_code == 404, path
    assert bob.step("POST", f"{ada.base}user/{ada.username}/api/kernels").status_code == 404
    assert HubVisitor(ada.url, ada.base).step("POST", f"{ada.base}user/{ada.username}/api/kernels").status_code == 403


@pytest.mark.parametrize("rest", ["/../../another/", "/%2e%2e/x", "/a/%2E%2E/%2E%2E/%2E%2E/x", "/a%2F..%2F..%2Fb", "//evil.example", "/%5C..%5Cx",
                                  "/a%0d%0aSet-Cookie:x=y", "/%00"])
def test_no_path_leads_out_of_the_server(ada, rest):
    session = requests.Session()
    session.cookies.update(ada.http.cookies)
    prepared = session.prepare_request(requests.Request("GET", ada.url))
    prepared.url = f"{ada.url}{ada.base}hub/user-redirect{rest}"
    answer = session.send(prepared, allow_redirects=False, timeout=30)
    assert answer.status_code in (400, 404), (answer.status_code, answer.headers)
    assert "Location" not in answer.headers and "x" not in answer.cookies


@pytest.mark.parametrize("path", ["%C3%9Cbung%20%F0%9F%A6%89/n%40m.ipynb", "x" * 255, "a%2Fb%2Fc", "%E2%80%AE%20evil"])
def test_odd_names_survive(ada, path):
    address = f"{ada.base}user/{ada.username}/lab/tree/{path}"
    spawn = ada.hub(f"user-redirect/lab/tree/{path}").headers["Location"]
    assert spawn == f"{ada.base}hub/spawn/{ada.username}?next={quote(address, safe='')}"
    answer, way = ada.follow(ada.get(address))
    assert answer.status_code == 424 and f"next={quote(address, safe='')}" in answer.text


def test_a_failed_start_says_why():
    with platform(config=QUICK + BROKEN) as process:
        course = Course(process, "broken", environment="broken")
        ada = visitor_of(course)
        ada.log_in()
        answer, way = ada.follow(ada.hub("spawn"))
        assert way == [f"{ada.base}hub/spawn-pending/{ada.username}"]
        wait_until(lambda: ada.get(answer.url).status_code == 500, what="the failure")
        page = ada.get(answer.url)
        assert "out of corn" in page.text
        assert ada.hub(f"user/{ada.username}/lab").headers["Location"].startswith(way[0])


def test_what_needs_no_login_is_there(probe_course):
    nobody = HubVisitor(probe_course.carrel.url, f"/c/{probe_course.slug}/")
    health = nobody.hub("health")
    assert health.status_code == 200 and health.content == b""
    for code in (404, 503):
        assert nobody.hub(f"error/{code}?url=%2Fx").status_code == 200
    assert nobody.hub("logo").headers["Content-Type"] == "image/svg+xml"
    assert nobody.hub("static/favicon.ico").status_code == 200
    assert nobody.hub("static/../../x").status_code == 404
    assert nobody.step("POST", f"{nobody.base}hub/security/csp-report", data="{}").status_code == 204
    assert nobody.get("/hub.css").status_code == 200
