"""TLS of the whole platform: `[server] tls`."""

import ssl

import pytest
import requests
from support.carrel_process import CarrelProcess
from support.ports import free_port


@pytest.fixture
def redirect_port():
    return free_port()


def test_a_first_look_with_a_certificate_of_our_own(redirect_port):
    config = f'[server]\ntls = "self-signed"\nredirect_port = {redirect_port}\nhsts_seconds = 60\n'
    with CarrelProcess(config=config, environment=None, tls=True) as carrel:
        folder = carrel.data / "tls" / "self-signed"
        assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o077 == 0
        certificate = str(folder / "cert.pem")
        first = open(certificate).read()
        url = carrel.url.replace("127.0.0.1", "localhost")
        with requests.Session() as session:
            session.trust_env, session.verify = False, certificate
            led = session.get(f"http://localhost:{redirect_port}/courses?x=1", allow_redirects=False)
            assert (led.status_code, led.headers["location"]) == (301, f"{url}/courses?x=1")
            ready = session.get(f"{url}/readyz")
            assert ready.status_code == 200
            assert ready.headers["strict-transport-security"] == "max-age=60"
            carrel.run("user", "add", "gov", "--role", "administrator", "--password-stdin", input="correct horse battery\n")
            entered = session.post(
                f"{url}/api/v1/session",
                json={"username": "gov", "password": "correct horse battery"},
                headers={"Origin": url},
            )
            assert entered.status_code < 300, entered.text
            cookies = entered.raw.headers.getlist("set-cookie")
            assert cookies and all("; secure" in cookie.lower() for cookie in cookies), cookies
            assert "https://" in carrel.log()
        carrel.stop()
        carrel.start()
        assert open(certificate).read() == first, "the certificate is made once"


def test_files_of_somebodys_own(authority):
    certificate, key = authority.issue("localhost")
    config = f'[server]\ntls_cert = "{certificate}"\ntls_key = "{key}"\n'
    with CarrelProcess(config=config, environment=None, tls=True) as carrel:
        port = carrel.url.rsplit(":", 1)[1]
        shown = ssl.get_server_certificate(("127.0.0.1", int(port)))
        assert shown.strip() == certificate.read_text().strip()
