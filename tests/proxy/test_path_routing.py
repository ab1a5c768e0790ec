"""The route is decided by the very path that the server gets, and by no reading of it does that belong to another."""

import posixpath
import re
import urllib.parse

import pytest
from support.proxy_process import ProxyProcess, edge_token
from support.recording_backend import RecordingBackend

#: Prefix → who is behind it. All but the root need a token of their own.
ROUTES = ["/", "/user/a", "/user/b", "/user/a b", "/user/é", "/user/a/deep", "/x"]

#: What a client sends for a target; "a" and "b" are two people.
TARGETS = [
    "/user/a/", "/user/a", "/user/a?x=1", "/user/a/lab/tree/n.ipynb", "/user/a//lab", "/user/a/lab//",
    "/user//a/", "//user/a/", "///user/a", "/user/a/./lab", "/user/./a/lab", "/./user/a", "/user/a/.", "/user/a/..",
    "/user/a/../b/", "/user/b/../a/", "/user/a/../../etc", "/user/a/%2e%2e/b/", "/user/a/%2E%2E/b/", "/user/a/.%2e/b/", "/user/a/%2e./b/",
    "/user/a/..%2fb/", "/user/a%2f..%2fb/", "/user/a/%2e%2e%2fb", "/user/a/..;/b/", "/user/a/..;x=y/b/", "/user/a/%2e%2e;/b/",
    "/user/a;/lab", "/user/a;x=/../b", "/user/a/;/../b", "/user/a/%5c..%5cb", "/user/a/..%5cb", "/user/a\\..\\b", "/user\\a",
    "/user%2fa/lab", "/user%2Fa%2Flab", "/%75ser/a/lab", "/user/%61/lab", "/user/%62/lab", "/%2fuser/a", "%2fuser%2fa", "/user/a%2fdeep/x",
    "/user/a/%2fdeep", "/user/a%00/../b", "/user/a%00", "/user/a/%00b", "/user/a%20b/lab", "/user/a+b/lab", "/user/a%2520b", "/user/a%252f..%252fb",
    "/user/a/%252e%252e/b/", "/user/%C3%A9/lab", "/user/%c3%a9/lab", "/user/%E9/lab", "/user/e%CC%81/lab", "/user/a/%c0%ae%c0%ae/b",
    "/user/a/%c0%afb", "/user/a/%e0%80%ae%e0%80%ae/b", "/user/a/%uff0e%uff0e/b", "/user/a/%", "/user/a/%2", "/user/a/%zz", "/user/a/%2e%2",
    "/user/a#/../b", "/user/a?/../../user/b", "/user/a?x=..%2fb", "/user/A/lab", "/USER/a/lab", "/user/ab", "/user/a.b", "/user/a-", "/user/a/deeper",
    "/user/a/deep/x", "/user/a/.../b", "/user/a/..../b", "/user/a/..b/", "/user/a/b..", "/x/../user/a", "/x%2f..%2fuser%2fa", "/x/%2e%2e/user/b/",
    "/user/a/lab?next=//evil", "http://h/user/a/../b", "http://h/user/b/", "http://h//user/a", "/user/a/\x7f", "/user/a/%7f", "/user/a:80/x", "/user/a@b/",
    "/user/a&/b", "/user/a,b", "/user/a/*", "*", "/user/a/%0d%0aX: y", "/user/a/%0a", "/user/a/%09",
]  # fmt: skip


def readings(target):
    """Every path that a server may make of a target: with and without joining slashes, parameters, backslashes, dots."""
    raw = target.split("?")[0]
    found = set()
    for decoded in (urllib.parse.unquote_to_bytes(raw).decode("latin-1"), raw):
        for slashes in (decoded, decoded.replace("\\", "/")):
            for bare in (slashes, re.sub(r";[^/]*", "", slashes)):
                for joined in (bare, re.sub(r"/+", "/", bare)):
                    normal = posixpath.normpath(joined)
                    found |= {joined, normal + ("/" if joined.endswith("/") and normal != "/" else "")}
    return found


