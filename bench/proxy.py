"""The proxy beside nginx, HAProxy, h2o and configurable-http-proxy, in the same run.

    bench/proxy.py                    everything (about a quarter of an hour)
    bench/proxy.py small ws           only these: small, paced, ws, bulk, idle, routes, auth, threads
    bench/proxy.py --rounds 1 …       a first look

One thread each. The proxy is pinned to one core, load and upstream to another; rounds are interleaved and medians are
printed. Where the load generator is what is full, CPU seconds per 100,000 requests is the figure that counts. The
figures also go to build/bench/proxy.json, and a plot of them to build/bench/proxy.svg.
"""

import argparse
import functools
import json
import pathlib
import shutil
import statistics
import tempfile

import machine
import network
import plot
import proxies
import proxy_work
import quiet

RESULTS = proxies.TOP / "build" / "bench"
LOAD, PROXY = "0", "1"   # cores


class Bench:
    def __init__(self, folder, rounds):
        self.folder, self.rounds = folder, rounds
        self.upstream = proxies.Upstream(LOAD)
        self.tables = []

    def interleaved(self, title, programs, take, columns):
        """Each program's median of what `take(program)` returns; the order rotates from round to round."""
        samples = {program.name: [] for program in programs}
        for turn in range(self.rounds):
            shift = turn % len(programs)
            for program in programs[shift:] + programs[:shift]:
                measure = functools.partial(take, program)
                samples[program.name].append(quiet.sample(measure, [program, Tool(self.upstream.process.pid)]))
        rows = {name: {key: statistics.median(figures[key] for figures in taken) for key in columns}
                for name, taken in samples.items()}
        self.table(title, rows, columns)

    def table(self, title, rows, columns):
        self.tables.append({"title": title, "columns": columns, "rows": rows})
        print(f"\n{title}\n  {'':<26}" + "".join(f"{column:>20}" for column in columns.values()))
        for name, figures in rows.items():
            print(f"  {name:<26}" + "".join(f"{figures[key]:20,.2f}" for key in columns), flush=True)


class Tool(proxies.Program):
    """A running program of which only the CPU time is of interest."""
    def __init__(self, pid):
        self.process = type("Process", (), {"pid": pid})


REQUESTS = {"rate": "requests/s", "cpu": "CPU s per 100,000", "p99": "p99 ms"}
PACED = {"rate": "requests/s", "p50": "p50 ms", "p99": "p99 ms"}
PACE = 20_000   # requests a second; configurable-http-proxy cannot do a third of it
EASY = 2_000
ECHOES = {"rate": "round trips/s", "cpu": "CPU s per 100,000", "p99": "p99 ms"}


def small(bench, field):
    for connections in (64, 512, 1):
        bench.interleaved(f"2 KiB answers, {connections} kept connection(s)", field,
                          lambda program, n=connections: proxy_work.requests(program, LOAD, n), REQUESTS)
    bench.interleaved("2 KiB answers, a new connection per request, 64 at once", field,
                      lambda program: proxy_work.requests(program, LOAD, 64, ["-H", "Connection: close"]), REQUESTS)


def paced(bench, field):
    able = [program for program in field if not program.name.startswith("configurable")]
    bench.interleaved(f"2 KiB answers, 64 kept connections, {PACE:,} requests a second", able,
                      lambda program: proxy_work.paced(program, LOAD, 64, PACE), PACED)


def ws(bench, field):
    for connections in (100, 1000):
        bench.interleaved(f"WebSocket echo of 256 bytes, {connections} connections", field,
                          lambda program, n=connections: proxy_work.echoes(program, LOAD, n), ECHOES)


def bulk(bench, field):
    bench.interleaved("100 MiB bodies, one connection (nginx with 64 KiB buffers, HAProxy with splice-response)", field,
                      lambda program: proxy_work.bulk(program, LOAD), {"rate": "GB/s", "cpu": "CPU s per GB"})


def idle(bench, _):
    with proxies.field(bench.folder, bench.upstream.port, PROXY) as field:   # fresh: nothing allocated before
        rows = {program.name: proxy_work.idle(program, LOAD, 5000 if len(field) else 0) for program in field}
    bench.table("5,000 idle WebSockets", rows, {"rate": "KiB each", "cpu": "KiB each after"})


