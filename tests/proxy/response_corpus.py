"""Answers of a server that is broken or means ill.

(name, bytes, body): `body` is what a client may get, besides an error or a visibly cut answer; nothing means that no
complete answer may reach it. Where there is more than one answer, the second is poison for whoever asks next.
"""

POISON = b"HTTP/1.1 200 OK\r\nX-Seen: /poison\r\nContent-Length: 6\r\n\r\npoison"


def ok(fields, body=b"", line=b"HTTP/1.1 200 OK"):
    return line + b"\r\n" + fields + b"\r\n" + body


def status_lines():
    rest = b"\r\nContent-Length: 2\r\n\r\nhi" + POISON
    lines = {
        "empty": b"",
        "no-version": b"200 OK",
        "lower": b"http/1.1 200 OK",
        "version-2": b"HTTP/2.0 200 OK",
        "version-1.2": b"HTTP/1.2 200 OK",
        "version-9": b"HTTP/9.9 200 OK",
        "no-minor": b"HTTP/1 200 OK",
        "two-blanks": b"HTTP/1.1  200 OK",
        "tab": b"HTTP/1.1\t200 OK",
        "status-short": b"HTTP/1.1 20 OK",
        "status-long": b"HTTP/1.1 2000 OK",
        "status-zero": b"HTTP/1.1 000 OK",
        "status-letters": b"HTTP/1.1 2xx OK",
        "status-minus": b"HTTP/1.1 -200 OK",
        "status-plus": b"HTTP/1.1 +20 OK",
        "reason-nul": b"HTTP/1.1 200 O\x00K",
        "reason-cr": b"HTTP/1.1 200 O\rK",
        "reason-bell": b"HTTP/1.1 200 \x07",
        "garbage": b"\x00\x01\x02\x03" * 40,
        "html": b"<html>hello</html>",
        "icy": b"ICY 200 OK",
        "ssh": b"SSH-2.0-OpenSSH_9.2",
        "request": b"GET / HTTP/1.1",
    }
    for name, line in lines.items():
        yield "status-" + name, line + rest, None
    yield "status-lf", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi" + POISON, None
    yield "status-endless", b"HTTP/1.1 200 " + b"x" * 100000, None
    for status in (99, 600, 999):
        text = b"HTTP/1.1 %d Odd" % status + rest
        yield f"status-{status}", text, (b"hi" if status != 99 else None)


def framings():
    forms = {
        "two-lengths": b"Content-Length: 2\r\nContent-Length: 60\r\n",
        "two-same-lengths": b"Content-Length: 2\r\nContent-Length: 2\r\n",
        "length-list": b"Content-Length: 2, 60\r\n",
        "length-plus": b"Content-Length: +2\r\n",
        "length-minus": b"Content-Length: -1\r\n",
        "length-hex": b"Content-Length: 0x2\r\n",
        "length-letters": b"Content-Length: 2x\r\n",
        "length-empty": b"Content-Length:\r\n",
        "length-overflow": b"Content-Length: 18446744073709551618\r\n",
        "length-and-chunked": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "chunked-and-length": b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "chunked-twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "xchunked": b"Transfer-Encoding: xchunked\r\n",
        "identity": b"Transfer-Encoding: identity\r\n",
        "gzip-chunked": b"Transfer-Encoding: gzip, chunked\r\n",
        "chunked-gzip": b"Transfer-Encoding: chunked, gzip\r\n",
        "blank-before-colon": b"Content-Length : 2\r\n",
        "folded": b"Content-Length:\r\n 2\r\n",
        "field-nul": b"X: a\x00b\r\nContent-Length: 2\r\n",
        "field-cr": b"X: a\rb\r\nContent-Length: 2\r\n",
        "field-lf": b"X: a\nSet-Cookie: b=c\r\nContent-Length: 2\r\n",
        "field-no-colon": b"Nonsense\r\nContent-Length: 2\r\n",
        "field-no-name": b": x\r\nContent-Length: 2\r\n",
        "first-folded": b" X: y\r\nContent-Length: 2\r\n",
        "101-fields": b"".join(b"X-%d: y\r\n" % i for i in range(101)) + b"Content-Length: 2\r\n",
        "65k-field": b"X: " + b"a" * 70000 + b"\r\nContent-Length: 2\r\n",
        "underscore": b"Content_Length: 60\r\nContent-Length: 2\r\n",
    }
    for name, form in forms.items():
        yield "framing-" + name, ok(form, b"hi" + POISON), (b"hi" if name == "underscore" else None)
    yield "framing-chunked-1.0", ok(b"Transfer-Encoding: chunked\r\n", b"2\r\nhi\r\n0\r\n\r\n", b"HTTP/1.0 200 OK"), None
    yield "framing-too-long", ok(b"Content-Length: 2\r\n", b"hi" + POISON), b"hi"
    yield "framing-too-long-0", ok(b"Content-Length: 0\r\n", POISON), b""
    yield "framing-too-short", ok(b"Content-Length: 10\r\n", b"hi"), None
    yield "framing-204-body", ok(b"", POISON, b"HTTP/1.1 204 No Content"), b""
    yield "framing-204-length", ok(b"Content-Length: 2\r\n", b"hi" + POISON, b"HTTP/1.1 204 No Content"), b""
    yield "framing-304-length", ok(b"Content-Length: 2\r\n", POISON, b"HTTP/1.1 304 Not Modified"), b""
    yield "framing-304-chunked", ok(b"Transfer-Encoding: chunked\r\n", b"2\r\nhi\r\n0\r\n\r\n" + POISON, b"HTTP/1.1 304 Not Modified"), b""


