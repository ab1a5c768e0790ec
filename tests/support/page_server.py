"""A server in a process of its own that answers every request with a page of 100 kB.

    python3 -m support.page_server     prints its port; ends with its input

What is measured beside thousands of connections must not wait for the interpreter that the test runs in.
"""

import asyncio
import contextlib
import pathlib
import re
import subprocess
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


@contextlib.contextmanager
def page_server():
    """Runs one, and gives its URL."""
    command = [sys.executable, "-m", "support.page_server"]
    with subprocess.Popen(command, cwd=pathlib.Path(__file__).resolve().parents[1], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


async def answer(reader, writer):
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            writer.write(HEAD if head.startswith(b"HEAD") else HEAD + b"x" * 100_000)
            await writer.drain()
    writer.close()


async def serve():
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
