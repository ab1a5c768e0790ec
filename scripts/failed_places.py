"""Prints where the failed tests of a folder of results stand, a line each: the runner and a file, program or folder
that it can be given to run them again. Fails when there is nothing to be tried again, or so much that more is wrong
than a test or two.

Each line is `runner place`; `web` has no other place than the whole.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml

from sum_test_results import outcome

MOST = 12
ONLY_ONCE = ("fuzz",)  # what a fuzzer has found is found


def place_of(path, case):
    """What to give a runner so that it runs this test again."""
    runner, _, part = path.stem.partition("-")
    if runner == "unit":
        return runner, f"build/release/src/{part}"
    if runner == "browser":
        return runner, f"tests/browser/{part}.test.mjs"
    return runner, case.get("file", "all")


def main(folder):
    failed = 0
    places = {}
    for path in sorted(folder.glob("*.xml")):
        try:
            cases = [case for case in xml.parse(path).getroot().iter("testcase") if outcome(case) == "failed"]
        except (OSError, xml.ParseError):
            continue  # sum_test_results.py says it
        failed += len(cases)
        for case in cases:
            places[place_of(path, case)] = True
    print("\n".join(f"{runner} {place}" for runner, place in places if runner not in ONLY_ONCE))
    return 0 if 0 < failed <= MOST else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
