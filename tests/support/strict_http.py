"""A judge of HTTP/1.1 on the wire: it takes only what every server must read in the same way.

It is stricter than RFC 9112: a proxy writes each head anew, so what it passes on has no excuse for an unusual form.
"""

import dataclasses
import re

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") (/[\x21\x22\x24-\x7e]*) HTTP/1\.1")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-9][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*")
AUTHORITY = re.compile(rb"(?:[0-9A-Za-z._~-]{1,255}|\[[0-9A-Fa-f:.]{2,}\])(?::[0-9]{0,5})?")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
#: Fields that decide where a message ends or whom it is for.
DECISIVE = {b"content-length", b"transfer-encoding", b"host", b"connection", b"upgrade"}
LARGEST_HEAD = 1 << 20


class Malformed(Exception):
    """The bytes can be read in two ways, or in none."""


@dataclasses.dataclass
class Message:
    """A request (`method`, `target`) or a response (`status`), with its body once that is complete."""

    method: str = ""
    target: str = ""
    status: int = 0
    fields: list = dataclasses.field(default_factory=list)
    head: bytes = b""
    body: bytes = b""
    #: "none", "length", "chunked" or "close"
    framing: str = "none"
    length: int = 0
    complete: bool = False

    def get(self, name, default=None):
        """The value of the first field with this name."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for each, value in self.fields if each.lower() == wanted), default)

    @property
    def switches(self):
        """True when bytes in both directions follow that are no HTTP any more."""
        return self.status == 101


def read_fields(lines):
    """The fields of a head; refuses what could be understood in two ways."""
    fields = []
    for line in lines:
        match = FIELD.fullmatch(line)
        if not match:
            raise Malformed(f"field line {line[:80]!r}")
        name = match[1].lower()
        if b"_" in name and name.replace(b"_", b"-") in DECISIVE:
            raise Malformed(f"field {match[1]!r} looks like another one to a server that maps '_' to '-'")
        fields.append((match[1], match[2]))
    return fields


def read_framing(message):
    """Sets how the body ends, from the one field that may say so."""
    lengths = [value for name, value in message.fields if name.lower() == b"content-length"]
    codings = [value for name, value in message.fields if name.lower() == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise Malformed("several fields say how the body ends")
    if codings:
        if codings[0] != b"chunked":
            raise Malformed(f"Transfer-Encoding {codings[0]!r}")
        message.framing = "chunked"
    if lengths:
        if not re.fullmatch(rb"[0-9]{1,18}", lengths[0]):
            raise Malformed(f"Content-Length {lengths[0]!r}")
        message.framing, message.length = "length", int(lengths[0])


def split_head(data):
    """The lines of a head and its size, or nothing while it is incomplete. Only CRLF ends a line."""
    end = data.find(b"\r\n\r\n")
    head = data if end < 0 else data[: end + 4]
    if re.search(rb"(?<!\r)\n|\r(?!\n|\Z)", head):
        raise Malformed("a line that does not end with CRLF")
    if end < 0:
        if len(data) > LARGEST_HEAD:
            raise Malformed("an endless head")
        return None, 0
    return head[:-4].split(b"\r\n"), len(head)


def read_request_head(data):
    """The first request in `data` without its body, or nothing while the head is incomplete."""
    lines, size = split_head(data)
    if lines is None:
        return None
    match = REQUEST_LINE.fullmatch(lines[0])
    if not match:
        raise Malformed(f"request line {lines[0][:80]!r}")
    if b"\\" in match[2].split(b"?")[0]:
        raise Malformed("a backslash in the path")
    message = Message(method=match[1].decode(), target=match[2].decode(), fields=read_fields(lines[1:]), head=data[:size])
    hosts = [value for name, value in message.fields if name.lower() == b"host"]
    if len(hosts) != 1 or not AUTHORITY.fullmatch(hosts[0]):
        raise Malformed(f"Host {hosts!r}")
    if message.get("connection", "").lower() not in ("", "upgrade", "keep-alive", "close"):
        raise Malformed(f"Connection {message.get('connection')!r}")
    read_framing(message)
    return message


def read_response_head(data, method="GET"):
    """The first response in `data` without its body, or nothing while the head is incomplete."""
    lines, size = split_head(data)
    if lines is None:
        return None
    match = STATUS_LINE.fullmatch(lines[0])
    if not match:
        raise Malformed(f"status line {lines[0][:80]!r}")
    message = Message(status=int(match[1]), fields=read_fields(lines[1:]), head=data[:size])
    read_framing(message)
    if method == "HEAD" or message.status in (204, 304) or message.status < 200:
        message.framing = "none"
    elif message.framing == "none":
        message.framing = "close"
    return message


def read_chunks(data):
    """The decoded body and the bytes it took; the size is 0 while the body is incomplete. No extensions, no trailers."""
    body, at = [], 0
    while True:
        match = CHUNK.match(data, at)
        if not match:
            line_end = data.find(b"\r\n", at)
            if line_end >= 0 or not re.fullmatch(rb"[0-9A-Fa-f]{0,15}\r?", data[at:]):
                raise Malformed(f"chunk {data[at:at + 40]!r}")
            return b"".join(body), 0
        size = int(match[1], 16)
        start = match.end()
        if size == 0:
            if data[start : start + 2] == b"\r\n":
                return b"".join(body), start + 2
            if len(data) - start >= 2:
                raise Malformed("trailers")
            return b"".join(body), 0
        if len(data) >= start + size + 2 and data[start + size : start + size + 2] != b"\r\n":
            raise Malformed("a chunk without its end")
        body.append(data[start : start + size])
        at = start + size + 2
        if at > len(data):
            return b"".join(body), 0


def finish(message, data):
    """Completes `message` with the body at the start of `data`; returns the bytes it took."""
    if message.framing == "length":
        message.body = bytes(data[: message.length])
        message.complete = len(message.body) == message.length
        return len(message.body)
    if message.framing == "chunked":
        message.body, size = read_chunks(data)
        message.complete = size > 0
        return size if message.complete else len(data)
    if message.framing == "close":
        message.body = bytes(data)
        return len(data)
    message.complete = True
    return 0


def read_requests(data):
    """Every request in `data`; only the last may be incomplete. Raises Malformed."""
    requests = []
    data = bytes(data)
    while data:
        message = read_request_head(data)
        if message is None:
            break
        data = data[len(message.head) :]
        size = finish(message, data)
        data = data[size:]
        requests.append(message)
        if not message.complete:
            break
    return requests
