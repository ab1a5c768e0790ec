"""Shows that an include against the direction of the modules does not compile.

    scripts/module_direction.py SCRATCH_FOLDER

For each pair of modules (one, other) where `one` does not depend on `other`, the compiler of `one` must not find
`other`'s folder. The include paths are read from the compile commands, so this holds for what is really built;
one pair is compiled for real.
"""

import pathlib
import subprocess
import sys

from lint_sources import TOP, compile_commands

MODULES = TOP / "build" / "release" / "modules"


def allowed():
    """Module to the modules it may include, as src/CMakeLists.txt declares them."""
    text = (TOP / "src" / "CMakeLists.txt").read_text()
    direct = {}
    for call in text.split("carrel_module(")[1:]:
        words = call[: call.index(")")].split()
        depends = []
        if "DEPENDS" in words:
            for word in words[words.index("DEPENDS") + 1 :]:
                if word.isupper():
                    break
                depends.append(word)
        direct[words[0]] = depends
    closed = {}

    def close(module):
        if module not in closed:
            closed[module] = {module}.union(*(close(one) for one in direct.get(module, [])))
        return closed[module]

    return {module: close(module) for module in direct}


def visible(words):
    """The modules whose headers these compiler arguments can see."""
    paths = {word[2:] for word in words if word.startswith("-I")}
    paths |= {words[i + 1] for i, word in enumerate(words) if word == "-isystem"}
    return {pathlib.Path(path).name for path in paths if pathlib.Path(path).parent == MODULES}


def main(scratch):
    may, problems, base = allowed(), [], None
    for path, words in compile_commands().items():
        if not path.is_relative_to(TOP / "src") or path.name.endswith("_test.cpp"):
            continue
        module = path.relative_to(TOP / "src").parts[0]
        base = words if module == "base" else base
        # Only the program itself, app/main.cpp, may see everything.
        extra = visible(words) - may.get(module, set()) if module in may else set()
        if extra:
            problems.append(f"{path}: can include {', '.join(sorted(extra))}, which {module} does not depend on")
    upward = pathlib.Path(scratch) / "upward.cpp"
    upward.write_text('#include "hub/server_lifecycle.hpp"\n')
    tried = subprocess.run([*base, "-fsyntax-only", str(upward)], cwd=TOP, capture_output=True, text=True)
    if tried.returncode == 0 or "file not found" not in tried.stderr:
        problems.append("base could include hub/server_lifecycle.hpp: " + tried.stderr)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
