"""A server that a participant might run: `EchoUpstream` of visitors.py on a unix socket.

    echo_server.py SOCKET
"""

import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from visitors import EchoUpstream  # noqa: E402

if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(1024)
    with EchoUpstream(listener) as server:
        server.thread.join()
