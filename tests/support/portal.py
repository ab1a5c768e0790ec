"""Carrel's REST API as one person uses it: with a session cookie, or with a token, or as nobody."""

import datetime
import json
import threading
from urllib.parse import quote

import requests

from .jupyter import NotebookServer


class Refused(AssertionError):
    """The platform answered with an error. `status` is HTTP's, `problem` the problem+json body (or None)."""

    def __init__(self, method, path, answer):
        self.status = answer.status_code
        try:
            self.problem = answer.json()
        except ValueError:
            self.problem = None
        super().__init__(f"{method} {path}: {self.status} {answer.text[:500]}")


class Portal:
    """One person's client. Paths begin with "/"."""

    def __init__(self, url, token=None, root_course=""):
        self.url = url
        self.root_course = root_course
        self.username = None
        self.http = requests.Session()
        self.http.trust_env = False
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"

    # Requests.

    def request(self, method, path, **more):
        """The answer, whatever its status. Redirects are not followed unless asked for."""
        more.setdefault("timeout", 60)
        more.setdefault("allow_redirects", False)
        answer = self.http.request(method, self.url + path, **more)
        # As browsers do on loopback, where a `__Host-` cookie may come without TLS.
        for cookie in self.http.cookies:
            cookie.secure = False
        return answer

    def call(self, method, path, body=None, **more):
        """The JSON of a good answer (None for 204); anything else raises Refused."""
        answer = self.request(method, path, json=body, **more)
        if answer.status_code >= 400:
            raise Refused(method, path, answer)
        return answer.json() if answer.content else None

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, {} if body is None else body, **more)

    def patch(self, path, body, **more):
        return self.call("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def items(self, path):
        """All items of a list, over all its pages."""
        after = None
        while True:
            joint = "&" if "?" in path else "?"
            page = self.get(path if after is None else f"{path}{joint}after={quote(after)}")
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    # Who.

    def log_in(self, username, password):
        return self.remember(self.post("/api/v1/session", {"username": username, "password": password}))

    def remember(self, me):
        """From now on this client is the person of `me`, who has just got a session."""
        self.username = me["username"]
        self.http.headers["X-CSRF-Token"] = me["csrf_token"]
        return me

    def with_token(self, **request):
        """Another client of the same person, authorized by a new token."""
        token = self.post("/api/v1/tokens", {"note": "test", "expires_in": 3600, **request})["token"]
        other = Portal(self.url, token, self.root_course)
        other.username = self.username
        return other

    # Courses.

    def request_course(self, slug, **fields):
        """Asks for a course that starts now and ends in a day, unless `fields` say otherwise."""
        now = datetime.datetime.now(datetime.timezone.utc)
        course = {
            "slug": slug,
            "name": f"Course {slug}",
            "description": "",
            "starts_at": moment(now + datetime.timedelta(seconds=2)),
            "ends_at": moment(now + datetime.timedelta(days=1)),
            "expected_participants": 5,
            "resources": {"cpu": 1, "memory_gib": 1, "storage_gib": 1},
            "environment": self.get("/api/v1/options")["environments"][0]["name"],
            **fields,
        }
        return self.post("/api/v1/courses", {key: value for key, value in course.items() if value is not ...})

    def course(self, slug):
        return self.get(f"/api/v1/courses/{slug}")

    def invitation(self, slug):
        return self.get(f"/api/v1/courses/{slug}/invitation")["code"]

    def sign_up(self, code, username, password="a long enough password", **fields):
        """Makes an account by an invitation and stays logged in."""
        return self.remember(
            self.post(f"/api/v1/invitations/{code}/signup", {"username": username, "password": password, **fields})
        )

    def apply(self, code):
        return self.post(f"/api/v1/invitations/{code}/applications")

    def decide(self, slug, username, decision):
        """`decision` is "accept" or "reject"."""
        return self.post(f"/api/v1/courses/{slug}/participants/{quote(username)}/{decision}")

    # Servers.

    def hub_base(self, slug):
        """Where a course's hub is: "/c/<slug>/", or "/"."""
        return "/" if slug == self.root_course else f"/c/{slug}/"

    def server_path(self, slug, username=None, server=""):
        """Without the slash at its end, as JupyterHub writes it; `server` is the name of a named one."""
        path = f"{self.hub_base(slug)}user/{quote(username or self.username)}"
        return f"{path}/{quote(server, safe='@~')}" if server else path

    def server_call(self, slug, username=None, server=""):
        """Where the hub's API has this server."""
        what = f"servers/{quote(server, safe='')}" if server else "server"
        return f"{self.hub_base(slug)}hub/api/users/{quote(username or self.username)}/{what}"

    def start_server(self, slug, username=None, server=""):
        return self.request("POST", self.server_call(slug, username, server), json={})

    def stop_server(self, slug, username=None, server="", **body):
        return self.request("DELETE", self.server_call(slug, username, server), **({"json": body} if body else {}))

    def progress(self, slug, username=None, server=""):
        """The events of a start, until the server is ready or has failed."""
        for event in self.events(self.server_call(slug, username, server) + "/progress"):
            yield event
            if event.get("ready") or event.get("failed"):
                return

    def events(self, path, last_event_id=None, timeout=120):
        """The data of server-sent events, as JSON, until the connection ends or nothing came for `timeout` seconds."""
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        with self.http.get(self.url + path, headers=headers, stream=True, timeout=timeout) as answer:
            if answer.status_code != 200:
                raise Refused("GET", path, answer)
            data = []
            for line in answer.iter_lines(decode_unicode=True):
                if line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line and data:
                    yield json.loads("\n".join(data))
                    data = []

    def server(self, slug, username=None, server=""):
        """A server that runs, entered as a browser would: the edge cookie comes from the hub."""
        path = self.server_path(slug, username, server)
        answer = self.request("GET", f"{self.hub_base(slug)}hub/enter?next={quote(path + '/', safe='')}")
        if answer.status_code != 302 or "carrel_edge" not in answer.cookies:
            raise Refused("GET", f"{self.hub_base(slug)}hub/enter", answer)
        return NotebookServer(self.url + path, cookies={"carrel_edge": answer.cookies["carrel_edge"]})

    def running_server(self, slug, server=""):
        """Starts the own server, waits until it is ready, enters it."""
        self.start_and_wait(slug, server)
        return self.server(slug, server=server)

    def start_and_wait(self, slug, server=""):
        answer = self.start_server(slug, server=server)
        if answer.status_code not in (201, 202):
            raise Refused("POST", "server", answer)
        if answer.status_code == 202:
            last = None
            for last in self.progress(slug, server=server):
                pass
            assert last and last.get("ready"), f"the server did not start: {last}"


class Background(threading.Thread):
    """Runs a function beside the test; `result()` waits for it and raises what it raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function, self.arguments = function, arguments
        self.value = self.problem = None
        self.start()

    def run(self):
        try:
            self.value = self.function(*self.arguments)
        except BaseException as problem:  # noqa: B902, it is raised again in the test's thread
            self.problem = problem

    def result(self, timeout=60):
        self.join(timeout)
        assert not self.is_alive(), "still running"
        if self.problem is not None:
            raise self.problem
        return self.value


def moment(time):
    """A time as the API writes it: RFC 3339 in UTC."""
    return time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_from_now(seconds):
    return moment(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds))
