"""Runs clang-tidy over the sources, or compiles headers alone; remembers what was clean.

    scripts/lint_sources.py tidy | headers [PATH...]

A result is kept in build/lint/ under a hash of the file, of every project header it includes, and of the rules,
so that only what changed is looked at again. No path of the checkout is in it: another checkout may copy the folder.
Everything is compiled without the precompiled headers, so that a source which forgot an include is found.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import threading

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = TOP / "build" / "release"
CACHE = TOP / "build" / "lint"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Sources:
    """The project's files, and what each includes, directly or not."""

    def __init__(self):
        self.direct = {}
        self.lock = threading.Lock()

    def includes(self, path):
        if path not in self.direct:
            found = INCLUDE.findall(path.read_text(errors="replace"))
            places = [candidate for name in found for candidate in (TOP / "src" / name, path.parent / name)]
            self.direct[path] = [place.resolve() for place in places if place.is_file()]
        return self.direct[path]

    def closure(self, path):
        seen, waiting = set(), [path]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += self.includes(one)
        return sorted(seen)

    def key(self, path, command):
        digest = hashlib.sha256((TOP / ".clang-tidy").read_bytes())
        digest.update(" ".join(command).replace(f"{TOP}/", "").encode())
        with self.lock:
            closure = self.closure(path)
        for one in closure:
            digest.update(str(one.relative_to(TOP)).encode())
            digest.update(one.read_bytes())
        return digest.hexdigest()


def compile_commands():
    """Source file to the compiler's arguments, without what to compile and where to."""
    commands, plain = {}, []
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        if "ccache" in words:
            del words[: words.index("ccache") + 1]
        of_module = "-include-pch" in words   # a program of its own may compile the same file
        for option in ("-o", "-include-pch"):
            if option in words:
                at = words.index(option)
                del words[at : at + 2]
        plain.append({"directory": entry["directory"], "file": entry["file"], "arguments": words})
        if "-c" in words:
            at, path = words.index("-c"), pathlib.Path(entry["file"]).resolve()
            if of_module or path not in commands:
                commands[path] = words[:at] + words[at + 2 :]
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "compile_commands.json").write_text(json.dumps(plain))
    return commands


def run(job, sources):
    """Runs one job unless its result is known; returns what it complained about."""
    path, command = job
    known = CACHE / sources.key(path, command)
    if known.exists():
        return ""
    done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True)
    if done.returncode == 0:
        known.touch()
        return ""
    noise = re.compile(r"^\d+ warnings? (and \d+ errors? )?generated|^Suppressed |^Use -header-filter")
    return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not noise.match(line))


def tidy_jobs(commands):
    return [(path, ["clang-tidy-19", "-p", str(CACHE), "--quiet", str(path)])
            for path in sorted(commands) if path.is_relative_to(TOP / "src")]


def own_source_starts_with(header):
    """A header that its own source includes before all else is compiled alone by every build."""
    source = header.with_suffix(".cpp")
    if not source.exists():
        return False
    first = re.search(r'^\s*#\s*include\s*[<"]([^>"]+)', source.read_text(), re.MULTILINE)
    return first is not None and first.group(1) == str(header.relative_to(TOP / "src"))


def header_jobs(commands):
    """Compiles each other header alone, as a source of its module would be."""
    by_module = {}
    # Tests see more than the module does, so a source that is no test is preferred; programs come after modules.
    for path, words in sorted(commands.items(), key=lambda one: one[0].name.endswith("_test.cpp")):
        if path.is_relative_to(TOP / "src"):
            by_module.setdefault(path.relative_to(TOP / "src").parts[0], words)
    jobs = []
    for header in sorted((TOP / "src").rglob("*.hpp")):
        module = header.relative_to(TOP / "src").parts[0]
        if module in by_module and not own_source_starts_with(header) and not header.name.startswith("test_"):
            flags = ["-fsyntax-only", "-x", "c++", "-Wno-pragma-once-outside-header", "-Wno-unused-const-variable"]
            jobs.append((header, by_module[module] + flags + [str(header)]))
    return jobs


def main(kind, only):
    commands = compile_commands()
    jobs = tidy_jobs(commands) if kind == "tidy" else header_jobs(commands)
    if only:
        wanted = {pathlib.Path(path).resolve() for path in only}
        jobs = [job for job in jobs if job[0] in wanted]
    sources, bad = Sources(), 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for complaint in pool.map(lambda job: run(job, sources), jobs):
            if complaint:
                bad += 1
                print(complaint, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
