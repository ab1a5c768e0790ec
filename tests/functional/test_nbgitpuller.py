"""A link of nbgitpuller's, followed by somebody who is not logged in: log-in, start, and the repository is there."""

import functools
import http.server
import json
import os
import subprocess
import threading
from urllib.parse import urlencode

import pytest
from conftest import platform
from support.carrel_process import QUICK, TOP, wait_until
from support.course import Course
from support.hub_pages import HubVisitor
from support.jupyterhub_server import CURRENT, current_environment

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="a server has a network of its own, and reaches no repository on this machine")
EXTENSION = TOP / "build" / "nbgitpuller"
PINS = TOP / "scripts" / "nbgitpuller-requirements.txt"


def extension_environment():
    """The TOML of an environment with nbgitpuller; None where PyPI cannot be had."""
    if current_environment() is None:
        return None
    if not (EXTENSION / "nbgitpuller").exists():
        done = subprocess.run(
            [str(CURRENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--requirement", str(PINS), "--target", str(EXTENSION)],
            capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            return None
    return f"""
[environments.puller]
kind = "jupyterhub"
command = [{json.dumps(str(CURRENT / "bin" / "jupyterhub-singleuser"))}]
read_only = [{json.dumps(str(CURRENT))}, {json.dumps(str(EXTENSION))}]
variables = {{ PYTHONPATH = {json.dumps(str(EXTENSION))}, JUPYTER_CONFIG_PATH = {json.dumps(str(EXTENSION / "etc" / "jupyter"))} }}
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def repository(tmp_path):
    """A git repository with one notebook, behind plain HTTP on 127.0.0.1: its address."""
    work, bare = tmp_path / "work", tmp_path / "served" / "Übung 1.git"
    git = ["git", "-c", "user.name=Lea", "-c", "user.email=lea@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "--quiet", str(work)], check=True)
    (work / "birds.ipynb").write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    subprocess.run([*git, "-C", str(work), "add", "."], check=True)
    subprocess.run([*git, "-C", str(work), "commit", "--quiet", "-m", "birds"], check=True)
    subprocess.run([*git, "clone", "--quiet", "--bare", str(work), str(bare)], check=True)
    # Plain files are enough for git once it has been told which there are.
    subprocess.run([*git, "-C", str(bare), "update-server-info"], check=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(bare.parent)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/%C3%9Cbung%201.git"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("root", ["", "puller"], ids=["below its slug", "at the root"])
def test_a_link_brings_the_repository_to_whoever_follows_it(repository, root):
    environment = extension_environment()
    if environment is None:
        pytest.skip("JupyterHub's servers or nbgitpuller cannot be had here")
    with platform(config=QUICK + environment, root_course=root) as process:
        course = Course(process, "puller", environment="puller")
        course.admit("ada")
        ada = HubVisitor(process.url, course.base, "ada", process.passwords["ada"])
        link = f"{ada.base}hub/user-redirect/git-pull?" + urlencode(
            {"repo": repository, "branch": "main", "targetpath": "birds", "depth": "0", "urlpath": "lab/tree/birds/birds.ipynb"})

        form = ada.get(link)
        assert form.headers["Location"].startswith(f"{ada.base}hub/login?next=")
        answer, way = ada.follow(ada.log_in(next=link))
        if answer.url.split("?")[0].endswith("/hub/spawn-pending/ada"):
            # Where a browser is led on by the page, this waits for the hub to lead on.
            waiting = answer.url
            wait_until(lambda: ada.get(waiting).status_code == 302, timeout=60, what="the server being ready")
            answer, more = ada.follow(ada.get(waiting))
            way += more
        assert answer.status_code == 200, (way, answer.text[:500], process.log()[-2000:])
        assert way[-1] == f"{ada.base}user/ada/git-pull", way
        # nbgitpuller's own page knows what the link said, to the last character.
        assert "nbgitpuller" in answer.text and repository.replace("%", "%25") in answer.text or repository in answer.text

        # What that page does next.
        pulled = ada.get(f"{ada.base}user/ada/git-pull/api?" + urlencode({"repo": repository, "branch": "main", "targetpath": "birds", "depth": "0"}))
        assert '"phase": "finished"' in pulled.text, pulled.text[-2000:]
        there = ada.get(f"{ada.base}user/ada/api/contents/birds/birds.ipynb?content=0")
        assert there.status_code == 200 and there.json()["path"] == "birds/birds.ipynb"

        # The next one who is logged in and whose server runs gets there without a page in between.
        answer, way = ada.follow(ada.get(link))
        assert answer.status_code == 200 and way == [f"{ada.base}hub/spawn/ada", f"{ada.base}user/ada/git-pull"]
