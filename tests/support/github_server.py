"""A server of our own that speaks the part of GitHub's documented web flow and REST API that a log-in uses, and, at other
addresses, plain OAuth 2. It is no GitHub: it stands for what https://docs.github.com says, errors included."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
from urllib.parse import parse_qs, urlencode, urlsplit


class GithubServer:
    """`people` is {"login": {"id", "name", "email", "organisations", "teams", "emails"}}; `who` is logged in at it."""

    client = ("carrel-github", "the client's secret")

    def __init__(self, people):
        self.people, self.who = people, None
        self.codes, self.tokens, self.asked = {}, {}, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.get(self)

            def do_POST(self):
                server.post(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @staticmethod
    def answer(handler, status, value, **headers):
        body = json.dumps(value).encode()
        handler.send_response(status)
        for name, content in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, content)
        handler.end_headers()
        handler.wfile.write(body)

    def get(self, handler):
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(parts.path)
        if parts.path == "/login/oauth/authorize":
            return self.authorize(handler, query)
        kind, _, token = handler.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or token not in self.tokens or not handler.headers.get("User-Agent"):
            return self.answer(handler, 401, {"message": "Bad credentials"})
        login, scopes = self.tokens[token]
        return self.api(handler, parts.path, query, self.people[login], login, scopes)

    def authorize(self, handler, query):
        assert query["client_id"] == self.client[0] and query["code_challenge_method"] == "S256", query
        code = secrets.token_urlsafe(12)
        self.codes[code] = (self.who, query["redirect_uri"], query["code_challenge"], query.get("scope", "").split(" "))
        place = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return self.answer(handler, 302, {}, Location=place)

    def api(self, handler, path, query, person, login, scopes):
        page = int(query.get("page", 1))
        piece = slice((page - 1) * int(query.get("per_page", 30)), page * int(query.get("per_page", 30)))
        if path in ("/api/v3/user", "/me"):
            shown = {"login": login, "id": person["id"], "name": person.get("name"), "email": person.get("email")}
            return self.answer(handler, 200, shown if path != "/me" else {**shown, "groups": person.get("groups", [])})
        if path == "/api/v3/user/emails" and "user:email" in scopes:
            return self.answer(handler, 200, person.get("emails", [])[piece])
        if path == "/api/v3/user/orgs" and "read:org" in scopes:
            return self.answer(handler, 200, [{"login": name} for name in person.get("organisations", [])][piece])
        if path == "/api/v3/user/teams" and "read:org" in scopes:
            teams = [name.split("/") for name in person.get("teams", [])]
            return self.answer(handler, 200, [{"slug": slug, "organization": {"login": name}} for name, slug in teams][piece])
        return self.answer(handler, 404, {"message": "Not Found"})

    def post(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        # GitHub tells errors with 200, too.
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return self.answer(handler, 200, {"error": "incorrect_client_credentials"})
        who, redirect_uri, challenge, scopes = self.codes.pop(form.get("code"), (None, None, None, None))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if who is None or form.get("redirect_uri") != redirect_uri or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return self.answer(handler, 200, {"error": "bad_verification_code", "error_description": "The code is incorrect or expired."})
        token = "gho_" + secrets.token_hex(18)
        self.tokens[token] = (who, scopes)
        return self.answer(handler, 200, {"access_token": token, "token_type": "bearer", "scope": ",".join(scopes)})
