"""No malformed request reaches a server in a form that could be read in two ways; no valid one is refused."""

import contextlib

import pytest
from request_corpus import MALFORMED, VALID
from support import strict_http
from support.naive_relay import NaiveRelay
from support.proxy_process import RawClient
from support.readers import RELAYS, relay


def converse(port, data):
    """Sends bytes and returns everything that comes back. Only when the other side waits for more is it told that
    there is none."""
    with RawClient(port, timeout=10) as client:
        with contextlib.suppress(ConnectionError):
            client.send(data)
        client.socket.settimeout(0.15)
        received = b""
        for last in (False, True):
            try:
                return received + client.read_to_end()
            except TimeoutError:
                received, client.data = received + client.data, b""
            if last:
                break
            with contextlib.suppress(OSError):
                client.half_close()
            client.socket.settimeout(10)
        raise AssertionError(f"no end after {received!r}")


def fence(port):
    """An ordinary request on a connection of its own must get its own answer; what was sent before is recorded then."""
    with RawClient(port) as client:
        answer = client.ask("GET", "/fence", host="h")
        assert answer is not None and answer.status == 200 and answer.get("X-Seen") == "/fence", answer


def recorded(backend):
    """Every request the backend has got, except the fence. Raises Malformed."""
    requests = []
    for connection in backend.connections:
        requests += strict_http.read_requests(connection.received)
        if connection.problem:
            raise connection.problem
    return [each for each in requests if each.target != "/fence"]


def verdict(port, backend, data):
    """"" when the proxy on `port` treats the request safely, else what was wrong."""
    backend.clear()
    received = converse(port, data)
    with contextlib.suppress(AssertionError):
        fence(port)
    try:
        requests = recorded(backend)
    except strict_http.Malformed as problem:
        return f"passed on: {problem}"
    complete = [each for each in requests if each.complete]
    answers = received.count(b"HTTP/1.1 ") - received.count(b"HTTP/1.1 100 ")
    if any("smuggled" in each.target for each in requests):
        return "the hidden request came out"
    if len(complete) > 1 or answers > 1:
        return f"{len(complete)} requests passed on, {answers} answers"
    refused = any(received.startswith(b"HTTP/1.1 %d" % kind) for kind in (4, 5)) or not received
    if complete and refused:
        return "passed on whole, and refused"
    if not complete and not refused:
        return f"answered {received[:60]!r}"
    return ""


def judge(port, backend):
    """What was wrong, by case."""
    found = {name: verdict(port, backend, data) for name, data in MALFORMED}
    return {name: problem for name, problem in found.items() if problem}


def test_malformed_requests_are_refused_or_made_unambiguous(proxy, backend, figure):
    assert len(MALFORMED) >= 120
    problems = judge(proxy.port, backend)
    fence(proxy.port)
    figure("safe", f"{len(MALFORMED) - len(problems)} of {len(MALFORMED)}")
    assert problems == {}


def accepts(port, backend, data, method, target, body):
    """Whether the server behind the proxy on `port` sees just what was meant, and the client its answer."""
    backend.clear()
    received = converse(port, data)
    try:
        return received.startswith(b"HTTP/1.1 200 ") and [(each.method, each.target, each.body) for each in recorded(backend)] == [(method, target, body)]
    except strict_http.Malformed:
        return False


@pytest.mark.parametrize("name, data, method, target, body", VALID, ids=[case[0] for case in VALID])
def test_odd_but_valid_requests_are_accepted(proxy_of_module, backend_of_module, name, data, method, target, body):
    proxy, backend = proxy_of_module, backend_of_module
    backend.clear()
    received = converse(proxy.port, data)
    assert received.startswith(b"HTTP/1.1 200 "), received
    assert [(each.method, each.target, each.body) for each in recorded(backend)] == [(method, target, body)]


def test_a_relay_that_checks_nothing_is_found_out(backend, figure):
    """The control: it passes on all that the judge must see."""
    with NaiveRelay(backend.port) as relay:
        problems = judge(relay.port, backend)
    figure("unsafe", f"{len(problems)} of {len(MALFORMED)}")
    assert len(problems) >= 0.9 * len(MALFORMED)


@pytest.mark.parametrize("name", RELAYS)
def test_the_field_in_comparison(name, backend, tmp_path, figure):
    """Another control: the judge finds well-kept servers neither perfect nor bad. It is stricter than they have to be:
    a server that forgives an odd request and then answers the hidden one as the next is counted as unsafe."""
    with relay(name, backend.port, tmp_path) as port:
        problems = judge(port, backend)
        otherwise = [case[0] for case in VALID if not accepts(port, backend, *case[1:])]
    figure("safe", f"{len(MALFORMED) - len(problems)} of {len(MALFORMED)}")
    figure("unsafe", "; ".join(f"{case}: {problem}" for case, problem in problems.items()))
    figure("valid as meant", f"{len(VALID) - len(otherwise)} of {len(VALID)}; otherwise: {' '.join(otherwise)}")
    assert 0.5 * len(MALFORMED) < len(MALFORMED) - len(problems) < len(MALFORMED)
    assert len(otherwise) < 0.5 * len(VALID)
