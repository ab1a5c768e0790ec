"""HTTP without a client's good manners: targets and bytes are sent as they are."""

import http.client
import re
import socket
from urllib.parse import urlsplit


def ask(url, target, method="GET", headers=None, body=None):
    """The status and the body of the answer to a target that is not tidied up before it is sent."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def converse(url, data, timeout=10):
    """Sends bytes and returns everything that comes until the other side closes or is silent."""
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            while True:
                part = connection.recv(65536)
                if not part:
                    break
                received += part
        except (TimeoutError, ConnectionError):
            pass  # What came before that is the answer.
    return received


def statuses(received):
    """The statuses of the answers that `converse` received, in their order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]
