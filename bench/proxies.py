"""The proxies that are measured: Carrel's and its peers, each one thread, with the same job."""

import contextlib
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = TOP / "build" / "release" / "carrel"

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000;
  upstream servers {{ server unix:{upstream}; keepalive 512; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://servers; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; }} }}
}}
"""

HAPROXY = """
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend public
  bind 127.0.0.1:{port}
  default_backend servers
backend servers
  server one unix@{upstream}
"""

UPSTREAM = """
worker_processes 1; daemon off; pid {folder}/upstream.pid; error_log {folder}/upstream-error.log;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000;
  server {{ listen unix:{upstream}; location / {{ return 200 "{body}"; }} }} }}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A program under measurement: its processes' CPU time is read from /proc."""

    def __init__(self, name, arguments, port, cpu):
        self.name, self.port = name, port
        pinned = ["taskset", "-c", str(cpu), *map(str, arguments)]
        self.process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cpu_seconds(self):
        total, waiting = 0, [self.process.pid]
        while waiting:
            pid = waiting.pop()
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
                children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
                waiting += map(int, children.split())
        return total / 100

    def wait_until_ready(self):
        for _ in range(500):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=1) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.02)
        raise SystemExit(f"{self.name} does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def start_upstream(folder, cpu):
    path = folder / "upstream.sock"
    config = folder / "upstream.conf"
    config.write_text(UPSTREAM.format(folder=folder, upstream=path, body="x" * 2048))
    process = subprocess.Popen(["taskset", "-c", str(cpu), "nginx", "-c", config])
    while not path.exists():
        time.sleep(0.02)
    path.chmod(0o666)
    return process, path


def start_proxies(folder, upstream, cpu):
    proxies = []
    port = free_port()
    target = "http+unix://" + str(upstream).replace("/", "%2F")
    proxies.append(Program("Carrel", [PROGRAM, "proxy", "--ip", "127.0.0.1", "--port", port, "--api-socket",
                                      folder / "api.sock", "--default-target", target, "--log-level", "error"],
                           port, cpu))
    if shutil.which("nginx"):
        port = free_port()
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, upstream=upstream, port=port))
        proxies.append(Program("nginx", ["nginx", "-c", config], port, cpu))
    if shutil.which("haproxy"):
        port = free_port()
        config = folder / "haproxy.cfg"
        config.write_text(HAPROXY.format(upstream=upstream, port=port))
        proxies.append(Program("HAProxy", ["haproxy", "-db", "-f", config], port, cpu))
    for proxy in proxies:
        proxy.wait_until_ready()
    return proxies
