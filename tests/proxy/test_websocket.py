"""WebSockets through the proxy are what they are without it, byte for byte."""

import struct

import pytest
from support.proxy_process import ProxyProcess, RawClient
from support.websocket_echo import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocketEcho, frame

MASK = b"\x12\x34\x56\x78"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
EURO = "κόσμε €".encode()


def put(opcode, payload=b"", final=True, mask=MASK, reserved=0):
    return frame(opcode, payload, final, mask, reserved)


BYE = put(CLOSE, struct.pack("!H", 1000))
CASES = {}
for size in (0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20):
    CASES[f"text-{size}"] = [put(TEXT, b"*" * size), BYE]
    CASES[f"binary-{size}"] = [put(BINARY, b"\xfe" * size), BYE]
for code in (1000, 1001, 1002, 1003, 1007, 1011, 3000, 3999, 4000, 4999, 0, 999, 1004, 1005, 1006, 1016, 2999, 5000, 65535):
    CASES[f"close-{code}"] = [put(CLOSE, struct.pack("!H", code) + b"why")]
CASES |= {
    "ping": [put(PING), BYE],
    "ping-payload": [put(PING, b"payload"), BYE],
    "ping-125": [put(PING, b"p" * 125), BYE],
    "ping-126": [put(PING, b"p" * 126), BYE],
    "pings-10": [put(PING, b"%d" % i) for i in range(10)] + [BYE],
    "pong-unasked": [put(PONG, b"x"), put(TEXT, b"after"), BYE],
    "fragments": [put(TEXT, b"one", False), put(CONTINUATION, b"two", False), put(CONTINUATION, b"three"), BYE],
    "fragments-ping-between": [put(TEXT, b"one", False), put(PING, b"p"), put(CONTINUATION, b"two"), BYE],
    "fragments-1000": [put(BINARY, b"a", False)] + [put(CONTINUATION, b"b", False)] * 998 + [put(CONTINUATION, b"c"), BYE],
    "fragment-new-message": [put(TEXT, b"one", False), put(TEXT, b"two")],
    "continuation-of-nothing": [put(CONTINUATION, b"x")],
    "fragmented-ping": [put(PING, b"x", False)],
    "reserved-bit": [put(TEXT, b"x", reserved=4)],
    "unknown-opcode": [put(3, b"x")],
    "unknown-control": [put(11, b"x")],
    "unmasked": [put(TEXT, b"x", mask=None)],
    "zero-mask": [put(TEXT, b"hello", mask=bytes(4)), BYE],
    "utf-8": [put(TEXT, EURO), BYE],
    "utf-8-across-fragments": [put(TEXT, EURO[:1], False)] + [put(CONTINUATION, EURO[i : i + 1], False) for i in range(1, len(EURO))]
    + [put(CONTINUATION), BYE],
    "utf-8-broken": [put(TEXT, b"\xce\xba\xed\xa0\x80")],
    "utf-8-cut": [put(TEXT, EURO[:1])],
    "utf-8-overlong": [put(TEXT, b"\xc0\xaf")],
    "binary-not-utf-8": [put(BINARY, b"\xc0\xaf"), BYE],
    "close-empty": [put(CLOSE)],
    "close-one-byte": [put(CLOSE, b"\x03")],
    "close-bad-reason": [put(CLOSE, b"\x03\xe8\xff")],
    "after-close": [BYE, put(TEXT, b"late")],
    "many-small": [put(TEXT, b"%d" % i) for i in range(1000)] + [BYE],
}  # fmt: skip


def converse(port, frames, piece):
    """All that comes back. `piece`: how many bytes are sent at once, so that frames are cut anywhere."""
    with RawClient(port, timeout=30) as client:
        client.send(HANDSHAKE)
        assert client.read_response().status == 101
        data = b"".join(frames)
        for at in range(0, len(data), piece):
            client.send(data[at : at + piece])
        client.half_close()
        return client.read_to_end()


@pytest.fixture(scope="module")
def ports():
    with WebSocketEcho() as echo, ProxyProcess() as proxy:
        proxy.add_route("/", echo.url)
        yield echo.port, proxy.port


@pytest.mark.parametrize("name", CASES)
def test_through_the_proxy_is_as_without_it(ports, name):
    direct, through = ports
    wanted = converse(direct, CASES[name], 1 << 30)
    assert wanted
    assert converse(through, CASES[name], 1 << 30) == wanted
    assert converse(through, CASES[name], 7 if len(b"".join(CASES[name])) < 2000 else 4099) == wanted


def test_the_answers_differ_by_case(ports):
    """The control: an echo that said the same to everything would be equal everywhere."""
    assert len(CASES) >= 60
    assert len({converse(ports[0], CASES[name], 1 << 30) for name in CASES}) > 40
