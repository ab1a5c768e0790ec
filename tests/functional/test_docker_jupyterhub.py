"""An unmodified `jupyterhub-singleuser`, the newest from PyPI, in a container: its visitor logs in, and a real kernel runs a cell."""

import pytest
from support.carrel_process import wait_until
from support.course import Course
from support.docker_engine import DockerPlatform, environment, needs_engine
from support.jupyterhub_server import CURRENT, Browser, current_environment

pytestmark = needs_engine


@pytest.fixture(scope="module")
def carrel():
    if current_environment() is None:
        pytest.skip("PyPI cannot be reached")
    # The image has Debian's Python, which that environment is made of, too.
    folder = CURRENT.resolve()
    hublab = environment("hublab", [str(folder / "bin" / "jupyterhub-singleuser")], kind="jupyterhub", read_only=[str(folder)])
    with DockerPlatform(hublab, "[hub]\nstart_timeout_seconds = 240\n") as platform:
        yield platform


def test_a_browser_logs_in_and_runs_a_cell(carrel, name):
    course = Course(carrel, name, environment="hublab")
    ada = course.admit("ada")
    ada.start_and_wait(name)
    there = ada.server_path(name)
    browser = Browser(ada)
    answer = browser.follow(there + "/")
    assert answer.status_code == 200 and "jupyterhub-session-id" in browser.http.cookies, answer.text[:500]
    kernel = browser.notebook(there).start_kernel()
    assert kernel.run("import os; print(6 * 7, os.environ['JUPYTERHUB_USER'])") == "42 ada\n"
    # It runs where a container runs, and reaches its hub from there.
    assert kernel.run("print(os.path.exists('/.dockerenv'))") == "True\n"
    told = kernel.run(
        "import urllib.request as u\n"
        "r = u.Request(os.environ['JUPYTERHUB_API_URL'] + '/user', headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
        "print(u.urlopen(r).read().decode())")  # fmt: skip
    assert '"name":"ada"' in told
    kernel.close()
    # Somebody else of the course, who knows the address, is asked by the server and refused by the hub.
    bob = course.admit("bob")
    assert Browser(bob).follow(there + "/").status_code == 403
    ada.stop_server(name)
    wait_until(lambda: not carrel.containers_of(name), 120, "the container's end")
