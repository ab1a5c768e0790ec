"""A strict WebSocket server (RFC 6455) that echoes messages: python3 -m support.websocket_echo PORT_FILE."""

import base64
import codecs
import contextlib
import hashlib
import pathlib
import re
import socket
import struct
import sys
import threading

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
#: Codes that a peer may send (section 7.4).
CODES = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, *range(3000, 5000)}


class Failed(Exception):
    """The connection is to be failed with this code."""


def frame(opcode, payload=b"", final=True, mask=None, reserved=0):
    """The bytes of one frame."""
    first, masked = (final << 7) | (reserved << 4) | opcode, 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, masked | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    return head + (mask + apply_mask(payload, mask) if mask else payload)


def apply_mask(payload, mask):
    if not payload:
        return b""
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


class Session:
    def __init__(self, sock):
        self.sock, self.stream = sock, sock.makefile("rb")
        self.opcode, self.parts = None, []
        self.decoder = None

    def exactly(self, size):
        data = self.stream.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def shake_hands(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.stream.readline()
            if not line:
                raise EOFError
            head += line
        key = re.search(rb"(?im)^sec-websocket-key:\s*(\S+)", head)[1]
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
        self.sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def read_frame(self):
        first, second = self.exactly(2)
        final, opcode, size = bool(first & 0x80), first & 15, second & 0x7F
        if first & 0x70 or opcode not in (0, 1, 2, 8, 9, 10) or not second & 0x80 or (opcode > 7 and (not final or size > 125)):
            raise Failed(1002)
        if size == 126:
            size = struct.unpack("!H", self.exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.exactly(8))[0]
        mask = self.exactly(4)
        return final, opcode, apply_mask(self.exactly(size), mask)

    def run(self):
        self.shake_hands()
        try:
            while self.handle(*self.read_frame()):
                pass
        except Failed as failure:
            self.sock.sendall(frame(CLOSE, struct.pack("!H", failure.args[0])))
        # The rest is read, so that closing does not reset what was sent.
        self.sock.shutdown(socket.SHUT_WR)
        while self.stream.read(65536):
            pass

    def handle(self, final, opcode, payload):
        """False when that was the end."""
        if opcode == PING:
            self.sock.sendall(frame(PONG, payload))
        elif opcode == CLOSE:
            self.sock.sendall(frame(CLOSE, self.check_close(payload)))
            return False
        elif opcode != PONG:
            self.handle_data(final, opcode, payload)
        return True

    def check_close(self, payload):
        if not payload:
            return b""
        if len(payload) == 1 or struct.unpack("!H", payload[:2])[0] not in CODES:
            raise Failed(1002)
        self.decode(codecs.getincrementaldecoder("utf-8")(), payload[2:], True)
        return payload[:2]

    def decode(self, decoder, payload, final):
        try:
            decoder.decode(payload, final)
        except UnicodeDecodeError:
            raise Failed(1007) from None

    def handle_data(self, final, opcode, payload):
        if (opcode == CONTINUATION) == (self.opcode is None):
            raise Failed(1002)
        if opcode != CONTINUATION:
            self.opcode, self.decoder = opcode, codecs.getincrementaldecoder("utf-8")()
        if self.opcode == TEXT:
            self.decode(self.decoder, payload, final)
        self.parts.append(payload)
        if final:
            self.sock.sendall(frame(self.opcode, b"".join(self.parts)))
            self.opcode, self.parts = None, []


class WebSocketEcho:
    """One thread for each connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        with sock, contextlib.suppress(OSError, EOFError):
            Session(sock).run()


if __name__ == "__main__":
    with WebSocketEcho() as echo:
        pathlib.Path(sys.argv[1]).write_text(str(echo.port))
        threading.Event().wait()
