"""Every person on a host name of their own: unmodified `jupyterhub-singleuser`, and what answers where.

What pages can do to each other is tested in a real browser: tests/browser/origins.test.mjs.
"""

import uuid
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.jupyter import NotebookServer
from support.jupyterhub_server import current_environment, debian_environment

KINDS = {"hublab": current_environment, "hubnotebook": debian_environment}
# As behind a proxy that does TLS.
PORTAL = "https://hub.test"
SETTINGS = ("--set", f"server.public_url={PORTAL}", "--set", "server.user_domain=hub.test")


class Visitor:
    """A browser that finds every host at `url`, whatever the scheme, and keeps cookies by host and domain."""

    def __init__(self, url):
        self.url = url
        self.cookies = {}
        self.headers = {"Accept": "text/html"}

    def request(self, method, address, **more):
        parts = urlsplit(address)
        sent = {name: value for (host, name), value in self.cookies.items() if self.is_for(parts.netloc, host)}
        headers = {**self.headers, **more.pop("headers", {}), "Host": parts.netloc}
        if sent:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
        where = self.url + parts.path + (f"?{parts.query}" if parts.query else "")
        answer = requests.request(method, where, headers=headers, allow_redirects=False, timeout=60, **more)
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self.keep(parts.netloc, line)
        return answer

    def keep(self, host, line):
        pair, *attributes = [part.strip() for part in line.split(";")]
        name, _, value = pair.partition("=")
        known = {key.lower(): what for key, _, what in (each.partition("=") for each in attributes)}
        domain = known.get("domain", "").lstrip(".")
        if name.startswith("__Host-"):
            assert not domain and "secure" in known and known["path"] == "/", line
        place = f".{domain}" if domain else host
        self.cookies.pop((place, name), None)
        if known.get("max-age") != "0" and value not in ("", '""'):
            self.cookies[place, name] = value

    @staticmethod
    def is_for(host, place):
        return host == place or (place.startswith(".") and f".{host}".endswith(place))

    def follow(self, address):
        for _ in range(15):
            answer = self.request("GET", address)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return address, answer
            address = urljoin(address, answer.headers["Location"])
        raise AssertionError(f"it is sent round and round, at last to {address}")

    def log_in(self, username, password):
        body = {"username": username, "password": password}
        answer = self.request("POST", f"{PORTAL}/api/v1/session", json=body)
        assert answer.status_code in (200, 201), answer.text
        self.csrf_token = answer.json()["csrf_token"]

    def notebook(self, address):
        """The server at `address`, used with this browser's cookies."""
        host = urlsplit(address).netloc
        own = {name: value for (place, name), value in self.cookies.items() if self.is_for(host, place)}
        server = NotebookServer(self.url + urlsplit(address).path, headers={"Host": host}, cookies=own)
        server.http.headers["X-XSRFToken"] = own.get("_xsrf", "")
        return server


@pytest.fixture(scope="module")
def hubs():
    found = {name: make() for name, make in KINDS.items()}
    with platform(config=QUICK + "".join(text or "" for text in found.values()), arguments=SETTINGS) as process:
        process.kinds = {name for name, text in found.items() if text} | {"probe"}
        yield process


def running_course(hubs, environment):
    if environment not in hubs.kinds:
        pytest.skip(f"the environment {environment} cannot be had here")
    course = Course(hubs, f"own-{environment}", environment=environment)
    course.ada, course.bob = (course.admit(f"{name}-{environment}") for name in ("ada", "bob"))
    answer = course.ada.start_server(course.slug)
    last = {"ready": answer.status_code == 201}
    if answer.status_code == 202:
        *_, last = course.ada.progress(course.slug)
    assert last.get("ready"), (answer.text, last, hubs.log()[-3000:])
    return course


def origin_of(person):
    return f"https://{person.username}.hub.test"


def visitor(hubs, person):
    browser = Visitor(hubs.url)
    browser.log_in(person.username, hubs.passwords[person.username])
    return browser


@pytest.mark.parametrize("environment", KINDS)
def test_an_unmodified_server_lets_its_owner_in_on_their_own_host_name(hubs, environment):
    course = running_course(hubs, environment)
    browser = visitor(hubs, course.ada)
    path = course.ada.server_path(course.slug)
    where, answer = browser.follow(f"{PORTAL}{path}/")
    assert answer.status_code == 200, (where, answer.text[:500])
    assert where.startswith(origin_of(course.ada) + path)
    notebook = browser.notebook(origin_of(course.ada) + path)
    made = notebook.request("POST", "api/kernels", json={"name": "python3"})
    assert made.status_code == 201, made.text
    host = urlsplit(origin_of(course.ada)).netloc
    kernel = notebook.connect(made.json()["id"], host=host, origin=origin_of(course.ada))
    assert kernel.run("print(6 * 7)").strip() == "42"

    # Nobody gets a code sent anywhere but there, and the cookies are worth nothing elsewhere.
    other = visitor(hubs, course.bob)
    _, refused = other.follow(f"{origin_of(course.ada)}{path}/")
    assert refused.status_code in (403, 404)
    assert browser.request("GET", f"{origin_of(course.bob)}{path}/api/kernels", headers={"Accept": "*/*"}).status_code == 403
    assert browser.request("GET", f"{PORTAL}{path}/api/kernels", headers={"Accept": "*/*"}).status_code == 403

    out = browser.request("DELETE", f"{PORTAL}/api/v1/session", headers={"X-CSRF-Token": browser.csrf_token})
    assert out.status_code == 204
    wait_until(lambda: browser.request("GET", f"{origin_of(course.ada)}{path}/api/kernels").status_code in (302, 403),
               what="the server noticing the log-out")


