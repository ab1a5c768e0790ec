"""Runs the Autobahn test suite against an echo, directly and through the proxy, and compares the two.

python3 -m support.autobahn FOLDER CASES; FOLDER/suite holds the suite."""

import json
import pathlib
import shutil
import subprocess
import sys

from .proxy_process import ProxyProcess
from .websocket_echo import WebSocketEcho

RUN = """
import sys
sys.path.insert(0, {suite!r})
from autobahntestsuite import wstest
wstest.start({{"mode": "fuzzingclient"}}, {spec!r})
"""


def run(folder, cases):
    """{"direct": {case: result}, "through": {case: result}}"""
    report = folder / "report"
    shutil.rmtree(report, ignore_errors=True)
    with WebSocketEcho() as echo, ProxyProcess() as proxy:
        proxy.add_route("/", echo.url)
        ports = {"direct": echo.port, "through": proxy.port}
        servers = [{"agent": agent, "url": f"ws://127.0.0.1:{port}", "options": {"version": 18}} for agent, port in ports.items()]
        spec = {"servers": servers, "cases": [cases], "exclude-cases": [], "exclude-agent-cases": {}, "outdir": str(report),
                "failByDrop": False, "options": {"version": 18}}  # fmt: skip
        script = folder / "run.py"
        script.write_text(RUN.format(suite=str(folder / "suite"), spec=spec))
        with (folder / "log").open("w") as log:
            subprocess.run(["jython", str(script)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=1800, check=True)
    return json.loads((report / "index.json").read_text())


def main(folder, cases):
    found = run(folder, cases)
    direct, through = found["direct"], found["through"]
    same = failed = 0
    for case in sorted(direct, key=lambda name: [int(part) for part in name.split(".")]):
        one, other = direct[case], through.get(case, {"behavior": "missing", "behaviorClose": "missing"})
        if (one["behavior"], one["behaviorClose"]) == (other["behavior"], other["behaviorClose"]):
            same += 1
        else:
            failed += 1
            print(f"{case}: {one['behavior']}/{one['behaviorClose']} without, {other['behavior']}/{other['behaviorClose']} with the proxy")
    kinds = sorted({one["behavior"] for one in through.values()})
    print("through the proxy: " + ", ".join(f"{sum(one['behavior'] == kind for one in through.values())} {kind}" for kind in kinds))
    print(f"{same} passed, {failed} failed, 0 skipped")
    return 0 if same and not failed else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
