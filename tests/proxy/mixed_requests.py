"""A server and clients that mix every kind of request that has ever left a connection in doubt.

Each request carries a tag, and each answer the tag of the request it is for.
"""

import contextlib
import random
import threading

from support import strict_http
from support.proxy_process import RawClient, edge_token

POISON = b"HTTP/1.1 200 OK\r\nX-Tag: poison\r\nContent-Length: 6\r\n\r\npoison"

#: kind → the statuses that are right; 0 is a connection that ends without a whole answer.
KINDS = {
    "plain": {200}, "plain2": {200}, "chunked": {200}, "until-close": {200}, "continue": {200}, "pipelined": {200}, "http10": {200},
    "close": {200}, "silent-close": {200}, "large": {200}, "head": {200}, "head-chunked": {200}, "no-content": {204}, "not-modified": {304},
    # A kept connection that the server has just closed: a body cannot be sent twice, so an error is right.
    "post": {200, 503}, "chunked-post": {200, 503}, "expect": {200, 503},
    # An answer to half a request: the rest may still be refused when the connection has gone.
    "early-keep": {401, 503, 0}, "early-close": {413, 503, 0},
    "short": {0, 503}, "short-chunk": {0, 503}, "long": {200}, "long-chunked": {200}, "long-head": {200}, "drop": {503}, "rubbish": {503},
    "connect": {405}, "foreign": {403}, "malformed": {400}, "abort-request": {0}, "abort-response": {0}, "abort-wait": {0},
}  # fmt: skip