def routes(bench, _):
    with proxies.field(bench.folder, bench.upstream.port, PROXY) as field:
        field = [program for program in field if program.api_port]
        rows, beside = {}, {}
        for program in field:
            add = functools.partial(proxy_work.add_routes, program, LOAD, upstream=bench.upstream.port)
            alone = add(first=0, count=10_000, window=1)
            listing = statistics.median(proxy_work.list_routes(program) for _ in range(9))
            taken = [proxy_work.p99_beside_listing(program, LOAD, EASY) for _ in range(bench.rounds)]
            beside[program.name] = {key: statistics.median(one[key] for one in taken) for key in taken[0]}
            many = add(first=10_000, count=40_000, window=32)
            rows[program.name] = {"alone": alone, "many": many, "list": listing,
                                  "list50": statistics.median(proxy_work.list_routes(program) for _ in range(5))}
    bench.table("Routes over REST", rows, {"alone": "added/s, one by one", "many": "added/s, 32 at once",
                                           "list": "ms to list 10,000", "list50": "ms to list 50,000"})
    bench.table(f"p99 in ms of {EASY:,} requests a second, with 10,000 routes", beside,
                {"undisturbed": "undisturbed", "listed": "while they are listed"})
    bulk_calls = [bulk_call(bench) for _ in range(bench.rounds)]
    bench.table("100,000 routes in one call", {"Carrel": {key: statistics.median(one[key] for one in bulk_calls)
                                                          for key in ("rate", "cpu")}},
                {"rate": "added/s", "cpu": "CPU s"})
    with proxies.field(bench.folder, bench.upstream.port, PROXY) as field:
        few, = field[:1]
        many = proxies.carrel(bench.folder, bench.upstream.port, PROXY, 1, "Carrel, 100,000 routes").wait_until_ready()
        few.name = "Carrel, 10 routes"
        try:
            proxy_work.add_routes(few, LOAD, 0, 10, 10, bench.upstream.port)
            proxy_work.add_routes(many, LOAD, 0, 100_000, 64, bench.upstream.port)
            scripts = {few.name: proxy_work.random_users(bench.folder, 10),
                       many.name: proxy_work.random_users(bench.folder, 100_000)}
            bench.interleaved("Requests to random users' routes, 64 connections", [few, many],
                              lambda program: proxy_work.requests(program, LOAD, 64, script=scripts[program.name]),
                              REQUESTS)
        finally:
            many.stop()


def bulk_call(bench):
    program = proxies.carrel(bench.folder, bench.upstream.port, PROXY, 1).wait_until_ready()
    try:
        return proxy_work.add_in_bulk(program, 100_000, bench.upstream.port)
    finally:
        program.stop()


def auth(bench, field):
    program = field[0]
    token = proxies.edge_token("/user/ada")
    target = f"http://127.0.0.1:{bench.upstream.port}"
    proxies.rest(program, "POST", "/api/routes/user/ada", {"target": target, "auth": {"login": "/login"}})
    proxies.rest(program, "POST", "/api/routes/user/bob", {"target": target})
    guarded, free = Named(program, "with an edge token"), Named(program, "without authorization")
    cookie = ["-H", f"Cookie: carrel_edge={token}"]
    bench.interleaved("Edge authorization, 64 connections", [guarded, free],
                      lambda one: proxy_work.requests(one, LOAD, 64, cookie, "/user/ada/lab" if one is guarded
                                                      else "/user/bob/lab"), REQUESTS)
    proxies.rest(program, "DELETE", "/api/routes/user/ada")


class Named(proxies.Program):
    """The same running program under another name."""
    def __init__(self, program, name):
        self.name, self.port, self.process = name, program.port, program.process


def threads(bench, _):
    for count in (1, 2):
        with proxies.field(bench.folder, bench.upstream.port, "0,1", count) as field:
            bench.interleaved(f"2 KiB answers, 512 connections, {count} thread(s), nothing pinned", field,
                              lambda program: proxy_work.requests(program, "0,1", 512), REQUESTS)


WORKS = {"small": small, "paced": paced, "ws": ws, "bulk": bulk, "auth": auth, "idle": idle, "routes": routes, "threads": threads}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("works", nargs="*", metavar="work", help=", ".join(WORKS))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    works = arguments.works or list(WORKS)
    if unknown := set(works) - set(WORKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    if not shutil.which("wrk"):
        raise SystemExit("bench/proxy.py needs wrk; `make bench` installs it")
    where = network.enter()
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        bench = Bench(folder, arguments.rounds)
        print(f"Proxies, {arguments.rounds} interleaved rounds, medians; in {where}\n{machine.describe()}", flush=True)
        try:
            with proxies.field(folder, bench.upstream.port, PROXY) as field:
                print(", ".join(machine.versions(field)))
                for work in works:
                    WORKS[work](bench, field)
        finally:
            bench.upstream.stop()
    print(f"\n{quiet.loud} of {quiet.kept} samples were taken while the machine was not quiet")
    (RESULTS / "proxy.json").write_text(json.dumps({"machine": machine.describe(), "tables": bench.tables}, indent=1))
    (RESULTS / "proxy.svg").write_text(plot.bars(bench.tables))
    print(f"Plot: {RESULTS / 'proxy.svg'}")


if __name__ == "__main__":
    main()
