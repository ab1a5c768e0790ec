"""A real SMTP server (aiosmtpd) for one test, on loopback: keeps what it is given."""

import email
import email.policy
import re
import ssl
import threading

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult
except ImportError:
    Controller = None

from .carrel_process import wait_until
from .ports import free_port


def why_not():
    """Why there can be none here; empty: there can."""
    return "" if Controller else "there is no aiosmtpd; RUNLEVEL=1 scripts/setup login installs it"


class SmtpServer:
    """Use it with `with`. `security` is as in [mail]; `login` is (user name, password), where one is needed. `answers`
    are given to the next messages instead of taking them."""

    def __init__(self, authority=None, security="none", login=None, port=None):
        self.authority, self.security, self.login = authority, security, login
        self.port = port or free_port()
        self.messages = []
        self.recipients = []
        self.answers = []
        self.secret = None
        self._new = threading.Condition()

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            return self.answers.pop(0)
        with self._new:
            self.messages.append(email.message_from_bytes(envelope.original_content or envelope.content, policy=email.policy.default))
            self.recipients.append(envelope.rcpt_tos)
            self._new.notify_all()
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        good = data.login == self.login[0].encode() and data.password == self.login[1].encode()
        return AuthResult(success=good)

    def __enter__(self):
        context = None
        if self.security != "none":
            certificate, key = self.authority.issue("smtp")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        starttls = context if self.security == "starttls" else None
        options = {"require_starttls": True, "tls_context": starttls} if starttls else {}
        if self.login:
            options |= {"authenticator": self.authenticate, "auth_required": True, "auth_require_tls": self.security == "starttls"}
        handler = self

        class Listening(Controller):
            def factory(self):
                return SMTP(handler, hostname="localhost", **options)

        self.controller = Listening(
            self, hostname="127.0.0.1", port=self.port, ssl_context=context if self.security == "tls" else None, ready_timeout=60
        )
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    def next_message(self, to, after=0):
        """The newest message for `to`, of those after the first `after`."""

        def found():
            mine = [one for one in self.messages[after:] if one["To"] == to]
            return mine[-1] if mine else None

        return wait_until(found, 120, f"a message for {to}")

    def section(self, url, **more):
        """[mail], with links that lead to `url`."""
        values = {"server": "127.0.0.1", "port": self.port, "security": self.security, "from": "carrel@example.org", **more}
        if self.authority:
            values["ca_file"] = str(self.authority.certificate)
        lines = [f"{key} = {value if isinstance(value, int) else chr(34) + str(value) + chr(34)}" for key, value in values.items()]
        return "\n".join(["[mail]", *lines, ""])


def link_in(message):
    """(page, token) of the link in a message."""
    text = message.get_content()
    page, token = re.search(r"https?://[^/\s]+/([a-z-]+)#(\S+)", text).groups()
    return page, token
