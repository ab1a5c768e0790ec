"""What is too large is refused as soon as it is known to be."""

import pytest

LIMITS = [
    ("a-line-of-64k", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 65536, 431),
    ("lines-of-64k", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: " * 1 + b"a" * 999 + b"\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"a" * 999) for i in range(66)), 431),
    ("a-name-of-64k", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X" * 65536, 431),
    ("101-fields", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(100)) + b"\r\n", 431),
    ("a-target-of-17k", b"GET /" + b"a" * 17000, 414),
    ("a-target-of-17k-whole", b"GET /" + b"a" * 17000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    ("a-long-method", b"G" * 20000, 414),
    ("a-long-method-with-target", b"G" * 200 + b" / HTTP/1.1\r\n", 501),
    ("not-http", b"\x16\x03\x01", 400),
    ("empty-lines", b"\r\n\r\n\r\n", 400),
]  # fmt: skip


@pytest.mark.parametrize("name, data, status", LIMITS, ids=[name for name, _, _ in LIMITS])
def test_too_much_is_refused_before_all_of_it_has_come(proxy_of_module, backend_of_module, name, data, status):
    with proxy_of_module.client() as client:
        client.send(data)  # and nothing more: whoever waits for the end of it would wait for ever
        answer = client.read_response()
        assert answer.status == status and answer.get("Connection") == "close"
        assert client.read_to_end() == b""
    assert backend_of_module.accepted == 0


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 16000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"a" * 980) for i in range(60)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(95)) + b"\r\n",
    b"GET /" + b"a" * 16000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
], ids=["16k-line", "60k-head", "96-fields", "16k-target"])  # fmt: skip
def test_the_control_what_is_just_small_enough_passes(proxy, data):
    with proxy.client() as client:
        client.send(data)
        assert client.read_response().status == 200