def chunks():
    bodies = {
        "size-missing": b"\r\nhi\r\n0\r\n\r\n",
        "size-minus": b"-2\r\nhi\r\n0\r\n\r\n",
        "size-hex-prefix": b"0x2\r\nhi\r\n0\r\n\r\n",
        "size-letters": b"xyz\r\nhi\r\n0\r\n\r\n",
        "size-overflow": b"10000000000000002\r\nhi\r\n0\r\n\r\n",
        "size-blank": b"2 \r\nhi\r\n0\r\n\r\n",
        "size-lf": b"2\nhi\r\n0\r\n\r\n",
        "data-lf": b"2\r\nhi\n0\r\n\r\n",
        "data-no-end": b"2\r\nhi0\r\n\r\n",
        "data-too-long": b"2\r\nhi!\r\n0\r\n\r\n",
        "last-lf": b"2\r\nhi\r\n0\n\n",
        "extension-huge": b"2;" + b"a" * 70000 + b"\r\nhi\r\n0\r\n\r\n",
        "trailer-huge": b"2\r\nhi\r\n0\r\nX: " + b"a" * 70000 + b"\r\n\r\n",
        "trailer-nul": b"2\r\nhi\r\n0\r\nX: \x00\r\n\r\n",
        "cut-in-size": b"2\r\nhi\r\n0",
        "cut-in-data": b"ffff\r\nhi",
        "cut-before-end": b"2\r\nhi\r\n0\r\n",
    }
    for name, body in bodies.items():
        yield "chunk-" + name, ok(b"Transfer-Encoding: chunked\r\n", body + (b"" if "cut" in name else POISON)), None
    yield "chunk-then-more", ok(b"Transfer-Encoding: chunked\r\n", b"2\r\nhi\r\n0\r\n\r\n" + POISON), b"hi"
    yield "chunk-trailer-length", ok(b"Transfer-Encoding: chunked\r\n", b"2\r\nhi\r\n0\r\nContent-Length: 9\r\n\r\n"), None


def interims():
    final = ok(b"Content-Length: 2\r\n", b"hi")
    yield "interim-100", b"HTTP/1.1 100 Continue\r\n\r\n" + final, b"hi"
    yield "interim-103", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + final, b"hi"
    yield "interim-199", b"HTTP/1.1 199 Odd\r\n\r\n" + final, b"hi"
    yield "interim-flood", b"HTTP/1.1 100 Continue\r\n\r\n" * 5000 + final, b"hi"
    yield "interim-with-length", b"HTTP/1.1 100 Continue\r\nContent-Length: %d\r\n\r\n" % len(final) + final, b"hi"
    yield "interim-chunked", b"HTTP/1.1 103 Hints\r\nTransfer-Encoding: chunked\r\n\r\n" + final, b"hi"
    yield "interim-then-nothing", b"HTTP/1.1 100 Continue\r\n\r\n", None
    yield "interim-101", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + POISON, None
    yield "interim-101-bare", b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + POISON, None
    yield "interim-malformed", b"HTTP/1.1 100 Continue\r\nX : y\r\n\r\n" + final, None


def ends():
    yield "end-at-once", b"", None
    yield "end-in-status-line", b"HTTP/1.1 20", None
    yield "end-in-head", b"HTTP/1.1 200 OK\r\nContent-Le", None
    yield "end-after-head", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", None
    yield "end-is-the-frame", b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"
    yield "end-is-the-frame-1.0", b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"


RESPONSES = [*status_lines(), *framings(), *chunks(), *interims(), *ends()]
