"""A server that a participant might run instead of Jupyter: it tells what reaches it, and answers with hostility.

    probe_server.py SOCKET BASE_URL

It listens on the Unix socket and answers below its base address:

    api/status     200, as a ready server does
    echo           what arrived, as JSON: {"method", "path", "headers": [[name, value], …], "body"}
    cookies        the same, with Set-Cookie headers for Carrel's cookies and one of its own
    location?URL   302 to whatever stands after the question mark
    socket         a WebSocket that stays open and is silent
"""

import base64
import hashlib
import http.server
import json
import pathlib
import socketserver
import sys

HOSTILE_COOKIES = (
    "carrel_session=stolen; Path=/; HttpOnly",
    "Carrel_Edge=stolen; Path=/",
    "CARREL_EDGE=stolen",
    "__Host-carrel_session=stolen; Path=/; Secure",
    "__Secure-carrel_edge=stolen; Path=/; Secure",
    " carrel_edge=stolen; Path=/",
    "own=kept; Path=/",
)


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        path, _, query = self.path.partition("?")
        where = path.removeprefix(self.server.base_url)
        if where == "socket":
            self.hold_websocket()
        elif where == "location":
            self.send(302, b"", [("Location", query)])
        else:
            cookies = HOSTILE_COOKIES if where == "cookies" else ()
            self.send(200, self.told(), [("Set-Cookie", cookie) for cookie in cookies])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def told(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("latin-1")
        headers = [[name, value] for name, value in self.headers.items()]
        return json.dumps({"method": self.command, "path": self.path, "headers": headers, "body": body}).encode()

    def send(self, status, body, headers):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hold_websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        while self.connection.recv(4096):
            pass
        self.close_connection = True

    def address_string(self):
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).unlink(missing_ok=True)
    with Server(sys.argv[1], Answers) as server:
        server.base_url = sys.argv[2]
        server.serve_forever()
