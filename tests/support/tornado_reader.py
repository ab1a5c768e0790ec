"""Answers each request with what tornado has read of it, in the field X-Seen. Prints its port; ends with its input."""

import asyncio
import base64
import json
import sys

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, ResponseStartLine
from tornado.netutil import bind_sockets


def answer(request):
    body = base64.b64encode(request.body).decode()
    seen = base64.b64encode(json.dumps([request.method, request.uri, body]).encode()).decode()
    fields = HTTPHeaders({"X-Seen": seen, "Content-Length": "0"})
    request.connection.write_headers(ResponseStartLine("HTTP/1.1", 200, "OK"), fields)
    request.connection.finish()


async def serve():
    server = HTTPServer(answer, max_header_size=131072)
    (listener,) = bind_sockets(0, "127.0.0.1")
    server.add_socket(listener)
    print(listener.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(serve())
