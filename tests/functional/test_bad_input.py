"""What people, programs and attackers send by mistake or on purpose: a clear error each time, and nothing lost."""

import http.client
import json
import threading
from urllib.parse import urlsplit

import pytest
from support.carrel_process import most_memory_ever
from support.course import Course, far_ahead
from support.portal import Background, Refused, seconds_from_now
from support.raw_http import ask, converse, statuses


def refused_field(lea, **fields):
    """The field that a refused request for a course is said to be wrong in."""
    with pytest.raises(Refused) as refused:
        lea.request_course(fields.pop("slug", "bad-input"), **fields)
    problem = refused.value.problem
    assert refused.value.status == 400 and problem["detail"] and problem["type"].startswith("urn:carrel:problem:")
    return problem["field"]


SLUGS = ["", "ab", "a" * 64, "../../etc", "a/../b", "a/b", "Course", "kurs-äöü", "курс", "a b c", "a\u0000b", "-abc", "abc-", "a.b", "😀😀😀"]


@pytest.mark.parametrize("slug", SLUGS)
def test_an_illegal_slug_is_refused(lea, slug):
    assert refused_field(lea, slug=slug) == "slug"


def test_a_slug_of_63_characters_is_taken_once(lea):
    slug = "s" * 63
    lea.request_course(slug, name="Long", **far_ahead())
    with pytest.raises(Refused) as refused:
        lea.request_course(slug, name="Long", **far_ahead())
    assert refused.value.status == 409
    assert lea.get(f"/api/v1/slugs/{slug}")["available"] is False
    assert lea.course(slug)["state"] == "pending"


FIELDS = [
    ({"starts_at": seconds_from_now(7200), "ends_at": seconds_from_now(3600)}, "ends_at"),
    ({"starts_at": seconds_from_now(-7200), "ends_at": seconds_from_now(3600)}, "starts_at"),
    ({"starts_at": "10000-01-01T00:00:00Z"}, "starts_at"),
    ({"starts_at": "9999-12-31T23:59:59Z", "ends_at": None}, "starts_at"),
    ({"starts_at": "2027-02-30T00:00:00Z"}, "starts_at"),
    ({"starts_at": "tomorrow"}, "starts_at"),
    ({"starts_at": 1800000000}, "starts_at"),
    ({"starts_at": ...}, "starts_at"),
    ({"ends_at": "10000-01-01T00:00:00Z"}, "ends_at"),
    ({"expected_participants": 0}, "expected_participants"),
    ({"expected_participants": -1}, "expected_participants"),
    ({"expected_participants": 10**9}, "expected_participants"),
    ({"expected_participants": 10**30}, "expected_participants"),
    ({"expected_participants": 1.5}, "expected_participants"),
    ({"expected_participants": "5"}, "expected_participants"),
    ({"name": "ab"}, "name"),
    ({"name": "n" * 64}, "name"),
    ({"name": "a\u0007bell"}, "name"),
    ({"description": "d" * 2049}, "description"),
    ({"description": 7}, "description"),
    ({"resources": {"cpu": 0, "memory_gib": 1, "storage_gib": 1}}, "resources.cpu"),
    ({"resources": {"cpu": 1e308, "memory_gib": 1, "storage_gib": 1}}, "resources.cpu"),
    ({"resources": {"cpu": 1, "memory_gib": 10**9, "storage_gib": 1}}, "resources.memory_gib"),
    ({"resources": {"cpu": 1, "memory_gib": 1}}, "resources.storage_gib"),
    ({"resources": {"cpu": 1, "memory_gib": 1, "storage_gib": 1, "gpu": 1}}, "resources.gpu"),
    ({"resources": "much"}, "resources"),
    ({"environment": "no-such"}, "environment"),
    ({"target": "moon"}, "target"),
    ({"state": "accepted"}, "state"),
    ({"unknown": 1}, "unknown"),
]


