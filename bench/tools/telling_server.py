"""A server that says when things happen to it: telling_server.py answers|dies [SOCKET]

After a time of its own it listens and answers everything, or ends with status 1. The moment by the machine's steady clock
goes into the file `moment` of its home. Without a socket it listens where JupyterHub wants it to.
"""

import http.server
import os
import pathlib
import random
import socketserver
import sys
import time
import urllib.parse


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class AtSocket(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    what, *socket = sys.argv[1:]
    time.sleep(random.uniform(0.3, 3))
    moment = pathlib.Path.home() / "moment"
    if what == "dies":
        moment.write_text(str(time.monotonic()))
        sys.exit(1)
    if socket:
        server = AtSocket(socket[0], Answers)
    else:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port), Answers)
    moment.write_text(str(time.monotonic()))
    server.serve_forever()


main()
