"""The notebook command of an environment without Carrel: the yardstick for its start."""

import contextlib
import os
import socket
import subprocess
import time

TOKEN = "a-token-for-the-bench"


def answers(path, base_url):
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(f"GET {base_url}api/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: token {TOKEN}\r\n"
                       "Connection: close\r\n\r\n".encode())
        return client.recv(64).startswith(b"HTTP/1.1 200")
    return False


def seconds_until_it_answers(environment, folder):
    path = folder / "server.sock"
    path.unlink(missing_ok=True)
    words = {"{socket}": str(path), "{base_url}": "/bench/", "{home}": str(folder)}
    command = []
    for word in environment["command"]:
        for name, value in words.items():
            word = word.replace(name, value)
        command.append(word)
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={"PATH": os.environ["PATH"], "HOME": str(folder), "JUPYTER_TOKEN": TOKEN,
                                    "CARREL_SERVER_TOKEN": TOKEN})
    try:
        while not answers(path, "/bench/"):
            if process.poll() is not None:
                raise SystemExit(f"the bare command ended with {process.returncode}")
            time.sleep(0.01)
        return time.monotonic() - begun
    finally:
        process.terminate()
        process.wait()
