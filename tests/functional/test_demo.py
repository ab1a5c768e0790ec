"""`carrel demo`, as `make demo` runs it: a course's whole life without hands, and a bad end at the first thing amiss."""

import re
import shutil
import subprocess

import pytest
from support.carrel_process import ENVIRONMENT, PROGRAM, clean_environment

STEP = re.compile(r"^ +[\d.]+ s  (ok  |FAIL) (.*?) +\d+ ms$", re.MULTILINE)


def demo(config):
    return subprocess.run(
        [str(PROGRAM), "demo", "--config", str(config)], capture_output=True, text=True, timeout=600, env=clean_environment(), cwd="/"
    )


@pytest.mark.notebook
def test_it_plays_a_course_s_life_and_tells_it_with_durations():
    played = demo(ENVIRONMENT)
    assert played.returncode == 0, played.stdout + played.stderr
    steps = STEP.findall(played.stdout)
    assert len(steps) >= 18 and {outcome for outcome, _ in steps} == {"ok  "}, played.stdout
    story = [what for _, what in steps]
    for part in ("requests a course", "greta accepts", "rejects bob", "deploys the hub", "a cell computes", "403", "SIGKILL",
                 "homes are exported", "export is verified", "take-out has the notebook"):
        assert any(part in what for what in story), (part, story)
    assert re.search(r"From the click to a usable JupyterLab: [\d.]+ s", played.stdout)


def test_it_ends_badly_at_the_first_step_that_is_not_what_it_should_be(tmp_path):
    config = tmp_path / "carrel.toml"
    config.write_text('[environments.broken]\ncommand = ["/usr/bin/python3", "-c", "import no_such_module", "{socket}"]\n')
    played = demo(config)
    kept = re.search(r"^carrel: the demo failed; its data and log are kept in (\S+)$", played.stderr, re.MULTILINE)
    assert kept, played.stdout + played.stderr
    shutil.rmtree(kept[1])
    assert played.returncode == 1
    outcomes = [outcome for outcome, what in STEP.findall(played.stdout) if "Ctrl-C" not in what]
    assert outcomes.count("FAIL") == 1 and outcomes[-1] == "FAIL"
    assert "no_such_module" in played.stdout
