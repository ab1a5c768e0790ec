"""What the proxies are given to do. Each function takes one sample of one program and returns its figures."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import threading
import time

import proxies

SECONDS = 3
HEAD = ["-H", "Cookie: theme=light; _xsrf=2|0123abcd|0123456789abcdef0123456789abcdef|1700000000; username-localhost=ada",
        "-H", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "-H", "Accept-Language: en-US,en;q=0.9,de;q=0.8", "-H", "Accept-Encoding: gzip, deflate, br",
        "-H", "Referer: http://127.0.0.1:8000/user/ada/lab/tree/notebooks/week-01/introduction.ipynb",
        "-H", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
        "-H", "Sec-Fetch-Site: same-origin", "-H", "Sec-Fetch-Mode: cors", "-H", "Sec-Fetch-Dest: empty"]
UNITS = {"us": 0.001, "ms": 1, "s": 1000}


def run(command, cpus):
    return subprocess.run(["taskset", "-c", cpus, *map(str, command)], capture_output=True, text=True,
                          check=True).stdout


def requests(program, cpus, connections, fields=(), path="/user/ada/lab", script=None, threads=1):
    """Requests per second of 2 KiB answers, by wrk."""
    before = program.cpu_seconds()
    output = run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{SECONDS}s", "--latency", "--timeout", "10s", *HEAD, *fields,
                  *(["-s", script] if script else []), f"http://127.0.0.1:{program.port}{path}"], cpus)
    spent = program.cpu_seconds() - before
    if "Socket errors" in output or "Non-2xx" in output:
        raise SystemExit(f"{program.name} answered with errors:\n{output}")
    count = int(re.search(r"(\d+) requests in", output)[1])
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), "cpu": spent / count * 100_000,
            "p99": float(p99) * UNITS[unit]}


def paced(program, cpus, connections, rate):
    """How long answers of 2 KiB take at a rate that overloads nobody."""
    before = program.cpu_seconds()
    answer = json.loads(run([proxies.TOOLS / "bench_paced_load", program.port, "/user/ada/lab", connections, rate, SECONDS],
                            cpus))
    spent = program.cpu_seconds() - before
    return {"rate": answer["answers"] / answer["seconds"], "cpu": spent / answer["answers"] * 100_000,
            "p50": answer["p50_us"] / 1000, "p99": answer["p99_us"] / 1000}


def echoes(program, cpus, connections):
    """Round trips per second of 256-byte WebSocket messages."""
    before = program.cpu_seconds()
    answer = json.loads(run([proxies.TOOLS / "bench_ws_load", program.port, "/user/ada/ws", connections, 2], cpus))
    spent = program.cpu_seconds() - before
    # The handshakes and the warm-up cost something, too; it is the same share for everybody.
    return {"rate": answer["round_trips"] / answer["seconds"], "cpu": spent / answer["round_trips"] * 100_000,
            "p99": answer["p99_us"] / 1000}


def bulk(program, cpus):
    """Gigabytes per second of 100 MiB bodies on one connection."""
    times = 4 if program.name.startswith("configurable") else 12
    before = program.cpu_seconds()
    answer = json.loads(run([proxies.TOOLS / "bench_bulk_load", program.port, "/user/ada/big", times], cpus))
    spent = program.cpu_seconds() - before
    return {"rate": answer["bytes"] / answer["microseconds"] / 1000, "cpu": spent / (answer["bytes"] / 1e9)}


def idle(program, cpus, connections):
    """KiB of memory per idle WebSocket, and what is left of it when they have closed."""
    before = program.memory_kib()
    command = ["taskset", "-c", cpus, proxies.TOOLS / "bench_ws_load", str(program.port), "/user/ada/ws",
               str(connections), "idle"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        if load.stdout.readline() != "ready\n":
            raise SystemExit(f"{program.name} did not take {connections} WebSockets")
        time.sleep(1)
        held = program.memory_kib()
        load.stdin.close()
        load.wait()
    time.sleep(4)   # whoever gives memory back may look first whether they come again
    return {"rate": (held - before) / connections, "cpu": (program.memory_kib() - before) / connections}


def add_routes(program, cpus, first, count, window, upstream):
    """Routes per second over REST on one connection with `window` requests under way."""
    answer = json.loads(run([proxies.TOOLS / "bench_route_load", program.api_port, proxies.TOKEN, first, count, window,
                             f"http://127.0.0.1:{upstream}"], cpus))
    return answer["routes"] / answer["microseconds"] * 1e6


def add_in_bulk(program, count, upstream):
    """Routes per second in one call, which only Carrel offers; and its processor time for all of them."""
    target = f"http://127.0.0.1:{upstream}"
    changes = [{"put": f"/user/user{i}", "data": {"target": target, "user": f"user{i}", "jupyterhub": True}}
               for i in range(count)]
    body = json.dumps(changes).encode()
    before, begun = program.cpu_seconds(), time.perf_counter()
    proxies.rest(program, "POST", "/api/routes?bulk", body)
    seconds = time.perf_counter() - begun
    return {"rate": count / seconds, "cpu": program.cpu_seconds() - before}


def list_routes(program):
    """Milliseconds for the whole list."""
    begun = time.perf_counter()
    proxies.rest(program, "GET", "/api/routes")
    return (time.perf_counter() - begun) * 1000


@contextlib.contextmanager
def listing_again_and_again(program, cpus):
    """Somebody who asks for all routes, twenty times a second at most."""
    done = threading.Event()

    def work():
        os.sched_setaffinity(0, {int(cpus)})   # this thread alone
        while not done.wait(0.05):
            proxies.rest(program, "GET", "/api/routes")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def p99_beside_listing(program, cpus, rate):
    """What requests at an easy rate take, in ms: undisturbed, and while all routes are listed again and again."""
    alone = paced(program, cpus, 64, rate)["p99"]
    with listing_again_and_again(program, cpus):
        return {"undisturbed": alone, "listed": paced(program, cpus, 64, rate)["p99"]}


def random_users(folder, count):
    script = pathlib.Path(folder) / f"users-{count}.lua"
    script.write_text("math.randomseed(1)\nrequest = function()\n"
                      f'  return wrk.format("GET", "/user/user" .. math.random(0, {count - 1}) .. "/lab")\nend\n')
    return script
