"""What an idle TLS connection costs, and that it is given back."""

import socket
import ssl

from support.carrel_process import wait_until

CONNECTIONS = 400


def test_memory_of_idle_connections(tls_proxy, trusting, figure):
    def connect():
        client = trusting.wrap_socket(
            socket.create_connection(("127.0.0.1", tls_proxy.port)), server_hostname="localhost"
        )
        client.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        return client

    trusting.minimum_version = ssl.TLSVersion.TLSv1_3
    warm = [connect() for _ in range(50)]
    for client in warm:
        client.close()
    descriptors = tls_proxy.descriptors_open()
    before = tls_proxy.memory()
    clients = [connect() for _ in range(CONNECTIONS)]
    each = (tls_proxy.memory() - before) / CONNECTIONS
    figure("KiB per idle TLS connection", round(each / 1024, 1))
    assert each < 24 * 1024
    for client in clients:
        client.close()
    wait_until(lambda: tls_proxy.descriptors_open() <= descriptors, what="the descriptors being closed")
