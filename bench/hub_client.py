"""A small HTTP client that costs little, for measuring hubs: kept connections, many calls at once, on one thread."""

import asyncio
import json
import time


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def json(self):
        return json.loads(self.body)

    def cookies(self):
        return dict(value.split(";", 1)[0].split("=", 1) for name, value in self.fields if name == "set-cookie")


class Connection:
    """One kept connection; opened anew when the peer has closed it."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def call(self, method, path, body=None, **fields):
        for attempt in (1, 2):
            used = self.writer is not None
            if not used:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 26)
            try:
                return await self.exchange(method, path, body, fields)
            except (asyncio.IncompleteReadError, ConnectionError):
                # A kept connection may have been closed while it was idle; a fresh one has no such excuse.
                self.close()
                if attempt == 2 or not used:
                    raise
        return None

    async def exchange(self, method, path, body, fields):
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value is not None]
        if body is not None or method in ("POST", "PUT", "PATCH"):
            body = b"" if body is None else body
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b""))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        answer = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)]
        named = dict(answer)
        if named.get("transfer-encoding") == "chunked":
            content = b""
            while size := int(await self.reader.readline(), 16):
                content += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readline()
        else:
            content = await self.reader.readexactly(int(named.get("content-length", 0)))
        if named.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, answer, content)

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


async def at_once(port, count, items, work):
    """Has `count` connections do `work(connection, item)` for all items. Gives seconds in all and for each."""
    queue, spent = list(reversed(items)), []

    async def one():
        connection = Connection(port)
        try:
            while queue:
                begun = time.monotonic()
                await work(connection, queue.pop())
                spent.append(time.monotonic() - begun)
        finally:
            connection.close()

    begun = time.monotonic()
    await asyncio.gather(*(one() for _ in range(count)))
    return time.monotonic() - begun, spent
