"""Ports for programs that cannot be told to take any free one."""

import random
import socket


def free_port():
    """One that nobody listens on, and that the system gives to nobody's outgoing connection meanwhile: below the range
    from which it takes those."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first_ephemeral = int(file.read().split()[0])
    while True:
        port = random.randrange(10_000, max(first_ephemeral, 20_000))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
