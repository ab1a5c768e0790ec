"""The proxies that are measured: Carrel's and its peers, with the same job and the same number of threads."""

import base64
import contextlib
import hashlib
import hmac
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = TOP / "build" / "release" / "carrel"
TOOLS = TOP / "build" / "release" / "bench"
NODE_MODULES = TOP / "build" / "bench" / "node_modules"
TOKEN = "a-token-for-the-bench"
EDGE_KEY = b"k" * 32

NGINX = """
worker_processes {threads}; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 100000000; proxy_temp_path {folder}/temporary; proxy_max_temp_file_size 0;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream servers {{ server 127.0.0.1:{upstream}; keepalive 1024; }}
  server {{ listen 127.0.0.1:{port} backlog=4096{reuseport};
    proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme; proxy_read_timeout 600s;
    location / {{ proxy_pass http://servers; }}
    location /user/ada/big {{ proxy_pass http://servers; proxy_buffers 16 64k; proxy_buffer_size 64k;
      proxy_busy_buffers_size 512k; }} }}
}}
"""

HAPROXY = """
global
  nbthread {threads}
  maxconn 7000
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  option forwardfor
  option splice-response
  http-reuse always
frontend public
  bind 127.0.0.1:{port} backlog 4096
  default_backend servers
backend servers
  server one 127.0.0.1:{upstream}
"""

H2O = """
num-threads: {threads}
max-connections: 16384
hosts:
  default:
    listen: {{ host: 127.0.0.1, port: {port} }}
    paths:
      /: {{ proxy.reverse.url: "http://127.0.0.1:{upstream}", proxy.preserve-host: ON, proxy.websocket: ON,
            proxy.timeout.keepalive: 60000, proxy.timeout.io: 600000 }}
"""


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A program under measurement: its processes' CPU time and memory are read from /proc."""

    def __init__(self, name, arguments, port, cpus, environment=None):
        self.name, self.port, self.api_port = name, port, None
        pinned = ["taskset", "-c", cpus, *map(str, arguments)]
        self.process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    def processes(self):
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            yield pid
            with contextlib.suppress(OSError):
                waiting += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def cpu_seconds(self):
        """What the scheduler counted, which is exact where /proc/<pid>/stat samples a hundred times a second."""
        total = 0
        for pid in self.processes():
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    total += int(task.read_text().split()[0])
        return total / 1e9

    def memory_kib(self):
        """Proportional set size, so that what several processes share is counted once."""
        total = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total

    def wait_until_ready(self):
        for _ in range(500):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/user/ada/lab", timeout=1) as answer:
                    if answer.status == 200:
                        return self
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise SystemExit(f"{self.name} does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Upstream:
    def __init__(self, cpus):
        self.process = subprocess.Popen(["taskset", "-c", cpus, TOOLS / "bench_upstream"], stdout=subprocess.PIPE,
                                        text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        self.process.wait()


def carrel(folder, upstream, cpus, threads, name="Carrel"):
    port, api_port = free_port(), free_port()
    environment = {"CONFIGPROXY_AUTH_TOKEN": TOKEN, "CARREL_EDGE_KEY": base64url(EDGE_KEY)}
    program = Program(name, [PROGRAM, "proxy", "--ip", "127.0.0.1", "--port", port, "--api-ip", "127.0.0.1",
                             "--api-port", api_port, "--threads", threads, "--log-level", "error",
                             "--default-target", f"http://127.0.0.1:{upstream}"], port, cpus, environment)
    program.api_port = api_port
    return program


def configurable_http_proxy(folder, upstream, cpus, threads):
    command = NODE_MODULES / ".bin" / "configurable-http-proxy"
    if threads != 1 or not command.exists():
        return None
    port, api_port = free_port(), free_port()
    node = {"CONFIGPROXY_AUTH_TOKEN": TOKEN, "PATH": str(pathlib.Path(shutil.which("node")).parent) + ":/usr/bin:/bin"}
    program = Program("configurable-http-proxy",
                      [command, "--ip", "127.0.0.1", "--port", port, "--api-ip", "127.0.0.1", "--api-port", api_port,
                       "--log-level", "error", "--default-target", f"http://127.0.0.1:{upstream}"], port, cpus, node)
    program.api_port = api_port
    return program


def configured(name, command, template, suffix):
    """A peer that reads a file of configuration."""
    def start(folder, upstream, cpus, threads):
        if not shutil.which(command[0]):
            return None
        port = free_port()
        config = folder / f"{name}-{threads}.{suffix}"
        config.write_text(template.format(folder=folder, upstream=upstream, port=port, threads=threads,
                                          reuseport=" reuseport" if threads > 1 else ""))
        return Program(name, [*command, config], port, cpus)
    return start


FIELD = (carrel,
         configured("nginx", ["nginx", "-c"], NGINX, "conf"),
         configured("HAProxy", ["haproxy", "-db", "-f"], HAPROXY, "cfg"),
         configured("h2o", ["h2o", "-c"], H2O, "yaml"),
         configurable_http_proxy)


@contextlib.contextmanager
def field(folder, upstream, cpus, threads=1):
    started = [start(folder, upstream, cpus, threads) for start in FIELD]
    started = [program for program in started if program]
    try:
        yield [program.wait_until_ready() for program in started]
    finally:
        for program in started:
            program.stop()


def edge_token(route):
    """What Carrel's hub would give a browser: a signed right to one route."""
    now = time.time()
    payload = base64url(json.dumps({"r": route, "u": "ada", "s": "bench", "e": int(now) + 36000,
                               "i": int(now * 1000)}).encode())
    return payload + "." + base64url(hmac.new(EDGE_KEY, payload.encode(), hashlib.sha256).digest())


def rest(program, method, path, body=None):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{program.api_port}{path}", method=method, data=data,
                                     headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request) as answer:
        return answer.read()
