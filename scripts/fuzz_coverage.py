"""Says how many lines of each parser the fuzz corpora reach, from llvm-cov's JSON; fails below 95 % of all."""

import json
import pathlib
import sys

WANTED = 95

covered = count = 0
for file in json.load(sys.stdin)["data"][0]["files"]:
    lines = file["summary"]["lines"]
    covered, count = covered + lines["covered"], count + lines["count"]
    print(f"{pathlib.Path(file['filename']).name:24} {lines['covered']:4} of {lines['count']:4} lines  {lines['percent']:5.1f} %")
print(f"{'all':24} {covered:4} of {count:4} lines  {100 * covered / count:5.1f} %")
sys.exit(0 if covered >= count * WANTED / 100 else 1)
