"""From the click on "Start" to a usable JupyterLab: server ready, page and first program loaded.

One participant on a quiet platform; each round starts a server that was stopped. The bare command of the same
environment, started by hand and asked until it answers, is the yardstick in the same run: what is beyond it is
Carrel's own.
"""

import pathlib
import re
import statistics
import sys
import tempfile
import time
import tomllib

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))

import machine  # noqa: E402
from bare_server import seconds_until_it_answers  # noqa: E402
from support.carrel_process import CarrelProcess, ENVIRONMENT, wait_until  # noqa: E402

ROUNDS = 7
SLUG = "bench-course"


def participant_of_a_deployed_course(carrel):
    carrel.add_user("greta", "administrator")
    carrel.add_user("lea", "leader")
    lea = carrel.log_in("lea")
    lea.request_course(SLUG)
    carrel.log_in("greta").post(f"/api/v1/courses/{SLUG}/accept")
    ada = carrel.anonymous()
    ada.sign_up(lea.invitation(SLUG), "ada")
    ada.apply(lea.invitation(SLUG))
    lea.decide(SLUG, "ada", "accept")
    wait_until(lambda: lea.course(SLUG)["state"] == "deployed", what="the deployment")
    return ada


def click(ada, default_url):
    """Seconds until the server is ready, and until the page and its first program have come."""
    begun = time.monotonic()
    assert ada.start_server(SLUG).status_code == 201
    ready = time.monotonic() - begun
    page = ada.request("GET", ada.server_path(SLUG) + default_url, headers={"Accept": "text/html"},
                       allow_redirects=True)
    page.raise_for_status()
    script = re.search(r'<script[^>]*src="([^"]+)"', page.text)[1]
    ada.request("GET", script).raise_for_status()
    return ready, time.monotonic() - begun


def main():
    environment = next(iter(tomllib.loads(ENVIRONMENT.read_text())["environments"].values()))
    print(f"\nClick to {environment['title']}, {ROUNDS} rounds interleaved with the bare command, medians")
    print(machine.describe())
    bare, ready, usable = [], [], []
    with CarrelProcess() as carrel, tempfile.TemporaryDirectory(prefix="carrel-bench-") as home:
        ada = participant_of_a_deployed_course(carrel)
        for _ in range(ROUNDS):
            bare.append(seconds_until_it_answers(environment, pathlib.Path(home)))
            one, two = click(ada, environment["default_url"])
            ready.append(one)
            usable.append(two)
            assert ada.stop_server(SLUG).status_code == 204
    for what, values in (("the bare command answers", bare), ("Carrel: the server is ready", ready),
                         (f"Carrel: {environment['title']} is usable", usable)):
        print(f"  {what:<34}{statistics.median(values):7.3f} s   ({min(values):.3f} to {max(values):.3f})")


main()
