"""Requests that two servers could read in two ways, and odd ones that are right all the same.

Each malformed case hides a request for /smuggled where one of the possible readings would find it. A case is safe
when it is refused with nothing passed on, or passed on as exactly one request in a form that has one reading.
"""

HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
HOST = b"Host: h\r\n"


def post(fields, body=b"", version=b"HTTP/1.1", method=b"POST"):
    return method + b" /case " + version + b"\r\n" + HOST + fields + b"\r\n" + body


def get(fields=b"", target=b"/case", version=b"HTTP/1.1", host=HOST, tail=HIDDEN):
    return b"GET " + target + b" " + version + b"\r\n" + host + fields + b"\r\n" + tail


def transfer_encodings():
    body = b"0\r\n\r\n" + HIDDEN
    forms = {
        "blank-before-colon": b"Transfer-Encoding : chunked\r\n",
        "tab-before-colon": b"Transfer-Encoding\t: chunked\r\n",
        "folded": b"Transfer-Encoding:\r\n chunked\r\n",
        "folded-tab": b"Transfer-Encoding:\r\n\tchunked\r\n",
        "vertical-tab": b"Transfer-Encoding: \x0bchunked\r\n",
        "form-feed": b"Transfer-Encoding: \x0cchunked\r\n",
        "nul-after": b"Transfer-Encoding: chunked\x00\r\n",
        "nul-in-name": b"Transfer\x00-Encoding: chunked\r\n",
        "xchunked": b"Transfer-Encoding: xchunked\r\n",
        "chunkedx": b"Transfer-Encoding: chunkedx\r\n",
        "quoted": b'Transfer-Encoding: "chunked"\r\n',
        "single-quoted": b"Transfer-Encoding: 'chunked'\r\n",
        "identity": b"Transfer-Encoding: identity\r\n",
        "identity-chunked": b"Transfer-Encoding: identity, chunked\r\n",
        "chunked-identity": b"Transfer-Encoding: chunked, identity\r\n",
        "gzip": b"Transfer-Encoding: gzip\r\n",
        "gzip-chunked": b"Transfer-Encoding: gzip, chunked\r\n",
        "chunked-chunked": b"Transfer-Encoding: chunked, chunked\r\n",
        "chunked-comma": b"Transfer-Encoding: chunked,\r\n",
        "comma-chunked": b"Transfer-Encoding: ,chunked\r\n",
        "chunked-semicolon": b"Transfer-Encoding: chunked;q=1\r\n",
        "empty": b"Transfer-Encoding:\r\n",
        "twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "twice-identity": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "twice-other-first": b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
        "cow": b"Transfer-Encoding: cow\r\n",
        "high-bit": b"Transfer-Encoding: \xffchunked\r\n",
        "nbsp": b"Transfer-Encoding:\xa0chunked\r\n",
        "underscore": b"Transfer_Encoding: chunked\r\n",
        "bare-cr-before": b"X: a\rTransfer-Encoding: chunked\r\n",
        "bare-lf-before": b"X: a\nTransfer-Encoding: chunked\r\n",
        "leading-blank-line": b" Transfer-Encoding: chunked\r\n",
    }
    for name, form in forms.items():
        yield "te-" + name, post(b"Content-Length: %d\r\n" % len(body) + form, body)
    for name, form in forms.items():
        if name in ("xchunked", "identity", "gzip", "cow", "high-bit", "empty"):
            yield "te-alone-" + name, post(form, body)
    yield "te-and-cl", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body)
    yield "cl-after-te", post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body)
    yield "te-in-1.0", post(b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", body, b"HTTP/1.0")
    yield "te-cl-in-1.0", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body, b"HTTP/1.0")
    yield "te-and-cl-0", post(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", body)


def content_lengths():
    n = b"%d" % len(HIDDEN)
    forms = {
        "twice-different": b"Content-Length: 0\r\nContent-Length: " + n,
        "twice-different-2": b"Content-Length: " + n + b"\r\nContent-Length: 0",
        "twice-same": b"Content-Length: " + n + b"\r\nContent-Length: " + n,
        "list-same": b"Content-Length: 0, 0",
        "list-different": b"Content-Length: 0, " + n,
        "plus": b"Content-Length: +" + n,
        "minus": b"Content-Length: -" + n,
        "minus-zero": b"Content-Length: -0",
        "hex": b"Content-Length: 0x22",
        "exponent": b"Content-Length: 1e1",
        "point": b"Content-Length: 34.0",
        "blank-inside": b"Content-Length: 3 4",
        "underscore-inside": b"Content-Length: 3_4",
        "letters": b"Content-Length: " + n + b"abc",
        "empty": b"Content-Length:",
        "overflow-64": b"Content-Length: 18446744073709551616",
        "overflow-wrap": b"Content-Length: 18446744073709551650",
        "huge": b"Content-Length: " + b"9" * 200,
        "blank-before-colon": b"Content-Length : " + n,
        "folded": b"Content-Length:\r\n " + n,
        "nul": b"Content-Length: " + n + b"\x00",
        "vertical-tab": b"Content-Length: \x0b" + n,
        "quoted": b'Content-Length: "' + n + b'"',
        "semicolon": b"Content-Length: " + n + b";",
        "unicode-digits": b"Content-Length: \xd9\xa3\xd9\xa4",
        "underscore-name": b"Content_Length: " + n,
        "name-with-nul": b"Content-Length\x00: " + n,
        "comma-only": b"Content-Length: ,",
        "bare-cr": b"X: y\rContent-Length: " + n,
    }
    for name, form in forms.items():
        yield "cl-" + name, post(form + b"\r\n", HIDDEN)


def chunks():
    bodies = {
        "no-size": b"\r\nabc\r\n0\r\n\r\n",
        "minus": b"-1\r\nabc\r\n0\r\n\r\n",
        "plus": b"+3\r\nabc\r\n0\r\n\r\n",
        "hex-prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
        "blank-before": b" 3\r\nabc\r\n0\r\n\r\n",
        "blank-after": b"3 \r\nabc\r\n0\r\n\r\n",
        "tab-after": b"3\t\r\nabc\r\n0\r\n\r\n",
        "bare-lf": b"3\nabc\n0\n\n",
        "bare-lf-size": b"3\nabc\r\n0\r\n\r\n",
        "bare-cr-size": b"3\rabc\r\n0\r\n\r\n",
        "bare-lf-data": b"3\r\nabc\n0\r\n\r\n",
        "no-data-end": b"3\r\nabc0\r\n\r\n",
        "too-long-data": b"3\r\nabcd\r\n0\r\n\r\n",
        "wrong-data-end": b"3\r\nabcXX0\r\n\r\n",
        "overflow": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
        "zeros-then-overflow": b"0" * 40 + b"3\r\nabc\r\n0\r\n\r\n",
        "not-hex": b"g\r\nabc\r\n0\r\n\r\n",
        "underscore": b"0_3\r\nabc\r\n0\r\n\r\n",
        "extension-lf": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
        "extension-cr": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
        "extension-nul": b"3;\x00\r\nabc\r\n0\r\n\r\n",
        "extension-without-size": b";a=b\r\nabc\r\n0\r\n\r\n",
        "extension-huge": b"3;" + b"a" * 70000 + b"\r\nabc\r\n0\r\n\r\n",
        "trailer-lf": b"0\r\nX: a\n\r\n",
        "trailer-nul": b"0\r\nX: \x00\r\n\r\n",
        "trailer-no-name": b"0\r\n: x\r\n\r\n",
        "trailer-huge": b"0\r\nX: " + b"a" * 70000 + b"\r\n\r\n",
        "last-chunk-lf": b"0\n\n",
        "last-chunk-cr": b"0\r\n\r",
        "nul-size": b"3\x00\r\nabc\r\n0\r\n\r\n",
    }
    for name, body in bodies.items():
        yield "chunk-" + name, post(b"Transfer-Encoding: chunked\r\n", body + HIDDEN)
    # A trailer that would be a framing or routing field, if anybody took it for one: passed on without it.
    for name in (b"Content-Length: 34", b"Transfer-Encoding: chunked", b"Host: evil", b"Authorization: x", b"X-Carrel-User: root"):
        yield "chunk-trailer-" + name.split(b":")[0].decode().lower(), post(
            b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n" + name + b"\r\n\r\n"
        )


def hosts():
    forms = {
        "missing": b"",
        "twice": b"Host: h\r\nHost: h\r\n",
        "twice-different": b"Host: h\r\nHost: evil\r\n",
        "userinfo": b"Host: h@evil\r\n",
        "list": b"Host: h, evil\r\n",
        "path": b"Host: h/evil\r\n",
        "query": b"Host: h?evil\r\n",
        "fragment": b"Host: h#evil\r\n",
        "backslash": b"Host: h\\evil\r\n",
        "blank-inside": b"Host: h evil\r\n",
        "nul": b"Host: h\x00evil\r\n",
        "port-letters": b"Host: h:80a\r\n",
        "port-huge": b"Host: h:123456\r\n",
        "two-ports": b"Host: h:80:81\r\n",
        "port-userinfo": b"Host: h:80@evil\r\n",
        "open-bracket": b"Host: [::1\r\n",
        "bracket-rest": b"Host: [::1]evil\r\n",
        "empty": b"Host:\r\n",
        "percent": b"Host: h%00\r\n",
        "high-bit": b"Host: h\xe9\r\n",
        "blank-before-colon": b"Host : h\r\n",
        "folded": b"Host:\r\n h\r\n",
        "semicolon": b"Host: h;evil\r\n",
        "quoted": b'Host: "h"\r\n',
        "scheme": b"Host: http://h\r\n",
    }
    for name, form in forms.items():
        yield "host-" + name, get(host=form)
    for name, target in {
        "other": b"http://evil/case", "userinfo": b"http://h@evil/case", "no-slash": b"http:/h/case", "empty": b"http:///case",
        "scheme": b"ftp://h/case", "javascript": b"javascript://h/case", "backslash": b"http:\\\\h\\case", "port": b"http://h:81/case",
    }.items():  # fmt: skip
        yield "absolute-" + name, get(target=target)


def request_lines():
    rest = b"\r\n" + HOST + b"\r\n" + HIDDEN
    lines = {
        "http-0.9": b"GET /case",
        "two-blanks": b"GET  /case HTTP/1.1",
        "two-blanks-after": b"GET /case  HTTP/1.1",
        "trailing-blank": b"GET /case HTTP/1.1 ",
        "tabs": b"GET\t/case\tHTTP/1.1",
        "leading-blank": b" GET /case HTTP/1.1",
        "blank-in-target": b"GET /ca se HTTP/1.1",
        "nul-in-target": b"GET /ca\x00se HTTP/1.1",
        "high-bit-in-target": b"GET /\xe9 HTTP/1.1",
        "del-in-target": b"GET /\x7f HTTP/1.1",
        "fragment": b"GET /case#x HTTP/1.1",
        "backslash": b"GET /user\\case HTTP/1.1",
        "no-slash": b"GET case HTTP/1.1",
        "empty-target": b"GET  HTTP/1.1",
        "star": b"GET * HTTP/1.1",
        "version-1.2": b"GET /case HTTP/1.2",
        "version-2": b"GET /case HTTP/2.0",
        "version-short": b"GET /case HTTP/1",
        "version-long": b"GET /case HTTP/1.10",
        "version-lower": b"GET /case http/1.1",
        "version-blank": b"GET /case HTTP /1.1",
        "version-other": b"GET /case HTTQ/1.1",
        "version-1.1x": b"GET /case HTTP/1.1x",
        "version-comma": b"GET /case HTTP/1,1",
        "method-colon": b"G:T /case HTTP/1.1",
        "method-bracket": b"GET( /case HTTP/1.1",
        "method-nul": b"GE\x00T /case HTTP/1.1",
        "method-long": b"G" * 100 + b" /case HTTP/1.1",
        "method-high-bit": b"G\xc9T /case HTTP/1.1",
        "connect": b"CONNECT h:80 HTTP/1.1",
        "connect-path": b"CONNECT /case HTTP/1.1",
        "trace": b"TRACE /case HTTP/1.1",
        "h2-preface": b"PRI * HTTP/2.0",
        "bare-cr": b"GET /case\rHTTP/1.1",
        "cr-before-version": b"GET /case \rHTTP/1.1",
        "injected-line": b"GET /case HTTP/1.1\nX: y",
        "three-empty-lines": b"\r\n\r\n\r\nGET /case HTTP/1.1",
        "lf-first": b"\nGET /case HTTP/1.1",
        "target-16k": b"GET /" + b"a" * 20000 + b" HTTP/1.1",
    }
    for name, line in lines.items():
        yield "line-" + name, line + rest
    yield "line-ends-lf", b"GET /case HTTP/1.1\nHost: h\n\n" + HIDDEN
    yield "line-tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + HIDDEN


def fields():
    lines = {
        "empty-name": b": x\r\n",
        "no-colon": b"NoColon\r\n",
        "blank-in-name": b"X Y: z\r\n",
        "name-nul": b"X\x00Y: z\r\n",
        "name-high-bit": b"X\xe9: z\r\n",
        "name-paren": b"X(Y): z\r\n",
        "value-nul": b"X: a\x00b\r\n",
        "value-bell": b"X: a\x07b\r\n",
        "value-del": b"X: a\x7fb\r\n",
        "value-bare-cr": b"X: a\rb\r\n",
        "value-bare-lf": b"X: a\nb: c\r\n",
        "folded": b"X: a\r\n b\r\n",
        "first-folded": b" X: a\r\n",
        "cr-cr-lf": b"X: a\r\r\n",
        "101-fields": b"".join(b"X-%d: y\r\n" % i for i in range(101)),
        "65k-field": b"X: " + b"a" * 66000 + b"\r\n",
        "65k-name": b"X" * 66000 + b": a\r\n",
        "65k-in-lines": b"".join(b"X%d: %s\r\n" % (i, b"a" * 1000) for i in range(70)),
        "upgrade-with-body": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nContent-Length: 34\r\n",
        "upgrade-chunked": b"Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n",
        "upgrade-twice": b"Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n",
        "expect-unknown": b"Expect: 200-ok\r\n",
    }
    for name, line in lines.items():
        yield "field-" + name, get(line)


MALFORMED = [*transfer_encodings(), *content_lengths(), *chunks(), *hosts(), *request_lines(), *fields()]

#: Odd, but with exactly one reading: (name, bytes, method, target, body) as the server behind must see them.
VALID = [
    ("te-upper-case", post(b"TRANSFER-ENCODING: CHUNKED\r\n", b"3\r\nabc\r\n0\r\n\r\n"), "POST", "/case", b"abc"),
    ("te-blanks-around", post(b"Transfer-Encoding:  \t chunked \t\r\n", b"3\r\nabc\r\n0\r\n\r\n"), "POST", "/case", b"abc"),
    ("chunk-extension", post(b"Transfer-Encoding: chunked\r\n", b'3;a="b;c"\r\nabc\r\n0;x\r\n\r\n'), "POST", "/case", b"abc"),
    ("chunk-leading-zeros", post(b"Transfer-Encoding: chunked\r\n", b"0003\r\nabc\r\n000\r\n\r\n"), "POST", "/case", b"abc"),
    ("chunk-upper-hex", post(b"Transfer-Encoding: chunked\r\n", b"A\r\n0123456789\r\n0\r\n\r\n"), "POST", "/case", b"0123456789"),
    ("chunk-trailer", post(b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"), "POST", "/case", b"abc"),
    ("cl-leading-zeros", post(b"Content-Length: 003\r\n", b"abc"), "POST", "/case", b"abc"),
    ("cl-no-blank", post(b"Content-Length:3\r\n", b"abc"), "POST", "/case", b"abc"),
    ("cl-zero", post(b"Content-Length: 0\r\n"), "POST", "/case", b""),
    ("get-with-body", post(b"Content-Length: 3\r\n", b"abc", method=b"GET"), "GET", "/case", b"abc"),
    ("one-empty-line-first", b"\r\n" + get(tail=b""), "GET", "/case", b""),
    ("two-empty-lines-first", b"\r\n\r\n" + get(tail=b""), "GET", "/case", b""),
    ("absolute-form", get(target=b"http://h/case?x=1", tail=b""), "GET", "/case?x=1", b""),
    ("absolute-form-upper", get(target=b"HTTP://H/case", tail=b""), "GET", "/case", b""),
    ("http-1.0", get(version=b"HTTP/1.0", tail=b""), "GET", "/case", b""),
    ("http-1.0-no-host", get(version=b"HTTP/1.0", host=b"", tail=b""), "GET", "/case", b""),
    ("ipv6-host", get(host=b"Host: [::1]:8000\r\n", tail=b""), "GET", "/case", b""),
    ("host-empty-port", get(host=b"Host: h:\r\n", tail=b""), "GET", "/case", b""),
    ("empty-value", get(b"X-Empty:\r\n", tail=b""), "GET", "/case", b""),
    ("value-latin-1", get(b"X-Name: Andr\xe9\r\n", tail=b""), "GET", "/case", b""),
    ("value-tab", get(b"X-Tab: a\tb\r\n", tail=b""), "GET", "/case", b""),
    ("odd-names", get(b"!#$%&'*+-.^_`|~09aZ: x\r\n", tail=b""), "GET", "/case", b""),
    ("odd-method", b"M-SEARCH /case HTTP/1.1\r\n" + HOST + b"\r\n", "M-SEARCH", "/case", b""),
    ("odd-target", get(target=b"/case/;,:@!$&'()*+=~%7E?q=%zz&r=/?", tail=b""), "GET", "/case/;,:@!$&'()*+=~%7E?q=%zz&r=/?", b""),
    ("99-fields", get(b"".join(b"X-%d: y\r\n" % i for i in range(98)), tail=b""), "GET", "/case", b""),
    ("connection-list", get(b"Connection: keep-alive, , X-Hop\r\nX-Hop: 1\r\n", tail=b""), "GET", "/case", b""),
    ("other-upgrade", get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n", tail=b""), "GET", "/case", b""),
    ("delete-with-body", post(b"Content-Length: 3\r\n", b"abc", method=b"DELETE"), "DELETE", "/case", b"abc"),
]  # fmt: skip
