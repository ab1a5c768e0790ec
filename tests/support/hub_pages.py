"""A hub as JupyterHub's scrapers, load tests and links use it: by its pages, with nothing but cookies."""

import html
import re
from urllib.parse import urljoin, urlsplit

import requests


class HubVisitor:
    """Somebody who knows the address of a hub and a password. `base` is "/c/<slug>/"."""

    def __init__(self, url, base, username=None, password=None):
        self.url, self.base, self.username, self.password = url, base, username, password
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Accept"] = "text/html,*/*;q=0.8"

    def step(self, method, address, **more):
        more.setdefault("timeout", 60)
        more.setdefault("allow_redirects", False)
        return self.http.request(method, urljoin(self.url, address), **more)

    def get(self, address, **more):
        return self.step("GET", address, **more)

    def hub(self, path="", **more):
        return self.get(f"{self.base}hub/{path}", **more)

    @property
    def xsrf(self):
        return self.http.cookies.get("_xsrf", path=f"{self.base}hub/")

    def log_in(self, next=None, password=None):
        """GET the form, read its `_xsrf`, POST: what every scraper does. The answer to the POST."""
        where = {} if next is None else {"params": {"next": next}}
        form = self.hub("login", **where)
        assert form.status_code == 200, (form.status_code, form.text[:300])
        assert fields_in(form.text)["_xsrf"] == self.xsrf
        data = {"username": self.username, "password": password or self.password, "_xsrf": self.xsrf}
        return self.step("POST", f"{self.base}hub/login", data=data, **where)

    def follow(self, answer, most=20):
        """Goes where an answer leads; the last one, and the paths on the way."""
        way = []
        while answer.status_code in (301, 302, 303, 307, 308):
            assert len(way) < most, f"sent round and round: {way}"
            address = urljoin(answer.url, answer.headers["Location"])
            assert urlsplit(address).netloc == urlsplit(self.url).netloc, address
            way.append(urlsplit(address).path)
            answer = self.get(address)
        return answer, way


def fields_in(page):
    """The named inputs of a page and their values."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        found[attributes.get("name", "")] = html.unescape(attributes.get("value", ""))
    return found
