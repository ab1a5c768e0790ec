"""Requests per second through the proxy, beside nginx and HAProxy in the same run.

2 KiB answers over keep-alive connections. The proxy is pinned to one core, load and upstream to another; rounds are
interleaved and the medians are printed. Where the load generator is what is full, CPU seconds per 100,000 requests is
the figure that counts.
"""

import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

import machine
import proxies

ROUNDS = 5
SECONDS = 3
CONNECTIONS = (1, 64, 512)


def load(proxy, connections, cpu):
    before = proxy.cpu_seconds()
    output = subprocess.run(
        ["taskset", "-c", str(cpu), "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency",
         "-H", "Cookie: theme=light; session=0123456789abcdef0123456789abcdef",
         "-H", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
         f"http://127.0.0.1:{proxy.port}/user/ada/lab"],
        capture_output=True, text=True, check=True).stdout
    spent = proxy.cpu_seconds() - before
    if "Socket errors" in output or "Non-2xx" in output:
        raise SystemExit(f"{proxy.name} answered with errors:\n{output}")
    requests = int(re.search(r"(\d+) requests in", output)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    return rate, spent / requests * 100_000, float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def main():
    if not shutil.which("wrk"):
        raise SystemExit("bench/proxy needs wrk; `make bench` installs it")
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        upstream, path = proxies.start_upstream(folder, cpu=0)
        field = proxies.start_proxies(folder, path, cpu=1)
        try:
            print(f"\nProxy, 2 KiB answers, one thread each, {ROUNDS} interleaved rounds of {SECONDS} s, medians")
            print(machine.describe())
            for connections in CONNECTIONS:
                samples = {proxy.name: [] for proxy in field}
                for turn in range(ROUNDS):
                    for proxy in field[turn % len(field):] + field[:turn % len(field)]:
                        samples[proxy.name].append(load(proxy, connections, cpu=0))
                print(f"\n{connections} connection(s)     requests/s   CPU s per 100,000   p99 ms")
                for proxy in field:
                    rate, cpu, p99 = (statistics.median(column) for column in zip(*samples[proxy.name]))
                    print(f"  {proxy.name:<18}{rate:12,.0f}{cpu:20.2f}{p99:9.2f}")
        finally:
            for proxy in field:
                proxy.stop()
            upstream.terminate()
            upstream.wait()


main()
