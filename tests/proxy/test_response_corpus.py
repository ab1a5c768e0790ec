"""Whatever a server answers, its client gets a whole answer, an error, or a visible cut; and nobody else gets any of it."""

from response_corpus import RESPONSES
from support import strict_http
from support.naive_relay import NaiveRelay
from support.proxy_process import ProxyProcess, RawClient
from support.recording_backend import RecordingBackend, echo

CASES = {name: data for name, data, _ in RESPONSES}


def misbehave(request, connection):
    name = request.target.removeprefix("/case/")
    if name == request.target:
        echo(request, connection)
        return
    connection.send(CASES[name])
    # What is cut must be seen to be; what is poisoned has to stay open.
    if b"/poison" not in CASES[name]:
        connection.finish()


def problem_with(port, name, body):
    """"" when the client was treated well, else what happened to it."""
    try:
        with RawClient(port, timeout=5) as client:
            answer = client.ask("GET", f"/case/{name}")
            if answer is not None and answer.complete and answer.status < 500:
                if body is None or answer.body != body:
                    return f"a complete answer: {answer.status} {answer.body[:40]!r}"
            elif body is not None and (answer is None or not answer.complete):
                return "no answer"
            if not client.ended:
                try:
                    own = client.ask("GET", "/own")
                except ConnectionError:
                    own = None
                if own is not None and own.get("X-Seen") != "/own":
                    return f"the next answer is {own.head!r}"
    except (strict_http.Malformed, TimeoutError, OSError) as problem:
        return repr(problem)
    for _ in range(2):
        try:
            with RawClient(port, timeout=5) as other:
                theirs = other.ask("GET", "/theirs")
                if theirs is None or theirs.get("X-Seen") != "/theirs":
                    return f"somebody else got {theirs.head if theirs else None!r}"
        except (strict_http.Malformed, TimeoutError, OSError) as problem:
            return f"somebody else: {problem!r}"
    return ""


def judge(port):
    found = {name: problem_with(port, name, body) for name, _, body in RESPONSES}
    return {name: problem for name, problem in found.items() if problem}


def test_no_malformed_answer_passes_and_none_goes_to_somebody_else(figure):
    with RecordingBackend(misbehave) as backend, ProxyProcess() as proxy:
        proxy.add_route("/", backend.url)
        problems = judge(proxy.port)
        figure("safe", f"{len(RESPONSES) - len(problems)} of {len(RESPONSES)}")
        assert problems == {}


def test_a_relay_that_checks_nothing_is_found_out(figure):
    """The control. Each case gets a connection of its own there, or all of them would stumble over the first poison."""
    with RecordingBackend(misbehave) as backend, NaiveRelay(backend.port) as relay:
        unsafe = sum(bool(problem_with(relay.port, name, body)) for name, _, body in RESPONSES)
    figure("unsafe", f"{unsafe} of {len(RESPONSES)}")
    assert unsafe >= 0.7 * len(RESPONSES)