def decoded(target):
    return urllib.parse.unquote_to_bytes(target.split("?")[0]).decode("latin-1")


def belongs(path, prefix):
    prefix = prefix.encode().decode("latin-1")
    return prefix == "/" or path == prefix or path.startswith(prefix + "/")


@pytest.fixture(scope="module")
def hub():
    backends = {prefix: RecordingBackend() for prefix in ROUTES}
    for backend in backends.values():
        backend.__enter__()
    with ProxyProcess() as proxy:
        for prefix, backend in backends.items():
            proxy.add_route(urllib.parse.quote(prefix), backend.url, **({} if prefix == "/" else {"auth": {"login": "/login"}}))
        yield proxy, backends
    for backend in backends.values():
        backend.__exit__()


def ask(proxy, target, tokens):
    with proxy.client() as client:
        cookies = "; ".join(f"carrel_edge={token}" for token in tokens)
        client.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n{'Cookie: ' + cookies if cookies else 'X: y'}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        return client.read_response()


def reached(backends):
    """[(prefix, target)] of all that has been received, and forgets it."""
    found = []
    for prefix, backend in backends.items():
        backend.settle()
        for connection in backend.connections:
            for line in bytes(connection.received).split(b"\r\n"):
                if line.endswith(b" HTTP/1.1"):
                    found.append((prefix, line.split(b" ")[1].decode("latin-1")))
        backend.clear()
    return found


TOKENS = {prefix: edge_token(prefix, "ada") for prefix in ROUTES if prefix != "/"}


def longest(path):
    """The route that a path belongs to when it is taken literally."""
    return max((prefix for prefix in ROUTES if belongs(path, prefix)), key=len)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_reaches_only_the_server_it_belongs_to(hub, target):
    proxy, backends = hub
    for tokens in (list(TOKENS.values()), [TOKENS["/user/a"]], []):
        answer = ask(proxy, target, tokens)
        assert answer is not None and answer.status in (200, 302, 400, 403, 404), answer
        arrived = reached(backends)
        assert len(arrived) <= 1 and (answer.status == 200) == bool(arrived)
        for prefix, received in arrived:
            sent = target.removeprefix("http://h")
            assert received == sent  # what was decided upon is what is sent on
            assert longest(decoded(sent)) == prefix
            if prefix != "/":
                assert TOKENS[prefix] in tokens
                # Whatever the server makes of the rest, it does not lead out of its own prefix.
                inside = [path for path in readings(sent) if "%" not in path]
                assert all(belongs(path, prefix) for path in inside), inside


def test_there_are_enough_of_them():
    assert len(set(TARGETS)) >= 60


def test_prefixes_are_left_out_without_leaving_them(figure):
    """With --no-include-prefix the rest must not become another path either."""
    with RecordingBackend() as backend, ProxyProcess("--no-include-prefix") as proxy:
        proxy.add_route("/user/a", backend.url)
        for target in TARGETS:
            if target == "*":
                continue
            answer = ask(proxy, target, [])
            sent = target.removeprefix("http://h")
            for _, received in reached({"/user/a": backend}):
                assert answer.status == 200 and received.startswith("/"), (target, received)
                rest = decoded(received)
                assert decoded(sent) in ("/user/a" + rest, "/user/a" + rest.removeprefix("/"), rest), (target, received)
                assert "/../" not in rest + "/", (target, received)


def test_a_careless_reading_is_found_out():
    """The control: the judge sees that these lead out of /user/a."""
    for target in ("/user/a/../b/", "/user/a/%2e%2e/b/", "/user/a/..;/b/", "/user/a/..%5cb", "/user/a%2f..%2fb/"):
        assert not all(belongs(path, "/user/a") for path in readings(target) if "%" not in path)
