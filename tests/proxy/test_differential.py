"""Generated requests: what the server behind the proxy gets is what another strict parser reads from the same bytes."""

import contextlib
import random
import re

import pytest
from request_corpus import MALFORMED, VALID
from support import strict_http
from support.proxy_process import RawClient

PIECES = [b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\t", b"chunked", b",", b"%2f", b"0", b"5\r\nhello\r\n", b"\xff", b"Host: a\r\n", b";", b"X: y\r\n",
          b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1", b"HTTP/1.0", b"/", b"GET ", b"\r\n\r\n"]  # fmt: skip


def mutate(data, choose):
    """A few small changes anywhere."""
    for _ in range(choose.randint(0, 2)):
        at = choose.randint(0, len(data))
        kind = choose.randint(0, 3)
        if kind == 0:
            data = data[:at] + choose.choice(PIECES) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + choose.randint(1, 6) :]
        elif kind == 2:
            data = data[:at] + bytes([choose.randrange(256)]) + data[at + 1 :]
        else:
            start = choose.randint(0, len(data))
            data = data[:at] + data[start : start + choose.randint(1, 40)] + data[at:]
    return data


def read_one_by_h11(h11, data):
    """(method, target, body) of the first request and what follows it; nothing when it is incomplete, wrong or the last one."""
    connection, request, body = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 17), None, b""
    connection.receive_data(data)
    with contextlib.suppress(h11.RemoteProtocolError):
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                rest = connection.trailing_data[0]
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                more = connection.our_state is h11.DONE and connection.their_state is h11.DONE
                return (request.method, request.target, body), rest if more else b""
            else:
                break
    return None


def read_by_h11(h11, data):
    """[(method, target, body)] of the complete requests before the first thing that is wrong."""
    found = []
    while data:
        # Up to two empty lines before a request are skipped by us, none by h11; neither is a reading of its own.
        for _ in range(2):
            data = data.removeprefix(b"\r\n")
        one = read_one_by_h11(h11, data)
        if one is None:
            break
        found.append(one[0])
        data = one[1]
    return found


def read_by_proxy(proxy, backend, data):
    """The same, as the server behind the proxy gets them."""
    backend.clear()
    with RawClient(proxy.port) as client:
        with contextlib.suppress(OSError):
            client.send(data)
            client.half_close()
        client.read_to_end()
    backend.settle()
    requests = []
    for connection in backend.connections:
        assert connection.problem is None, connection.problem
        requests += [(each.method.encode(), each.target.encode("latin-1"), each.body) for each in strict_http.read_requests(connection.received) if each.complete]
    return requests


def in_origin_form(target):
    """A target in absolute form is passed on in origin form."""
    rest = re.sub(rb"^https?://[^/?]*", b"", target, flags=re.IGNORECASE)
    return rest if rest.startswith((b"/", b"*")) else b"/" + rest


def same(one, other):
    return one[0] == other[0] and one[2] == other[2] and in_origin_form(one[1]) == other[1]


def test_another_parser_reads_the_same(proxy, backend, long, figure):
    h11 = pytest.importorskip("h11", reason="h11 is not installed")
    choose = random.Random(20261121)
    seeds = [case[1] for case in VALID if len(case[1]) < 4000] * 4 + [data for _, data in MALFORMED if len(data) < 4000]
    count, passed, stricter, differ = 100000 if long else 2000, 0, 0, []
    for _ in range(count):
        data = mutate(choose.choice(seeds), choose)
        ours, theirs = read_by_proxy(proxy, backend, data), read_by_h11(h11, data)
        passed += bool(ours)
        stricter += len(ours) < len(theirs)
        # Fewer is a refusal. More, or another one, would be a way to smuggle.
        agreed = len(ours) <= len(theirs) and all(same(one, other) for one, other in zip(theirs, ours, strict=False))
        if not agreed:
            differ.append((data, ours, theirs))
    figure("requests", count)
    figure("passed on", passed)
    figure("refused where h11 is not", stricter)
    figure("disagreements", len(differ))
    assert passed > count / 20
    assert differ == [], differ[:3]


def test_a_difference_is_found():
    """The control: another body, target or method is another request."""
    one = (b"POST", b"/case", b"abc")
    assert same(one, one) and same((b"GET", b"http://h/case", b""), (b"GET", b"/case", b"")) and same((b"GET", b"HTTP://h?a", b""), (b"GET", b"/?a", b""))
    assert not any(same(one, other) for other in ((b"GET", b"/case", b"abc"), (b"POST", b"/cas", b"abc"), (b"POST", b"/case", b"ab")))
    assert not same((b"GET", b"http://h/a/case", b""), (b"GET", b"/case", b""))


def test_h11_reads_on_after_a_request():
    """The control of the reader itself: bodies, pipelined requests, and where it has to stop."""
    h11 = pytest.importorskip("h11", reason="h11 is not installed")
    first = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
    second = b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
    both = [(b"POST", b"/a", b"abc"), (b"GET", b"/b", b"")]
    assert read_by_h11(h11, first + second) == read_by_h11(h11, first + b"\r\n" + second) == both
    assert read_by_h11(h11, first + b"x\r\n" + second) == both[:1]
    assert read_by_h11(h11, first.replace(b"Host", b"Connection: close\r\nHost") + second) == both[:1]
