"""An image registry (the OCI distribution API, as far as fetching goes) that wants a name and a password, with one small image."""

import base64
import gzip
import hashlib
import http.server
import io
import json
import tarfile
import threading

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class ImageRegistry:
    """`image` is what its image is called. `passwords` are those that count, by user name, at each moment."""

    def __init__(self, **passwords):
        self.passwords, self.refused, self.blobs = passwords, 0, {}
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("a file"))
        layer = gzip.compress(tar.getvalue(), mtime=0)
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/no/such/program"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(tar.getvalue())]}, "history": [{"created_by": "a test"}],
        }).encode()  # fmt: skip
        for blob in (layer, config):
            self.blobs[digest(blob)] = blob
        self.manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": digest(config)},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(layer), "digest": digest(layer)}],
        }).encode()  # fmt: skip

    def __enter__(self):
        registry = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def say(self, status, kind, body, **fields):
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **fields}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def error(self, status, code, **fields):
                self.say(status, "application/json", json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode(), **fields)

            def welcome(self):
                scheme, _, pair = self.headers.get("Authorization", "").partition(" ")
                user, _, password = base64.b64decode(pair).decode().partition(":") if scheme == "Basic" else ("", "", "")
                return password != "" and registry.passwords.get(user) == password

            def do_GET(self):
                what = self.path.rsplit("/", 2)
                if not self.welcome():
                    registry.refused += 1
                    self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="images"')
                elif self.path == "/v2/":
                    self.say(200, "application/json", b"{}")
                elif what[1:] in (["manifests", "v1"], ["manifests", digest(registry.manifest)]):
                    self.say(200, MANIFEST, registry.manifest, Docker_Content_Digest=digest(registry.manifest))
                elif what[1] == "blobs" and what[2] in registry.blobs:
                    self.say(200, "application/octet-stream", registry.blobs[what[2]])
                else:
                    self.error(404, "MANIFEST_UNKNOWN")

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.image = f"{self.address}/team/lab:v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
