"""A network of one's own for a measurement: loopback only, many ports, one known congestion control."""

import os
import pathlib
import shutil
import subprocess
import sys

INSIDE = "CARREL_BENCH_NETWORK"
SETTINGS = {"ipv4/ip_local_port_range": "10000 65000", "core/somaxconn": "16384", "ipv4/tcp_congestion_control": "reno",
            "ipv4/tcp_tw_reuse": "1"}


def enter():
    """Starts this program again inside; stays where it is without the right to make one. Returns how it is."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for name, value in SETTINGS.items():
            try:
                pathlib.Path("/proc/sys/net", name).write_text(value)
            except OSError:
                pass
        return "a network namespace of its own"
    if os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip"):
        os.environ[INSIDE] = "1"
        sys.stdout.flush()
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    return "the machine's own loopback"
