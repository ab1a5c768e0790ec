"""Servers of JupyterHub's kind: the environments that tests run them in, and the browser that logs in to one."""

import json
import pathlib
import subprocess
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from .carrel_process import TOP
from .jupyter import NotebookServer

CURRENT = TOP / "build" / "jupyterhub"
DEBIAN = pathlib.Path("/usr/bin/jupyterhub-singleuser")


def current_environment():
    """The TOML of an environment with the newest JupyterHub; None where PyPI cannot be had."""
    made = subprocess.run([str(TOP / "scripts" / "jupyterhub-environment")], capture_output=True, text=True, timeout=1200)
    if made.returncode == 77:
        return None
    assert made.returncode == 0, made.stderr
    return f"""
[environments.hublab]
kind = "jupyterhub"
command = [{json.dumps(str(CURRENT / "bin" / "jupyterhub-singleuser"))}]
read_only = [{json.dumps(str(CURRENT))}]
"""


def debian_environment():
    """The TOML of an environment with Debian's JupyterHub 3 and Notebook 6; None where they are not installed."""
    if not DEBIAN.exists() or not pathlib.Path("/usr/bin/jupyter-notebook").exists():
        return None
    return f"""
[environments.hubnotebook]
kind = "jupyterhub"
default_url = "/tree"
command = [{json.dumps(str(DEBIAN))}]
variables = {{ JUPYTERHUB_SINGLEUSER_APP = "notebook.notebookapp.NotebookApp" }}
"""


class Browser:
    """A browser that is logged in to Carrel as `person`, and what it has been through."""

    def __init__(self, person):
        self.url = person.url
        self.http = requests.Session()
        self.http.trust_env = False
        # A page's cookies, and no header field that only a program would send.
        self.http.cookies.update(person.http.cookies)
        self.http.headers["Accept"] = "text/html"

    def step(self, method, address, **more):
        more.setdefault("timeout", 60)
        return self.http.request(method, urljoin(self.url, address), allow_redirects=False, **more)

    def follow(self, address, until=lambda answer: False, most=12):
        """Goes where it is sent; the first answer that sends it nowhere, or that `until` is true of."""
        seen = []
        for _ in range(most):
            answer = self.step("GET", address)
            seen.append((address, answer.status_code))
            if until(answer) or answer.status_code not in (301, 302, 303, 307, 308):
                return answer
            address = urljoin(urljoin(self.url, address), answer.headers["Location"])
        raise AssertionError(f"it is sent round and round: {seen}")

    def question(self, page):
        """The address at which a server asks the hub who its visitor is."""
        answer = self.follow(page, until=lambda one: "/oauth2/authorize?" in one.headers.get("Location", ""))
        assert "/oauth2/authorize?" in answer.headers.get("Location", ""), (answer.status_code, answer.text[:300])
        return answer.headers["Location"]

    def code(self, question):
        """What the hub sends to the server through the browser: the whole address with the code."""
        answer = self.step("GET", question)
        assert answer.status_code == 302, (answer.status_code, answer.text[:500])
        assert "code=" in answer.headers["Location"], answer.headers["Location"]
        return answer.headers["Location"]

    def notebook(self, path):
        """The server at `path`, used with this browser's cookies as its own pages do."""
        own = [one for one in self.http.cookies if (path + "/").startswith(one.path) and one.name != "carrel_session"]
        server = NotebookServer(self.url + path, cookies={one.name: one.value for one in own})
        server.http.headers["X-XSRFToken"] = next((one.value for one in own if one.name == "_xsrf"), "")
        return server


def fields_of(address):
    """The query of an address, each name once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}
