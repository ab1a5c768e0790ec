"""A class at work: fifteen people who start their servers at once, open a kernel each, and run cells for a while.

    bench/class.py [--people 15] [--minutes 3]

The people think between two cells, each for a time of their own, as people do; a cell computes for a few tenths of a
second, now and then for longer. Printed are what failed, how long each person waited from the click on "Start" to the
first answer of a kernel, how long a short cell took while all worked, and what the machine had to do for it.
"""

import argparse
import os
import pathlib
import random
import statistics
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))

import machine  # noqa: E402
import quiet  # noqa: E402
from support.carrel_process import CarrelProcess, QUICK  # noqa: E402
from support.course import Course  # noqa: E402

SLUG = "class-at-work"
SHORT = "sum(i * i for i in range(200_000))"
LONG = "sum(i * i for i in range(8_000_000))"
# All of the class may start at once: nobody waits in line.
CONFIG = QUICK + "\n[hub]\nconcurrent_starts = 15\n"


class Person(threading.Thread):
    """Somebody in the class. What went wrong is kept, not thrown: the class goes on."""

    def __init__(self, number, portal, begin, end):
        super().__init__(daemon=True)
        self.portal, self.begin, self.end = portal, begin, end
        self.dice = random.Random(number)
        self.first_answer = None
        self.cells = []
        self.failures = []

    def run(self):
        try:
            self.work()
        except Exception as problem:  # noqa: BLE001: every kind of failure counts
            self.failures.append(f"{type(problem).__name__}: {problem}")

    def work(self):
        self.begin.wait()
        clicked = time.monotonic()
        kernel = self.portal.running_server(SLUG).start_kernel()
        kernel.run("1 + 1", timeout=120)
        self.first_answer = time.monotonic() - clicked
        while time.monotonic() < self.end():
            time.sleep(self.dice.uniform(2, 20))
            code = LONG if self.dice.random() < 0.15 else SHORT
            asked = time.monotonic()
            answer = kernel.run(code, timeout=120)
            if not answer.strip().isdigit():
                self.failures.append(f"a cell answered {answer!r}")
            if code is SHORT:
                self.cells.append(time.monotonic() - asked)
        kernel.close()


def memory_of_tree(root):
    """Proportional set size of a process and all that it started, in MiB."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    total, left = 0, [root]
    while left:
        process = left.pop()
        left += children.get(process, [])
        try:
            rollup = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def spread(values, unit):
    return f"{statistics.median(values):.2f} {unit} (worst {max(values):.2f})" if values else "nothing"


def main():
    options = argparse.ArgumentParser(description="a class at work")
    options.add_argument("--people", type=int, default=15)
    options.add_argument("--minutes", type=float, default=3)
    options = options.parse_args()
    print(f"\nA class of {options.people} at work for {options.minutes:g} minutes\n{machine.describe()}", flush=True)
    with CarrelProcess(config=CONFIG) as carrel:
        carrel.add_user("gov", "administrator")
        carrel.add_user("lea", "leader")
        course = Course(carrel, SLUG, expected_participants=options.people)
        begin, finish = threading.Event(), [float("inf")]
        people = [Person(number, course.admit(f"student{number:02}"), begin, lambda: finish[0])
                  for number in range(options.people)]
        empty = memory_of_tree(carrel.process.pid)
        for person in people:
            person.start()
        busy, begun = quiet.cores()[0], time.monotonic()
        finish[0] = begun + options.minutes * 60
        begin.set()
        time.sleep(options.minutes * 60 * 0.8)
        full = memory_of_tree(carrel.process.pid)
        for person in people:
            person.join(180)
        seconds = time.monotonic() - begun
        used = (quiet.cores()[0] - busy) / seconds
        failures = [text for person in people for text in person.failures]
        failures += ["did not finish" for person in people if person.is_alive()]
    print(f"  failures                             {len(failures)} {failures[:3] or ''}")
    print(f"  click to the kernel's first answer   {spread([p.first_answer for p in people if p.first_answer], 's')}")
    print(f"  a short cell while all work          {spread([one for p in people for one in p.cells], 's')}"
          f"   {sum(len(p.cells) for p in people)} cells")
    print(f"  memory                               {(full - empty) / options.people:.0f} MiB a person, platform {empty:.0f} MiB")
    print(f"  processor                            {used:.2f} of {os.cpu_count()} cores on average")
    return 1 if failures else 0


sys.exit(main())
