"""A real OpenID Connect provider (npm `oidc-provider`, tests/oidc_provider) and a person's way through its pages."""

import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
from urllib.parse import urljoin, urlsplit

import requests

from .authority import Authority
from .carrel_process import TOP, wait_until
from .ports import free_port

PROGRAM = TOP / "tests" / "oidc_provider" / "provider.mjs"
SECRET = "a secret: with / and +%"


def why_not():
    """Why the provider cannot be had here; nothing: it can."""
    if shutil.which("node") is None:
        return "there is no Node.js"
    if not (PROGRAM.parent / "node_modules" / "oidc-provider").exists():
        return "the npm packages of tests/oidc_provider are missing; scripts/setup test installs them"
    return None


class OidcProvider:
    """`accounts` is {"name": {claims}}; change it by `set_accounts`, also while the provider runs."""

    def __init__(self, carrel_url, login="campus", accounts=None):
        self._folder = tempfile.TemporaryDirectory(prefix="carrel-oidc-")
        self.folder = pathlib.Path(self._folder.name)
        self.authority = Authority()
        self.port = free_port()
        self.carrel_url, self.login = carrel_url, login
        self.process = None
        self.set_accounts(accounts or {})

    @property
    def issuer(self):
        return f"https://localhost:{self.port}"

    def section(self, alg="RS256", name=None, **more):
        """The part of carrel.toml that makes this provider known."""
        keys = {"kind": "oidc", "title": "Campus", "issuer": self.issuer, "client_id": f"carrel-{alg}",
                "client_secret": SECRET, "ca_file": str(self.authority.certificate), **more}  # fmt: skip
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value is not None]
        return "\n".join([f"[logins.{name or self.login}]", *lines, ""])

    def set_accounts(self, accounts):
        path = self.folder / "accounts.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(accounts))
        fresh.rename(path)

    def change_keys(self):
        """From the next start on it signs with others."""
        (self.folder / "keys.json").unlink()

    def start(self):
        certificate, key = self.authority.issue("localhost")
        config = self.folder / "config.json"
        names = ["campus", "campus-es256", "campus-eddsa", "guarded", "mistaken", self.login]
        config.write_text(json.dumps({
            "port": self.port, "certificate": str(certificate), "key": str(key), "accounts": str(self.folder / "accounts.json"),
            "keys": str(self.folder / "keys.json"),
            "redirect_uris": sorted({f"{self.carrel_url}/login/{name}/callback" for name in names}),
            "log_out_uris": [f"{self.carrel_url}/login"],
        }))  # fmt: skip
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(["node", str(PROGRAM), str(config)], stdout=log, stderr=subprocess.STDOUT)
        wait_until(self.is_ready, what="the provider being ready")
        return self

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", verify=str(self.authority.certificate),
                                timeout=30).status_code == 200  # fmt: skip
        except requests.RequestException:
            return False

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.authority.__exit__()
        self._folder.cleanup()


class Visitor:
    """A browser in one person's hands: goes from page to page, and fills in the provider's form."""

    def __init__(self, url, provider):
        self.url, self.provider = url, provider
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(provider.authority.certificate)

    def step(self, url, **data):
        """One request, its redirects not followed."""
        url = urljoin(self.url, url)
        return self.http.request("POST" if data else "GET", url, data=data or None, timeout=60, allow_redirects=False)

    def follow(self, url, until, **data):
        """Follows redirects up to an answer for which `until(url, answer)` holds; returns both."""
        for _ in range(20):
            answer = self.step(url, **data)
            data = {}
            if until(url, answer):
                return url, answer
            assert answer.is_redirect, (url, answer.status_code, answer.text[:500])
            url = urljoin(urljoin(self.url, url), answer.headers["Location"])
        raise AssertionError(f"too many redirects, the last to {url}")

    def to_provider(self, path="/login/campus"):
        """As far as the provider's form, which it shows to who is not logged in there; returns where it leads."""
        for cookie in list(self.http.cookies):
            if cookie.domain.startswith("localhost"):
                self.http.cookies.clear(cookie.domain, cookie.path, cookie.name)
        place, answer = self.follow(path, lambda url, answer: answer.status_code == 200 and url.startswith(self.provider.issuer))
        (action,) = re.findall(r'<form[^>]*action="([^"]+)"', answer.text)
        return urljoin(place, html.unescape(action))

    def answer_form(self, form, name):
        """Logs in at the provider; returns the address at Carrel that the browser is to bring the answer to."""
        here = self.url + "/"
        place, answer = self.follow(form, lambda url, answer: answer.headers.get("Location", "").startswith(here),
                                    prompt="login", login=name, password="whatever")  # fmt: skip
        return urljoin(place, answer.headers["Location"])

    def log_in(self, name, path="/login/campus"):
        """The whole way; returns the last answer, which leads to where the log-in ends here."""
        return self.step(self.answer_form(self.to_provider(path), name))

    def me(self):
        answer = self.step("/api/v1/me")
        return answer.json() if answer.status_code == 200 else None


def place_of(answer):
    """(path, {query}) of where an answer leads."""
    assert answer.status_code == 302, (answer.status_code, answer.text[:300])
    parts = urlsplit(answer.headers["Location"])
    query = dict(pair.split("=", 1) for pair in parts.query.split("&")) if parts.query else {}
    return parts.path, query
