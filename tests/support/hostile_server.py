"""A server of JupyterHub's kind that means no good.

    hostile_server.py MODE

    endless-answer  answers the question whether it is ready with a body that has no end
    endless-head    begins that answer with header fields, and never ends them
    in-a-circle     sends whoever asks to where they are
    crowd           is ready, and at GET .../crowd?N opens N connections to its hub, asks something on each, keeps those
                    on which it is answered, and says how many they are
"""

import itertools
import os
import socket
import socketserver
import sys
import urllib.parse

MODE = sys.argv[1]
HELD = []


def hub():
    """Where the hub is: the loopback port that it was told."""
    parts = urllib.parse.urlsplit(os.environ["JUPYTERHUB_API_URL"])
    return parts.hostname, parts.port


def crowd(count):
    opened = []
    for _ in range(count):
        try:
            connection = socket.create_connection(hub(), timeout=30)
            connection.sendall(b"GET /hub/api/ HTTP/1.1\r\nHost: hub\r\n\r\n")
            opened.append(connection)
        except OSError:
            pass
    # Whom the hub has no place for is told by a closed connection.
    for connection in opened:
        try:
            if connection.recv(1):
                HELD.append(connection)
        except OSError:
            pass
    return len(HELD)


class Answers(socketserver.StreamRequestHandler):
    def handle(self):
        target = self.rfile.readline().split(b" ")[1].decode()
        while self.rfile.readline().strip():
            pass
        try:
            self.misbehave(target)
        except OSError:
            pass

    def misbehave(self, target):
        write = self.wfile.write
        if "/crowd?" in target:
            body = str(crowd(int(target.rpartition("?")[2]))).encode()
            write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        elif MODE == "endless-answer":
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            while True:
                write(b"x" * 65536)
        elif MODE == "endless-head":
            write(b"HTTP/1.1 200 OK\r\n")
            for number in itertools.count():
                write(b"X-%d: %s\r\n" % (number, b"x" * 1000))
        elif MODE == "in-a-circle":
            write(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % target.encode())
        else:
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port), Answers) as server:
    server.serve_forever()