@pytest.mark.parametrize("fields, wrong", FIELDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_field_is_named(lea, fields, wrong):
    assert refused_field(lea, **fields) == wrong
    assert lea.get("/api/v1/slugs/bad-input")["available"] is True


BODIES = [
    b"",
    b"{",
    b'{"slug": "trunca',
    b"[]",
    b"null",
    b"7",
    b'"text"',
    b"{} {}",
    b'{"slug": "abc", }',
    b"\xff\xfe\x00",
    b'{"slug": "\xc3\x28"}',
    b'{"slug": NaN}',
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b"[" * 900_000,
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{body[:12]!r}-{len(body)}")
def test_a_body_that_is_no_object_is_refused(carrel, lea, body):
    answer = lea.request("POST", "/api/v1/courses", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json") and answer.json()["detail"]
    assert carrel.is_ready()


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_100_mib_is_refused_without_being_kept(carrel, lea, announced):
    before = {name: most_memory_ever(process) for name, process in carrel.children().items()}
    connection = http.client.HTTPConnection(urlsplit(carrel.url).netloc, timeout=60)
    connection.putrequest("POST", "/api/v1/courses")
    for key, value in {
        "Cookie": f"carrel_session={lea.http.cookies['carrel_session']}",
        "X-CSRF-Token": lea.http.headers["X-CSRF-Token"],
        "Content-Type": "application/json",
    }.items():
        connection.putheader(key, value)
    connection.putheader(*(("Content-Length", str(100 * 2**20)) if announced else ("Transfer-Encoding", "chunked")))
    connection.endheaders()
    part = b" " * 2**16
    try:
        for _ in range(100 * 2**20 // len(part)):
            connection.send(part if announced else b"%x\r\n%s\r\n" % (len(part), part))
        if not announced:
            connection.send(b"0\r\n\r\n")
    except OSError:
        pass  # It was refused before all of it was sent, which is just as well.
    try:
        assert connection.getresponse().status == 413
    except (OSError, http.client.HTTPException):
        pass  # A reset may overtake the answer, while we still send.
    connection.close()
    assert carrel.is_ready() and lea.get("/api/v1/me")
    for name, process in carrel.children().items():
        assert most_memory_ever(process) - before[name] < 50 * 2**20, name


def test_lists_refuse_silly_pages(lea):
    for query in ("limit=0", "limit=-1", "limit=201", "limit=x", "limit=1e9", "limit=99999999999999999999", "state=nonsense"):
        answer = lea.request("GET", f"/api/v1/courses?{query}")
        assert answer.status_code == 400, query
    assert lea.request("GET", "/api/v1/courses?after=%00%ff'%20OR%201=1--").status_code in (200, 400)


# Invitations and applications.


def test_a_wrong_or_replaced_invitation_opens_nothing(carrel, lea, gov, name):
    Course(carrel, name, gov, lea, deploy=False, **far_ahead())
    old = lea.invitation(name)
    new = lea.post(f"/api/v1/courses/{name}/invitation/rotate")["code"]
    visitor = carrel.anonymous()
    for code in (old, new[:-1], new + "x", new.swapcase(), "x", "%2e%2e", "'--", "a" * 5000):
        for method, path in (("GET", ""), ("POST", "/signup")):
            body = {"username": "bad-sneak", "password": "a long enough password"} if method == "POST" else None
            answer = visitor.request(method, f"/api/v1/invitations/{code}{path}", json=body)
            assert answer.status_code in (400, 404, 414, 431), (code[:40], answer.status_code)
    assert visitor.get(f"/api/v1/invitations/{new}")["course"]["slug"] == name


def test_nobody_applies_twice_or_before_the_course_is_accepted(carrel, lea, gov, name):
    lea.request_course(name, **far_ahead())
    code = lea.invitation(name)
    person = carrel.anonymous()
    with pytest.raises(Refused) as refused:
        person.sign_up(code, "bad-twice")
    assert refused.value.status == 409
    gov.post(f"/api/v1/courses/{name}/accept")
    person.sign_up(code, "bad-twice")
    assert person.apply(code)["state"] == "pending"
    answer = person.request("POST", f"/api/v1/invitations/{code}/applications", json={})
    assert answer.status_code == 409
    assert len(list(lea.items(f"/api/v1/courses/{name}/participants"))) == 1


@pytest.fixture(scope="module")
def open_course(carrel):
    """A course that takes applications."""
    return Course(carrel, "bad-names", deploy=False, **far_ahead())


@pytest.mark.parametrize("username", ["", "-a", "a/b", "../x", "a b", "ä", "a" * 64, "a\nb", "a%2fb", "x;y"])
def test_an_illegal_user_name_is_refused(carrel, open_course, username):
    code = open_course.lea.invitation(open_course.slug)
    with pytest.raises(Refused) as refused:
        carrel.anonymous().sign_up(code, username)
    assert refused.value.status == 400 and refused.value.problem["field"] == "username"


def test_names_that_differ_in_case_alone_are_the_same_person(carrel, open_course):
    code = open_course.lea.invitation(open_course.slug)
    carrel.anonymous().sign_up(code, "bad-case")
    with pytest.raises(Refused) as refused:
        carrel.anonymous().sign_up(code, "BAD-Case")
    assert refused.value.status == 409
    assert carrel.log_in("BAD-CASE", "a long enough password").get("/api/v1/me")["username"] == "bad-case"


@pytest.mark.parametrize("times", [2, 8])
def test_of_many_who_accept_at_once_one_succeeds(carrel, lea, name, times):
    lea.request_course(name, **far_ahead())
    people = [carrel.log_in("gov") for _ in range(times)]
    line = threading.Barrier(times)

    def accept(person):
        line.wait()
        return person.request("POST", f"/api/v1/courses/{name}/accept", json={}).status_code

    answers = sorted(one.result() for one in [Background(accept, person) for person in people])
    assert answers == [200] + [409] * (times - 1)
    kinds = [event["kind"] for event in lea.items(f"/api/v1/courses/{name}/events")]
    assert kinds.count("course_accepted") == 1


# The wire.


def test_a_huge_head_is_refused(carrel):
    for head in (
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 5_000 + b"\r\n",
    ):
        got = statuses(converse(carrel.url, head))
        assert got in ([], [400], [414], [431]), got
    assert carrel.is_ready()


HOST = b"Host: x\r\n"
SMUGGLED = b"GET /api/v1/options HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SMUGGLING = {
    "both lengths": b"POST /api/v1/session HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two different lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "a list of lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0, 5\r\n\r\n",
    "a signed length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +0\r\n\r\n",
    "a hexadecimal length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0x0\r\n\r\n",
    "an endless length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a tab in the coding": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "a folded field": b"POST / HTTP/1.1\r\n" + HOST + b"X: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: x\n\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rTransfer-Encoding: chunked\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nX: y\r\n\r\n",
    "a bad chunk size": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a huge chunk size": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
}


@pytest.mark.parametrize("way", SMUGGLING)
def test_a_request_that_can_be_read_in_two_ways_ends_the_connection(carrel, way):
    got = statuses(converse(carrel.url, SMUGGLING[way] + SMUGGLED))
    # One refusal, and nothing after it: what follows could be part of either reading.
    assert len(got) <= 1 and all(status in (400, 404, 411, 413, 414, 431, 501, 502, 505) for status in got), got
    assert carrel.is_ready()


def test_pipelined_requests_are_answered_in_their_order(carrel):
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    assert statuses(converse(carrel.url, one + one + SMUGGLED)) == [200, 200, 200]


def test_methods_and_paths_that_are_not_there_are_problems(carrel):
    for method, target, status in (
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/me", 405),
        ("BREW", "/api/v1/me", 405),
        ("GET", "/api/v1/courses/%ff", 400),
        ("GET", "/api/v1/%2e%2e/v1/me", 400),
    ):
        got, body = ask(carrel.url, target, method)
        assert got in (status, 401), (method, target, got, body)
        assert json.loads(body)["status"] == got if body.startswith("{") else got == 400
