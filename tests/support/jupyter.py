"""A notebook server and its kernels as a browser sees them: REST, and the kernel protocol over a WebSocket."""

import base64
import json
import os
import socket
import struct
import time
import uuid
from urllib.parse import quote, urlsplit

import requests
import websocket


class Kernel:
    """One WebSocket to one running kernel.

    `connection` is a connected websocket.WebSocket; messages travel as JSON (the default subprotocol).
    """

    def __init__(self, connection, kernel_id):
        self.connection = connection
        self.id = kernel_id
        self.session = uuid.uuid4().hex

    def request(self, message_type, content, channel="shell"):
        """Sends a message and returns its id."""
        message_id = uuid.uuid4().hex
        header = {
            "msg_id": message_id,
            "msg_type": message_type,
            "username": "test",
            "session": self.session,
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "version": "5.3",
        }
        self.connection.send(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": channel,
                    "buffers": [],
                }
            )
        )
        return message_id

    def start(self, code):
        """Starts running a cell and returns the id to `finish` it with."""
        return self.request(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "user_expressions": {},
             "allow_stdin": False, "stop_on_error": True},
        )

    def messages(self, parent, timeout=60):
        """The messages that answer `parent`, as they come, until the kernel is idle and has replied."""
        deadline = time.monotonic() + timeout
        replied = idle = False
        while not (replied and idle):
            self.connection.settimeout(max(0.01, deadline - time.monotonic()))
            message = decode(*self.connection.recv_data())
            if message is None or message.get("parent_header", {}).get("msg_id") != parent:
                continue
            yield message
            replied = replied or message["header"]["msg_type"].endswith("_reply")
            idle = idle or message["content"].get("execution_state") == "idle"

    def finish(self, parent, timeout=60):
        """What a cell printed and returned, as one text. A cell that raised raises RuntimeError."""
        text = []
        for message in self.messages(parent, timeout):
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "stream":
                text.append(content["text"])
            elif kind in ("execute_result", "display_data"):
                text.append(content["data"].get("text/plain", ""))
            elif kind == "error":
                raise RuntimeError(f"{content['ename']}: {content['evalue']}")
        return "".join(text)

    def run(self, code, timeout=60):
        return self.finish(self.start(code), timeout)

    def close(self):
        self.connection.close()


def decode(opcode, data):
    """A kernel message from a WebSocket message, in either of its two forms; None for anything else."""
    if opcode == websocket.ABNF.OPCODE_CLOSE:
        code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else None
        raise ConnectionError(f"the server closed the WebSocket with {code}: {data[2:].decode()}")
    if opcode == websocket.ABNF.OPCODE_TEXT:
        return json.loads(data)
    if opcode == websocket.ABNF.OPCODE_BINARY:
        # With binary buffers: their count, their offsets, then the JSON as the first.
        count = struct.unpack("!I", data[:4])[0]
        offsets = struct.unpack(f"!{count}I", data[4 : 4 * (count + 1)])
        end = offsets[1] if count > 1 else len(data)
        return json.loads(data[offsets[0] : end])
    return None


class NotebookServer:
    """A notebook server at `url` (with its base path), used with `headers` or cookies that authorize."""

    def __init__(self, url, headers=None, cookies=None):
        self.url = url.rstrip("/")
        self.http = requests.Session()
        self.http.trust_env = False  # A proxy in the environment is not for 127.0.0.1.
        self.http.headers.update(headers or {})
        self.http.cookies.update(cookies or {})

    def request(self, method, path, **more):
        return self.http.request(method, f"{self.url}/{path}", timeout=30, **more)

    def get(self, path):
        answer = self.request("GET", path)
        answer.raise_for_status()
        return answer.json()

    def is_ready(self):
        try:
            return self.request("GET", "api/status").status_code == 200
        except requests.RequestException:
            return False

    def put_notebook(self, path, cells):
        """Writes a notebook of code cells; a cell is its source, or (source, output text)."""
        answer = self.request("PUT", f"api/contents/{quote(path)}", json={"type": "notebook", "content": notebook(cells)})
        answer.raise_for_status()

    def start_kernel(self, name="python3"):
        """Starts a kernel and connects to it."""
        answer = self.request("POST", "api/kernels", json={"name": name})
        answer.raise_for_status()
        return self.connect(answer.json()["id"])

    def connect(self, kernel_id, **more):
        """Connects to a running kernel. `more` goes to websocket.create_connection."""
        parts = urlsplit(self.url)
        kernel = f"{parts.path}/api/kernels/{kernel_id}/channels?session_id={uuid.uuid4().hex}"
        headers = {key: value for key, value in self.http.headers.items() if key.lower() in ("authorization", "x-csrf-token")}
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)
        options = {
            "header": headers,
            "cookie": cookies or None,
            "origin": f"{parts.scheme}://{parts.netloc}",
            "timeout": 120,
            "http_no_proxy": ["*"],
            **more,
        }
        scheme = "wss" if parts.scheme == "https" else "ws"
        return Kernel(websocket.create_connection(f"{scheme}://{parts.netloc}{kernel}", **options), kernel_id)


def notebook(cells):
    """The content of a notebook file."""
    def cell(number, source, text=None):
        outputs = [] if text is None else [{"output_type": "stream", "name": "stdout", "text": text}]
        return {"cell_type": "code", "id": f"cell-{number}", "execution_count": None, "metadata": {},
                "source": source, "outputs": outputs}

    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [cell(i, *((one,) if isinstance(one, str) else one)) for i, one in enumerate(cells)],
    }


def websocket_key():
    """A fresh Sec-WebSocket-Key, for handshakes written by hand."""
    return base64.b64encode(os.urandom(16)).decode()


def connect_unix(path):
    """A socket connected to a Unix socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(path)
    return connection
