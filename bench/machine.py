"""The machine's description, which belongs to every figure."""

import json
import os
import pathlib
import platform
import subprocess

import proxies


def describe():
    cpu = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {cpu}, {memory:.0f} GiB, Linux {platform.release()}"


VERSION = {"nginx": ["nginx", "-v"], "HAProxy": ["haproxy", "-v"], "h2o": ["h2o", "--version"]}


def versions(programs):
    """What the peers call themselves."""
    for program in programs:
        if program.name in VERSION:
            said = subprocess.run(VERSION[program.name], capture_output=True, text=True, check=False)
            yield (said.stdout + said.stderr).splitlines()[0].removeprefix("nginx version: ")
        elif program.name == "configurable-http-proxy":
            package = program.name + "/package.json"
            yield program.name + " " + json.loads((proxies.NODE_MODULES / package).read_text())["version"]
