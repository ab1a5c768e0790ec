"""A participant's echoing server on a real platform, and everybody who uses it at once."""

import contextlib
import json
import pathlib

from .carrel_process import wait_until
from .course import Course, edge_cookie
from .visitors import Line, Visitors, WebSocketLine, Wrong

SUPPORT = pathlib.Path(__file__).resolve().parent

# An environment whose servers echo; see echo_server.py.
ECHO = f"""
[environments.echo]
command = ["/usr/bin/python3", "-I", {json.dumps(str(SUPPORT / "echo_server.py"))}, "{{socket}}"]
read_only = [{json.dumps(str(SUPPORT))}]
"""


class Guest:
    """A participant's server, as the participant's browser reaches it."""

    def __init__(self, carrel, course, username=None):
        """`course` is a `Course` whose environment is "echo", or the name of one to be made."""
        host, _, port = carrel.url.removeprefix("http://").partition(":")
        self.address = host, int(port)
        self.course = Course(carrel, course, environment="echo") if isinstance(course, str) else course
        self.person = self.course.admit(username or f"{self.course.slug}-ada")
        self.person.running_server(self.course.slug)
        self.path = self.person.server_path(self.course.slug)
        self.fields = f"Cookie: carrel_edge={edge_cookie(self.person, self.course.slug)}\r\n"

    def ask(self, line, path, body=None):
        status, _, answer = line.ask(self.path + path, self.fields, body)
        if status != 200 or answer != (self.path + path).encode() + b"|" + (body or b""):
            raise Wrong(f"{status} {answer[:80]!r} for {path}")

    def web_socket(self, path):
        return WebSocketLine(self.address, self.path + path, self.fields)


class Crowd:
    """Everybody who uses a server, and the portal, at once: each kind of visitor with an eye on what it must never see."""

    def __init__(self, guest, portal=True, sockets=40):
        self.guest, self.kept = guest, {}
        self.sockets = [guest.web_socket(f"/ws/{number}") for number in range(sockets)]
        self.visitors = {
            "on kept connections": Visitors(4, self.ask),
            "on new connections": Visitors(2, self.come),
            "on WebSockets": Visitors(2, self.chat),
        }
        if portal:
            self.visitors["of the portal"] = Visitors(2, self.look)
        self.stack = contextlib.ExitStack()

    def ask(self, number, rounds):
        line = self.kept.get(number) or self.kept.setdefault(number, Line(self.guest.address))
        try:
            self.guest.ask(line, f"/kept/{number}/{rounds}", b"b" * (rounds % 3000))
        except OSError:
            self.kept.pop(number).close()
            raise

    def come(self, number, rounds):
        with Line(self.guest.address) as line:
            self.guest.ask(line, f"/new/{number}/{rounds}")

    def chat(self, number, rounds):
        for line in self.sockets[number::2]:
            line.send_message(10_000 if rounds % 7 == 0 else 20)
        for line in self.sockets[number::2]:
            line.read_message()

    def look(self, number, rounds):
        """The control process answers these, and comes back as another one meanwhile."""
        status, _, body = self.guest_line(number).ask("/api/v1/me" if number else "/readyz")
        if status != (401 if number else 200):
            raise Wrong(f"{status} {body[:80]!r}")

    def guest_line(self, number):
        return self.kept.get(f"portal {number}") or self.kept.setdefault(f"portal {number}", Line(self.guest.address))

    def __enter__(self):
        for each in self.visitors.values():
            self.stack.enter_context(each)
        return self

    def __exit__(self, *problem):
        self.stack.__exit__(*problem)

    def wait_for_traffic(self):
        marks = {kind: each.done for kind, each in self.visitors.items()}
        wait_until(lambda: all(each.done > marks[kind] + 3 for kind, each in self.visitors.items()), 60, f"traffic, {self}")

    def faults(self):
        return {kind: each.faults for kind, each in self.visitors.items() if each.faults.counts}

    def __repr__(self):
        return ", ".join(f"{each.done} {kind}" for kind, each in self.visitors.items())