def test_servers_of_two_courses_do_not_push_each_others_log_in_out(hubs):
    if "hublab" not in hubs.kinds:
        pytest.skip("the environment hublab cannot be had here")
    courses = [Course(hubs, f"own-cookie-{number}", environment="hublab") for number in (1, 2)]
    ada = courses[0].admit("ada-cookie")
    ada.apply(courses[1].lea.invitation(courses[1].slug))
    courses[1].lea.decide(courses[1].slug, ada.username, "accept")
    browser = visitor(hubs, ada)
    pages = []
    for course in courses:
        ada.start_and_wait(course.slug)
        pages.append(f"{origin_of(ada)}{ada.server_path(course.slug)}/api/contents")
        assert browser.follow(f"{PORTAL}{ada.server_path(course.slug)}/")[1].status_code == 200
    # The log-in of the first is good after that of the second, without asking the hub again.
    for page in pages + pages:
        assert browser.request("GET", page, headers={"Accept": "*/*"}).status_code == 200, page
    own = {name for _, name in browser.cookies if name.startswith("__Host-jupyterhub-user-") and "oauth-state" not in name}
    assert own == {f"__Host-jupyterhub-user-{ada.username}*{course.slug}" for course in courses}


def test_edge_tokens_come_by_a_code_that_counts_once(hubs):
    course = running_course(hubs, "probe")
    path = course.ada.server_path(course.slug)
    browser = visitor(hubs, course.ada)
    code, seen = None, []
    address = f"{PORTAL}{path}/echo?x=%2F&y"
    while (answer := browser.request("GET", address)).status_code == 302:
        seen.append(address)
        assert len(seen) < 15, f"it is sent round and round: {seen}"
        address = urljoin(address, answer.headers["Location"])
        code = address if "/hub/arrive?" in address else code
    assert answer.json()["path"] == f"{path}/echo?x=%2F&y"
    assert address == f"{origin_of(course.ada)}{path}/echo?x=%2F&y"
    headers = dict(answer.json()["headers"])
    assert "carrel" not in headers.get("Cookie", "").lower()
    # Somebody who has seen the address comes too late.
    thief = Visitor(hubs.url)
    again = thief.request("GET", code)
    assert again.headers["Location"].startswith(f"{PORTAL}{course.base}hub/enter?") and not thief.cookies
    # A browser that is logged in goes on as if nothing were.
    assert browser.follow(code)[1].status_code == 200


def test_two_servers_of_one_person_are_entered_side_by_side(hubs):
    course = Course(hubs, "own-two", environment="probe")
    ada = course.admit("ada-two")
    for server in ("", "my second"):
        assert ada.start_server(course.slug, server=server).status_code in (201, 202)
        wait_until(lambda name=server: ada.get(ada.server_call(course.slug).removesuffix("/server")).get("servers", {})
                   .get(name, {}).get("ready"), what=f"the server {server!r}")
    browser = visitor(hubs, ada)
    for _ in range(2):
        for server in ("", "my second"):
            path = ada.server_path(course.slug, server=server)
            _, answer = browser.follow(f"{PORTAL}{path}/echo")
            assert answer.json()["path"] == f"{path}/echo"
    assert sum(name.startswith("__Host-carrel_edge") for _, name in browser.cookies) == 2


def test_persons_host_names_answer_for_their_servers_alone(hubs):
    gov = Visitor(hubs.url)
    gov.log_in("gov", hubs.passwords["gov"])
    person = f"https://x{uuid.uuid4().hex[:8]}.hub.test"
    for path in ("/api/v1/me", "/api/v1/options", "/metrics", "/c/x/hub/api", "/healthz", "/assets/x.js"):
        assert gov.request("GET", person + path, headers={"Accept": "*/*"}).status_code == 404, path
    assert gov.request("POST", f"{person}/api/v1/session", json={"username": "gov", "password": hubs.passwords["gov"]}).status_code == 404
    page = gov.request("GET", f"{person}/courses?a=b")
    assert page.headers["Location"] == f"{PORTAL}/courses?a=b"
    assert gov.request("GET", f"{person}/c/x/user/y/api/status", headers={"Accept": "*/*"}).status_code == 424
    assert gov.request("GET", f"{PORTAL}/api/v1/me").status_code == 200
    # A cookie without its bound name, which anybody below the domain could have planted, is nobody's.
    planted = Visitor(hubs.url)
    planted.cookies = {(".hub.test", "carrel_session"): gov.cookies["hub.test", "__Host-carrel_session"]}
    assert planted.request("GET", f"{PORTAL}/api/v1/me").status_code == 401
