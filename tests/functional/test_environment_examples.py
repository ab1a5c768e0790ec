"""The environments of deploy/environments and docs/howto/environments."""

import pathlib
import subprocess

import pytest
from conftest import platform
from support.carrel_process import PROGRAM, QUICK, TOP, clean_environment
from support.course import Course

EXAMPLES = sorted((TOP / "deploy" / "environments").glob("*.toml"))
DEBIANS_NOTEBOOK = pathlib.Path("/usr/bin/jupyter-notebook")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_right_configuration(example):
    done = subprocess.run([str(PROGRAM), "check-config", "--config", str(example)], capture_output=True, text=True, timeout=60, env=clean_environment(), check=False)
    assert done.returncode == 0, done.stderr
    page = {"jupyterhub": "jupyterhub-images"}.get(example.stem, example.stem)
    text = (TOP / "docs" / "howto" / "environments" / f"{page}.md").read_text()
    assert example.read_text().strip() in text, "the page shows the example as it is"


@pytest.mark.skipif(not DEBIANS_NOTEBOOK.exists(), reason="Debian's jupyter-notebook is not installed")
def test_a_cell_runs_in_jupyter_notebook(name):
    config = QUICK + """
[environments.notebook]
default_url = "/tree"
command = ["/usr/bin/jupyter-notebook", "--no-browser", "--NotebookApp.sock={socket}", "--NotebookApp.base_url={base_url}",
    "--NotebookApp.allow_remote_access=True", "--NotebookApp.notebook_dir={home}"]
[hub]
start_timeout_seconds = 120
"""
    with platform(config) as carrel:
        course = Course(carrel, name, environment="notebook")
        ada = course.admit("ada")
        kernel = ada.running_server(name).start_kernel()
        assert kernel.run("print(6 * 7)") == "42\n"
        kernel.close()
