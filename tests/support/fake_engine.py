"""Not a Docker Engine: answers its API on a unix socket with what a real one was seen to answer, so that what no test can
have for real, a registry and a full disk, is played. Each answer has the form of Docker 20.10's."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import socketserver
import tempfile
import threading

INFO = {
    "ServerVersion": "20.10.24+dfsg1",
    "MemoryLimit": True,
    "PidsLimit": True,
    "BridgeNfIptables": True,
    "SecurityOptions": ["name=seccomp,profile=default"],
    "InitBinary": "docker-init",
}


def layer(identity, status, current=None, total=None):
    detail = {} if total is None else {"current": current, "total": total}
    return {"status": status, "progressDetail": detail, "id": identity}


class FakeEngine:
    """`steps` are what a pull reports, one list after the other, each when the test calls `go_on`. `refusal` is what the
    engine says when a container is to be created: (status, message)."""

    def __init__(self, steps, refusal):
        self.steps, self.refusal = steps, refusal
        self.turns = threading.Semaphore(0)
        self.pulls, self.calls, self.present = [], [], False
        self.folder = tempfile.TemporaryDirectory(prefix="fake-engine-")
        self.path = str(pathlib.Path(self.folder.name) / "docker.sock")

    def go_on(self):
        self.turns.release()

    def __enter__(self):
        engine = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def say(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = re.sub(r"^/v[0-9.]+", "", self.path)
                engine.calls.append((self.command, path))
                if path == "/info":
                    self.say(200, INFO)
                elif path.startswith("/images/create"):
                    self.pull(path)
                elif path.startswith("/images/"):
                    image = {"Id": "sha256:" + "1" * 64, "Config": {"Entrypoint": None, "Cmd": ["serve"], "Env": ["PATH=/bin"]}}
                    self.say(200, image) if engine.present else self.say(404, {"message": "No such image: lab:v1"})
                elif path.startswith("/containers/json"):
                    self.say(200, [])
                elif path.startswith("/containers/create"):
                    self.say(engine.refusal[0], {"message": engine.refusal[1]})
                elif path.startswith("/volumes/create"):
                    self.say(201, {})
                elif path.startswith("/volumes?"):
                    self.say(200, {"Volumes": None, "Warnings": None})
                elif path == "/networks":
                    self.say(200, [])
                else:
                    self.say(404, {"message": "not found"})

            do_GET = do_POST = do_DELETE = answer

            def pull(self, path):
                engine.pulls.append(path)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for lines in engine.steps:
                    engine.turns.acquire()
                    for line in lines:
                        piece = json.dumps(line).encode() + b"\r\n"
                        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                        if "error" in line:
                            break
                    else:
                        continue
                    break
                else:
                    engine.present = True
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

            def address_string(self):
                return "carrel"

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # Carrel hangs up when it likes.

        self.server = Server(self.path, Answers)
        os.chmod(self.path, 0o600)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for _step in self.steps:
            self.turns.release()
        self.server.shutdown()
        self.server.server_close()
        with contextlib.suppress(OSError):
            self.folder.cleanup()