def answer(request, connection):
    """What the server does with a request for /u/<user>/<kind>/<tag>."""
    kind, tag = request.target.split("/")[-2:]
    body = f"{tag} {len(request.body)} ".encode() * 3
    tagged = b"X-Tag: " + tag.encode() + b"\r\n"
    ok = b"HTTP/1.1 200 OK\r\n" + tagged
    length = b"Content-Length: %d\r\n" % len(body)
    coded = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body)
    if kind == "drop":
        connection.close()
    elif kind == "abort-wait":
        pass  # never
    elif kind in ("chunked", "long-chunked"):
        connection.send(ok + coded + b"0\r\n\r\n" + (POISON if kind == "long-chunked" else b""))
    elif kind == "short-chunk":
        connection.send(ok + coded)
        connection.finish()
    elif kind == "short":
        connection.send(ok + b"Content-Length: 1000\r\n\r\n" + body)
        connection.finish()
    elif kind == "until-close":
        connection.send(ok + b"\r\n" + body)
        connection.finish()
    elif kind == "continue":
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" + ok + length + b"\r\n" + body)
    elif kind in ("large", "abort-response"):
        body = body * (300000 // len(body))
        connection.send(ok + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    elif kind == "head-chunked":
        connection.send(ok + b"Transfer-Encoding: chunked\r\n\r\n")
    elif request.method == "HEAD":
        connection.send(ok + length + b"\r\n" + (body + POISON if kind == "long-head" else b""))
    elif kind == "no-content":
        connection.send(b"HTTP/1.1 204 No Content\r\n" + tagged + b"\r\n")
    elif kind == "not-modified":
        connection.send(b"HTTP/1.1 304 Not Modified\r\n" + tagged + length + b"\r\n")
    elif kind == "rubbish":
        connection.send(b"\0\1\2\3 rubbish\r\n\r\n" + POISON)
    elif kind == "close":
        connection.send(ok + length + b"Connection: close\r\n\r\n" + body)
        connection.finish()
    else:
        connection.send(ok + length + b"\r\n" + body + (POISON if kind == "long" else b""))
        if kind == "silent-close":
            connection.finish()


def on_head(request, connection):
    """Answers before the body has come."""
    kind, tag = request.target.split("/")[-2:]
    if kind == "early-keep":
        text = b"HTTP/1.1 401 Unauthorized\r\nX-Tag: %s\r\nContent-Length: 2\r\n\r\nno" % tag.encode()
        connection.send(text)
        connection.backend.answer_silently.add(tag)
    elif kind == "early-close":
        connection.send(b"HTTP/1.1 413 Too Large\r\nX-Tag: %s\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno" % tag.encode())
        connection.finish()
        return True
    return False


class Clients:
    """`count` requests by several threads, each on a connection that it keeps as long as it may."""

    def __init__(self, port, count, threads=8, timeout=20, seed=1, kinds=tuple(KINDS)):
        self.kinds = kinds
        self.port, self.timeout, self.seed = port, timeout, seed
        self.left, self.lock = count, threading.Lock()
        self.done, self.statuses = 0, {}
        self.wrong, self.unexpected, self.failures = [], [], []
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]

    def go(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def run(self, number):
        user = ("ada", "bob")[number % 2]
        choose = random.Random(self.seed * 1000 + number)
        client = None
        while True:
            with self.lock:
                if self.left <= 0:
                    break
                self.left -= 1
            kind, tag = choose.choice(self.kinds), f"{user}-{number}-{choose.getrandbits(48):x}"
            try:
                client = client or RawClient(self.port, self.timeout)
                status, keeps = self.one(client, user, kind, tag)
            except (strict_http.Malformed, TimeoutError) as problem:
                self.failures.append((kind, repr(problem)))
                status, keeps = -1, False
            except OSError:
                status, keeps = 0, False
            with self.lock:
                self.done += 1
                key = (kind, status)
                self.statuses[key] = self.statuses.get(key, 0) + 1
                if status >= 0 and status not in KINDS[kind]:
                    self.unexpected.append((kind, status))
            if not keeps and client:
                client.close()
                client = None
        if client:
            client.close()

    def one(self, client, user, kind, tag):
        """Makes a request; the status of its answer and whether the connection may be used again."""
        method = "HEAD" if "head" in kind else "CONNECT" if kind == "connect" else "GET"
        body = b""
        cookie = f"Cookie: carrel_edge={edge_token('/u/' + user, user)}\r\n"
        path = f"/u/{({'ada': 'bob', 'bob': 'ada'}[user]) if kind == 'foreign' else user}/{kind}/{tag}"
        fields = f"Host: h\r\n{cookie}"
        if kind in ("post", "expect", "early-keep", "early-close", "abort-request"):
            method, body = "POST", b"p" * (100000 if "early" in kind else 2000)
            fields += f"Content-Length: {len(body)}\r\n" + ("Expect: 100-continue\r\n" if kind == "expect" else "")
        if kind == "chunked-post":
            method, body, fields = "POST", b"5\r\nhello\r\n0\r\n\r\n", fields + "Transfer-Encoding: chunked\r\n"
        if kind == "malformed":
            fields += "Content-Length: 5\r\nContent-Length: 0\r\n"
        head = f"{method} {path} HTTP/1.{0 if kind == 'http10' else 1}\r\n{fields}\r\n".encode()
        if kind == "pipelined":
            other = head.replace(tag.encode(), tag.encode() + b"-2")
            client.send(head + other)
            status, keeps = self.read(client, method, tag)
            return self.read(client, method, tag + "-2") if keeps else (status, False)
        if kind == "abort-request":
            client.send(head + body[:700])
            client.reset()
            return 0, False
        with contextlib.suppress(ConnectionError):  # an early answer may be there all the same
            client.send(head + body)
        if kind == "abort-wait":
            client.close()
            return 0, False
        if kind == "abort-response":
            message = client.read_head()
            if message is not None:
                self.check(message, tag)
            client.reset()
            return 0, False
        return self.read(client, method, tag)

    def read(self, client, method, tag):
        message = client.read_response(method)
        if message is None:
            return 0, False
        self.check(message, tag)
        keeps = message.complete and message.framing != "close" and "close" not in (message.get("Connection") or "")
        return message.status if message.complete else 0, keeps and not client.ended

    def check(self, message, tag):
        found = message.get("X-Tag")
        if found is None and message.status < 400:
            self.wrong.append((tag, "an answer without a tag", message.head))
        if found not in (None, tag):
            self.wrong.append((tag, found))
        elif found and message.body and message.status == 200 and not message.body.startswith(tag.encode() + b" "):
            self.wrong.append((tag, message.body[:80]))
