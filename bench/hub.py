"""A course's hub beside JupyterHub, each with its own proxy, servers that cost nothing, and 20,000 people.

All run at the same time and are asked in turn, round after round; the medians are printed. The load comes from one
thread of this program, on the same machine, so that a hub's own limit is seen only below what the client can do.
`--rounds N --people N --big N --running N` make it smaller; `--only NAME` takes the measurements whose name holds it.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import time

import hubs
import machine
import network
from hub_client import Connection, at_once

PAGE = {"Accept": "application/jupyterhub-pagination+json"}


class Bench:
    def __init__(self, options):
        self.options, self.figures, self.next_person, self.running = options, {}, {}, {}

    def note(self, what, hub, value):
        self.figures.setdefault(what, {}).setdefault(hub.name, []).append(value)
        print(f"  {hub.name}: {what}: {value:,.4g}", flush=True)

    def fresh(self, hub, count):
        """People who have not been used yet."""
        first = self.next_person.get(hub.name, 0)
        self.next_person[hub.name] = first + count
        assert first + count <= self.options.people
        return [f"person-{number}" for number in range(first, first + count)]

    async def log_ins(self, hub):
        for count, total in ((1, 10), (20, 40), (100, 100)):
            seconds, _ = await at_once(hub.port, count, self.fresh(hub, total), hub.log_in)
            self.note(f"log-ins/s, {count} at once", hub, total / seconds)

    async def questions(self, hub):
        """What a token and what a log-in cost once they are there."""
        async def ask(connection, _):
            answer = await connection.call("GET", f"{hub.api}/users/gov", Authorization=hub.authorization)
            assert answer.status == 200, (answer.status, answer.body)

        seconds, _ = await at_once(hub.port, 20, list(range(300)), ask)
        self.note("calls/s with a token, 20 at once", hub, 300 / seconds)
        connection = Connection(hub.port)
        cookie = await hub.log_in(connection, self.fresh(hub, 1)[0])
        connection.close()

        forgery = next((part.split("=", 1)[1] for part in cookie.split("; ") if part.startswith("_xsrf=")), None)

        async def ask_by_session(connection, _):
            # JupyterHub 3 wants to see a page of its own, 6 the cookie against forged requests.
            answer = await connection.call("GET", f"{hub.api}/user", Cookie=cookie, X_XSRFToken=forgery,
                                           Referer=f"http://127.0.0.1:{hub.port}{hub.api.removesuffix('/api')}/home")
            assert answer.status == 200, (answer.status, answer.body)

        seconds, _ = await at_once(hub.port, 20, list(range(300)), ask_by_session)
        self.note("calls/s with a log-in's cookie, 20 at once", hub, 300 / seconds)

    async def spawn(self, hub, connection, name):
        answer = await connection.call("POST", f"{hub.api}/users/{name}/server", Authorization=hub.authorization)
        while answer.status == 202:
            await asyncio.sleep(0.02)
            seen = await connection.call("GET", f"{hub.api}/users/{name}", Authorization=hub.authorization)
            server = seen.json()["servers"].get("")
            assert server, f"{hub.name}: the server of {name} did not start"
            if server["ready"]:
                return
        assert answer.status == 201, (hub.name, answer.status, answer.body)

    async def spawns(self, hub):
        most = self.options.people // (4 * self.options.rounds)  # there are three kinds, and each person starts once
        for count, total in ((1, 30), (20, 60), (100, 100)):
            seconds, people, started = 0, [], 0
            # For as long as the slowest need: in a tenth of a second a busy moment of the host would be all there is.
            while not started or (seconds < 2 and started + total <= most):
                await at_once(hub.port, 20, people, lambda c, name: self.stop(hub, c, name))
                people = self.fresh(hub, total)
                seconds += (await at_once(hub.port, count, people, lambda c, name: self.spawn(hub, c, name)))[0]
                started += total
            self.note(f"spawns/s, {count} at once", hub, started / seconds)
            self.running[hub.name] = people

    async def stop(self, hub, connection, name):
        answer = await connection.call("DELETE", f"{hub.api}/users/{name}/server", Authorization=hub.authorization)
        assert answer.status in (202, 204), (hub.name, answer.status, answer.body)

    async def lists(self, hub):
        connection = Connection(hub.port)
        kinds = (("first page of 200", "?limit=200"), ("a page of 200 in the middle", f"?limit=200&offset={self.options.people // 2}"),
                 ("page of running ones", "?limit=200&state=ready"), ("all in one answer", "?limit=1000000"))
        # One such call is short beside what else a machine may do in a moment.
        for what, query in kinds * 5:
            begun = time.monotonic()
            answer = await connection.call("GET", f"{hub.api}/users{query}", Authorization=hub.authorization, **PAGE)
            spent = (time.monotonic() - begun) * 1000
            assert answer.status == 200, answer.body[:200]
            if "all" not in what or len(answer.json()["items"]) >= self.options.people:
                self.note(f"ms to list {self.options.people:,} people: {what}", hub, spent)
        begun, path, seen = time.monotonic(), f"{hub.api}/users?limit=200", 0
        while path:
            answer = await connection.call("GET", path, Authorization=hub.authorization, **PAGE)
            content = answer.json()
            seen += len(content["items"])
            following = content["_pagination"]["next"]
            path = following and path.split("?")[0] + "?" + following["url"].split("?", 1)[1]
        self.note(f"ms to list {self.options.people:,} people: all, in pages of 200", hub, (time.monotonic() - begun) * 1000)
        assert seen >= self.options.people, seen
        connection.close()

    async def activity(self, hub):
        async def post(connection, name):
            now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 1000 % 1_000_000:06d}Z"
            body = json.dumps({"servers": {"": {"last_activity": now}}, "last_activity": now}).encode()
            answer = await connection.call("POST", f"{hub.api}/users/{name}/activity", body, Authorization=hub.authorization,
                                           Content_Type="application/json")
            assert answer.status == 200, (hub.name, answer.status, answer.body)

        people = self.running[hub.name] * 2
        seconds, _ = await at_once(hub.port, 20, people, post)
        self.note("activity posts/s, 20 at once", hub, len(people) / seconds)

    async def pending(self, hub):
        """How long others wait while a hundred servers start."""
        starts = [asyncio.ensure_future(self.slow_start(hub, f"slow-{number}")) for number in range(100)]
        await asyncio.sleep(3)
        spent = []
        connection = Connection(hub.port)
        for _ in range(200):
            begun = time.monotonic()
            answer = await connection.call("GET", f"{hub.api}/users/gov", Authorization=hub.authorization)
            assert answer.status == 200
            spent.append((time.monotonic() - begun) * 1000)
            if sum(spent) > 10_000:
                break
        connection.close()
        for start in starts:
            start.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        self.note("ms of a call with 100 pending starts: median", hub, statistics.median(spent))
        self.note("ms of a call with 100 pending starts: 99 of 100", hub, sorted(spent)[int(len(spent) * 0.99)])

    async def slow_start(self, hub, name):
        connection = Connection(hub.port)
        try:
            await connection.call("POST", f"{hub.api}/users/{name}/server", Authorization=hub.authorization)
        finally:
            connection.close()

    async def memory(self, hub):
        missing = 1000 - self.next_running(hub)
        if missing > 0:
            await at_once(hub.port, 20, self.fresh(hub, missing), lambda c, name: self.spawn(hub, c, name))
        self.note("MiB of hub and proxy, 1,000 servers running", hub, hub.memory())

    def next_running(self, hub):
        return hub.routes()

    async def cold_start(self, hub):
        self.note(f"s from start to an answer, {self.options.big:,} people, {self.options.running:,} servers", hub, hub.start())
        begun, connection = time.monotonic(), Connection(hub.port)
        while time.monotonic() - begun < 120:
            answer = await connection.call("GET", f"{hub.api}/users?limit=1&state=ready", Authorization=hub.authorization, **PAGE)
            if answer.status == 200 and answer.json()["_pagination"]["total"] >= self.options.running and hub.routes() >= self.options.running:
                break
            await asyncio.sleep(0.01)
        else:
            print(f"  {hub.name}: not all servers are known after two minutes", flush=True)
        connection.close()
        so_far = self.figures[f"s from start to an answer, {self.options.big:,} people, {self.options.running:,} servers"][hub.name][-1]
        self.note("s until all servers are known and routed", hub, so_far + time.monotonic() - begun)
        hub.stop()

    def table(self, all_hubs):
        names = [hub.name for hub in all_hubs]
        print("\n| | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
        for what, of_hub in self.figures.items():
            cells = [f"{statistics.median(of_hub[name]):,.3g}" if of_hub.get(name) else "" for name in names]
            print(f"| {what} | " + " | ".join(cells) + " |", flush=True)


def upstream():
    process = subprocess.Popen([str(hubs.proxies.TOOLS / "bench_upstream")], stdout=subprocess.PIPE, text=True)
    os.environ["BENCH_SERVER"] = f"http://127.0.0.1:{process.stdout.readline().strip()}"
    return process


def wanted(options, name):
    return not options.only or any(word in name for word in options.only.split(","))


async def measure(options, where):
    bench, server, running = Bench(options), upstream(), []
    try:
        await measure_all(options, where, bench, running)
    finally:
        for hub in running:
            hub.close()
        server.kill()
        server.wait()
    bench.table(running)
    file = hubs.TOP / "build" / "bench" / "hub.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bench.figures, indent=2), encoding="utf-8")


async def measure_all(options, where, bench, running):
    """`running` holds the hubs of the moment, for who has to end them."""
    running[:] = hubs.make_all(options.hubs)
    print(f"\nHubs beside each other, {options.rounds} rounds, medians; {where}\n{machine.describe()}; " + "; ".join(hub.version for hub in running))
    works = [bench.log_ins, bench.questions, bench.spawns, bench.activity, bench.lists, bench.memory, bench.pending]
    works = [work for work in works if wanted(options, work.__name__)]
    if works:
        for hub in running:
            hub.prepare(options.people)
            hub.start()
    for number in range(options.rounds):
        for work in works:
            once = work.__name__ in ("memory", "pending")
            for hub in running:
                if not once or number == options.rounds - 1:
                    await work(hub)
    for hub in running:
        hub.close()
    if wanted(options, "cold_start"):
        running[:] = hubs.make_all(options.hubs)
        for hub in running:
            hub.prepare(options.big, options.running)
        for _ in range(options.rounds):
            for hub in running:
                await bench.cold_start(hub)


async def bounded(options, where):
    # Whatever ends it, the hubs that it started end with it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    await asyncio.wait_for(measure(options, where), options.budget)


def main():
    parser = argparse.ArgumentParser()
    for name, usual in (("rounds", 3), ("people", 20_000), ("big", 50_000), ("running", 5_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--only", default="", help="measurements whose name holds one of these words, with commas between")
    parser.add_argument("--hubs", default="", help="hubs whose name holds this")
    parser.add_argument("--budget", type=int, default=3600, help="seconds after which it gives up")
    options = parser.parse_args()
    where = network.enter()
    asyncio.run(bounded(options, where))


main()
