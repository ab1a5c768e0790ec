"""What a process has in memory."""

import pathlib


def resident(pid):
    """Resident bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Rss:")) * 1024
