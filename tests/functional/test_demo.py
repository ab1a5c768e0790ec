"""`carrel demo`, as `make demo` runs it: a course's whole life without hands, and a bad end at the first thing amiss."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
from support.carrel_process import ENVIRONMENT, PROGRAM, TOP, clean_environment
from support.portal import Background

STEP = re.compile(r"^ +[\d.]+ s  (ok  |FAIL) (.*?) +\d+ ms$", re.MULTILINE)


@pytest.fixture(scope="module")
def somebody_s_machine():
    """A folder that nobody else may enter, in which the first python3 on PATH is, and what such a machine's variables are."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-somebody-"))
    (folder / "bin").mkdir()
    python = folder / "bin" / "python3"
    python.write_text("#!/bin/sh\necho this python belongs to somebody else >&2\nexit 127\n")
    python.chmod(0o755)
    variables = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "TZ": "Pacific/Chatham", "LC_ALL": "xx_XX.UTF-8", "LANGUAGE": "de"}
    yield folder, clean_environment() | variables
    shutil.rmtree(folder)


def demo(config, environment):
    return subprocess.run(
        [str(PROGRAM), "demo", "--config", str(config)], capture_output=True, text=True, timeout=600, env=environment, cwd="/"
    )


def has_debian_s_notebook():
    names = ["jupyter-notebook", "jupyter-server", "python3-ipykernel"]
    answer = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}\n", *names], capture_output=True, text=True)
    return answer.stdout.split() == ["installed"] * len(names)


@pytest.fixture(scope="module")
def without_pypi(somebody_s_machine):
    """The configuration of an environment that was made where PyPI cannot be reached; None where it cannot be made."""
    if not has_debian_s_notebook():
        return None
    folder, environment = somebody_s_machine
    unreachable = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_EXTRA_INDEX_URL": ""}
    made = subprocess.run(
        [str(TOP / "scripts" / "notebook-environment"), str(folder / "notebook")], capture_output=True, text=True, timeout=300,
        env=environment | unreachable,
    )
    assert made.returncode == 0 and "Debian's Jupyter Notebook instead" in made.stderr, made.stdout + made.stderr
    return folder / "notebook" / "environment.toml"


@pytest.fixture(scope="module")
def played(without_pypi, somebody_s_machine):
    """What demos in each environment print. They wait for most of their time, so they are played at once."""
    _, environment = somebody_s_machine
    demos = {name: Background(demo, config, environment) for name, config in (("pypi", ENVIRONMENT), ("debian", without_pypi)) if config}
    return {name: one.result(600) for name, one in demos.items()}


@pytest.mark.notebook
@pytest.mark.parametrize("environment", ["pypi", "debian"])
def test_it_plays_a_course_s_life_and_tells_it_with_durations(played, environment):
    if environment not in played:
        pytest.skip("Debian's Jupyter Notebook is not installed here")
    one = played[environment]
    assert one.returncode == 0, one.stdout + one.stderr
    steps = STEP.findall(one.stdout)
    assert len(steps) >= 18 and {outcome for outcome, _ in steps} == {"ok  "}, one.stdout
    story = [what for _, what in steps]
    for part in ("requests a course", "greta accepts", "rejects bob", "deploys the hub", "a cell computes", "403", "SIGKILL",
                 "homes are exported", "export is verified", "take-out has the notebook"):
        assert any(part in what for what in story), (part, story)
    assert re.search(r"From the click to a usable JupyterLab: [\d.]+ s", one.stdout)


def test_it_ends_badly_at_the_first_step_that_is_not_what_it_should_be(tmp_path):
    config = tmp_path / "carrel.toml"
    config.write_text('[environments.broken]\ncommand = ["/usr/bin/python3", "-c", "import no_such_module", "{socket}"]\n')
    ended = demo(config, clean_environment())
    kept = re.search(r"^carrel: the demo failed; its data and log are kept in (\S+)$", ended.stderr, re.MULTILINE)
    assert kept, ended.stdout + ended.stderr
    shutil.rmtree(kept[1])
    assert ended.returncode == 1
    outcomes = [outcome for outcome, what in STEP.findall(ended.stdout) if "Ctrl-C" not in what]
    assert outcomes.count("FAIL") == 1 and outcomes[-1] == "FAIL"
    assert "no_such_module" in ended.stdout
