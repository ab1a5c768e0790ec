"""How soon a hub notices that a server answers, and that one has died while it started.

Every server answers, or dies, after a time of its own between 0.3 and 3 seconds, and writes the moment down; the client
notes when the hub's answer to the start has come. One server after the other, hubs in turn, medians.
"""

import argparse
import asyncio
import json
import statistics
import time

import hubs
import machine
import network
from hub_client import Connection

SERVER = hubs.HERE / "tools" / "telling_server.py"
KINDS = ("answers", "dies")


class CarrelHub:
    """A course for each kind of server: a course has one environment."""

    name = "Carrel"

    def __init__(self):
        words = {kind: ["/usr/bin/python3", "-I", str(SERVER), kind, "{socket}"] for kind in KINDS}
        config = "".join(f"[environments.{kind}]\ncommand = {json.dumps(command)}\nread_only = [{json.dumps(str(SERVER.parent))}]\n"
                         for kind, command in words.items())
        self.carrel = hubs.CarrelProcess(config=config, environment=None)

    def prepare(self):
        for name, role in (("gov", "administrator"), ("lea", "leader")):
            self.carrel.add_user(name, role)
        self.carrel.start()
        self.port = int(self.carrel.url.rsplit(":", 1)[1])
        self.authorization = "token " + self.carrel.run("token", "create", "lea").stdout.strip()
        for kind in KINDS:
            hubs.Course(self.carrel, f"bench-{kind}", environment=kind)

    def server(self, kind):
        """Of the leader, who needs no admission."""
        return f"/c/bench-{kind}/hub/api/users/lea/server"

    def moment(self, kind):
        return float(next(self.carrel.data.glob(f"homes/bench-{kind}/lea/**/moment")).read_text())

    def close(self):
        self.carrel.__exit__()


class JupyterHub(hubs.JupyterHub):
    """One person's servers answer, another's die."""

    PEOPLE = {"answers": "person-0", "dies": "slow-0"}

    def environment(self):
        commands = {person: ["/usr/bin/python3", "-I", str(SERVER), kind] for kind, person in self.PEOPLE.items()}
        return {**super().environment(), "BENCH_COMMANDS": json.dumps(commands), "BENCH_SERVER": "http://127.0.0.1:1"}

    def prepare(self):
        super().prepare(1)
        for person in self.PEOPLE.values():
            (self.folder / person).mkdir()
        self.start()

    def server(self, kind):
        return f"{self.api}/users/{self.PEOPLE[kind]}/server"

    def moment(self, kind):
        return float((self.folder / self.PEOPLE[kind] / "moment").read_text())


async def milliseconds(hub, kind):
    """From what happened to the server until the client knows."""
    connection = Connection(hub.port)
    try:
        answer = await connection.call("POST", hub.server(kind), Authorization=hub.authorization)
        known = time.monotonic()
        assert (answer.status == 201) == (kind == "answers"), (hub.name, kind, answer.status, answer.body)
        if kind == "answers":
            await connection.call("DELETE", hub.server(kind), Authorization=hub.authorization)
        return (known - hub.moment(kind)) * 1000
    finally:
        connection.close()


async def measure(rounds, all_hubs):
    figures = {(kind, hub.name): [] for kind in KINDS for hub in all_hubs}
    for _ in range(rounds):
        for kind in KINDS:
            for hub in all_hubs:
                figures[kind, hub.name].append(await milliseconds(hub, kind))
    print("| ms until it is known, median (least to most) | " + " | ".join(hub.name for hub in all_hubs) + " |")
    for kind in KINDS:
        cells = [figures[kind, hub.name] for hub in all_hubs]
        print(f"| a server {kind} | " + " | ".join(f"{statistics.median(one):.0f} ({min(one):.0f} to {max(one):.0f})" for one in cells) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    where = network.enter()
    print(f"\n{machine.describe()}; {where}")
    all_hubs = [CarrelHub(), *(JupyterHub(hub.name, hub.python) for hub in hubs.make_all("JupyterHub"))]
    try:
        for hub in all_hubs:
            hub.prepare()
        asyncio.run(measure(rounds, all_hubs))
    finally:
        for hub in all_hubs:
            hub.close()


main()
