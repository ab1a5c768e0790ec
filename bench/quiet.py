"""Whether the machine was doing something else while a figure was taken.

A sample counts only when other processes used little of the cores and the hypervisor took little away; otherwise it is
taken again. A machine that never gets quiet is measured all the same, and the table says how many samples were not.
"""

import os
import time

OTHERS = 0.10   # cores
STOLEN = 0.03
TRIES = 4
TICK = os.sysconf("SC_CLK_TCK")

loud = 0   # samples that were kept although the machine was not quiet
kept = 0


def cores():
    with open("/proc/stat", encoding="ascii") as stat:
        fields = [int(field) / TICK for field in stat.readline().split()[1:]]
    return fields[0] + fields[1] + fields[2], fields[7]   # user + nice + system, stolen


def children():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def sample(take, programs):
    """Calls `take` until the machine was quiet meanwhile; `programs` are those whose work belongs to the sample."""
    global loud, kept
    for attempt in range(TRIES):
        own, (busy, stolen), begun = sum(p.cpu_seconds() for p in programs) + children(), cores(), time.monotonic()
        figures = take()
        seconds = time.monotonic() - begun
        busy_now, stolen_now = cores()
        own = sum(p.cpu_seconds() for p in programs) + children() - own
        others = (busy_now - busy - own) / seconds
        if others <= OTHERS and (stolen_now - stolen) / seconds <= STOLEN:
            break
        if attempt == TRIES - 1:
            loud += 1
    kept += 1
    return figures
