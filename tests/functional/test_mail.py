"""Mail: confirmed addresses and forgotten passwords, through a real SMTP server."""

import asyncio
import os
import signal
import threading

import pytest
from conftest import platform
from support.authority import Authority
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.ports import free_port
from support.smtp_server import SmtpServer, link_in, why_not

if why_not():
    pytest.skip(why_not(), allow_module_level=True)

NEW = "four green turtles"


def started(server, **more):
    """A platform whose mail goes to `server`, running."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = platform(QUICK + f'[server]\npublic_url = "{url}"\n' + server.section(url, **more))
    try:
        process.start(port)
    except BaseException:
        process.__exit__()
        raise
    return process


@pytest.fixture(scope="module")
def server():
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def carrel(server):
    process = started(server, from_name="Carrel für alle")
    try:
        yield process
    finally:
        process.__exit__()


def with_address(carrel, server, name, **profile):
    """Somebody whose address is confirmed, and that address."""
    address = f"{name}@example.org"
    carrel.add_user(name)
    person = carrel.log_in(name)
    person.patch("/api/v1/me", {"email": address, **profile})
    page, token = link_in(server.next_message(address))
    assert page == "confirm-email"
    assert carrel.anonymous().post("/api/v1/email-confirmation", {"token": token}) == {"address": address}
    return person, address


def asked(carrel, server, address, account):
    """The message with a link to a new password."""
    before = len(server.messages)
    assert carrel.anonymous().request("POST", "/api/v1/password-reset", json={"account": account}).status_code == 204
    return server.next_message(address, after=before)


def test_an_address_is_confirmed_and_a_password_forgotten(carrel, server, name):
    person, address = with_address(carrel, server, name)
    assert person.get("/api/v1/me/email") == {"address": address, "confirmed": True, "can_be_confirmed": False}
    message = asked(carrel, server, address, address.upper())
    assert message["From"].addresses[0].display_name == "Carrel für alle"
    assert message["Subject"] == "A new password for your account" and message["Auto-Submitted"] == "auto-generated"
    page, token = link_in(message)
    assert page == "reset-password"
    wish = {"token": token, "password": NEW}
    short = carrel.anonymous().request("POST", "/api/v1/password-reset/password", json={**wish, "password": "short"})
    assert (short.status_code, short.json()["field"]) == (400, "password")
    done = carrel.anonymous().request("POST", "/api/v1/password-reset/password", json=wish)
    # It logs nobody in: whoever has a second factor is asked for it as ever.
    assert done.status_code == 204 and "Set-Cookie" not in done.headers
    assert person.request("GET", "/api/v1/me").status_code == 401
    old = {"username": name, "password": carrel.passwords[name]}
    assert carrel.anonymous().request("POST", "/api/v1/session", json=old).status_code == 401
    assert carrel.log_in(name, NEW).username == name
    again = carrel.anonymous().request("POST", "/api/v1/password-reset/password", json={**wish, "password": NEW + " 2"})
    assert (again.status_code, again.json()["field"]) == (400, "token")
    assert token not in carrel.log()
    for file in carrel.data.glob("carrel.sqlite*"):
        assert token.encode() not in file.read_bytes()


def test_messages_are_in_their_readers_language(carrel, server, name):
    person, address = with_address(carrel, server, name, language="de")
    message = asked(carrel, server, address, name)
    assert message["Subject"] == "Ein neues Passwort für Ihr Konto"
    assert "innerhalb von 30 Minuten" in message.get_content()


def test_the_answer_does_not_tell_who_has_an_account(carrel, server, name):
    _, address = with_address(carrel, server, name)
    carrel.add_user(name + "-2")
    unconfirmed = carrel.log_in(name + "-2")
    other = f"{name}-2@example.org"
    unconfirmed.patch("/api/v1/me", {"email": other})
    server.next_message(other)
    before = len(server.messages)
    for account in ("nobody-of-this-name", "nobody@example.org", name + "-2", other, ""):
        answer = carrel.anonymous().request("POST", "/api/v1/password-reset", json={"account": account})
        assert (answer.status_code, answer.content) == (204, b"")
    # What is asked for after them is sent after them.
    asked(carrel, server, address, name)
    assert [one["To"] for one in server.messages[before:]] == [address]


def test_signing_up_asks_for_the_address(carrel, server, name):
    course = Course(carrel, name[:30], environment="probe")
    guest = carrel.anonymous()
    guest.sign_up(carrel.log_in("lea").invitation(course.slug), name, email=f"{name}@example.org")
    assert guest.get("/api/v1/me/email")["confirmed"] is False
    page, token = link_in(server.next_message(f"{name}@example.org"))
    # A link for one thing is none for another.
    wish = {"token": token, "password": NEW}
    assert carrel.anonymous().request("POST", "/api/v1/password-reset/password", json=wish).status_code == 400
    guest.post("/api/v1/email-confirmation", {"token": token})
    assert guest.get("/api/v1/me/email")["confirmed"] is True
    # Another address is not confirmed by the old one, and asks for itself.
    guest.patch("/api/v1/me", {"email": f"{name}.x@example.org"})
    assert guest.get("/api/v1/me/email")["confirmed"] is False
    server.next_message(f"{name}.x@example.org")


def test_an_address_is_changed_by_whoever_is_there(carrel, name):
    carrel.add_user(name)
    token = carrel.log_in(name).with_token()
    assert token.request("PATCH", "/api/v1/me", json={"email": "eve@example.org"}).status_code == 403
    assert token.patch("/api/v1/me", {"display_name": "Somebody"})["display_name"] == "Somebody"


def test_nothing_in_an_address_becomes_another_line_or_another_address(carrel, server, name):
    carrel.add_user(name)
    person = carrel.log_in(name)
    before = len(server.messages)
    for address in ("a@example.org\r\nBcc: eve@example.org", "a@example.org\nX: y", "a,eve@example.org", "<a@example.org", "a b@example.org"):
        answer = person.request("PATCH", "/api/v1/me", json={"email": address})
        if answer.status_code == 200:
            assert person.get("/api/v1/me/email")["can_be_confirmed"] is False
            assert person.request("POST", "/api/v1/me/email/confirmation").status_code == 409
    person.patch("/api/v1/me", {"email": f"{name}@example.org"})
    server.next_message(f"{name}@example.org")
    assert [one["To"] for one in server.messages[before:]] == [f"{name}@example.org"]
    assert all(len(to) == 1 for to in server.recipients)
    assert not any(one["Bcc"] or one["X"] for one in server.messages)


def test_what_cannot_be_sent_is_sent_later_even_after_a_kill(name):
    port = free_port()
    silent = SmtpServer(port=port)
    process = started(silent)
    try:
        process.add_user(name)
        process.log_in(name).patch("/api/v1/me", {"email": f"{name}@example.org"})
        wait_until(lambda: "mail_not_sent" in process.log(), 60, "a try that fails")
        with silent as server:
            server.answers = ["451 not now"]
            server.next_message(f"{name}@example.org")
            wait_until(lambda: "mail_sent" in process.log(), 60, "the line in the log")

            # While the server takes a message, control dies; the next one sends it again.
            hold, holding = threading.Event(), threading.Event()
            real = server.handle_DATA

            async def slow(smtp, session, envelope):
                if holding.is_set():
                    return await real(smtp, session, envelope)
                holding.set()
                while not hold.is_set():
                    await asyncio.sleep(0.05)
                return "451 too late"

            server.handle_DATA = slow
            process.log_in(name).patch("/api/v1/me", {"email": f"{name}.2@example.org"})
            assert holding.wait(60)
            old = process.children()["control"]
            os.kill(old, signal.SIGKILL)
            hold.set()
            process.wait_for_control(other_than=old, timeout=60)
            page, token = link_in(server.next_message(f"{name}.2@example.org"))
            assert process.anonymous().post("/api/v1/email-confirmation", {"token": token})
    finally:
        process.__exit__()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_server_is_trusted_and_logged_in_to(security, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("of the relay\n")
    with Authority() as authority, Authority() as other:
        with SmtpServer(authority, security, login=("carrel", "of the relay")) as server:
            url = "http://127.0.0.1:9"

            def test(**more):
                values = {"username": "carrel", "password_file": secret, **more}
                process = platform(QUICK + f'[server]\npublic_url = "{url}"\n' + server.section(url, **values))
                try:
                    return process.run("mail", "test", "ada@example.org")
                finally:
                    process.__exit__()

            good = test()
            assert good.returncode == 0, good.stderr
            assert "has taken a test message for ada@example.org" in good.stdout
            assert server.messages[-1]["To"] == "ada@example.org"
            secret.write_text("a guess\n")
            wrong = test()
            assert wrong.returncode == 1 and "send a test message" in wrong.stderr
            assert "a guess" not in wrong.stdout + wrong.stderr
            secret.write_text("of the relay\n")
            server.authority = other
            untrusted = test()
            assert untrusted.returncode == 1 and "certificate" in untrusted.stderr.lower()
            assert len(server.messages) == 1


def test_without_a_server_nothing_is_offered(tmp_path):
    process = platform()
    try:
        process.start()
        nobody = process.anonymous()
        assert nobody.get("/api/v1/options")["mail"] is False
        assert nobody.request("POST", "/api/v1/password-reset", json={"account": "gov"}).status_code == 409
        done = process.run("mail", "test", "ada@example.org")
        assert done.returncode == 1 and "mail.server is not set" in done.stderr
    finally:
        process.__exit__()
