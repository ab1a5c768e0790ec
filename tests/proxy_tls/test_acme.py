"""`carrel serve` gets its certificate from an ACME authority: the proxy answers what the authority asks."""

import os
import shutil
import socket
import ssl
import subprocess

import pytest
from support import pebble
from support.carrel_process import CarrelProcess, wait_until
from support.ports import free_port

PROGRAMS, REASON = (None, "uacme is not installed") if shutil.which("uacme") is None else pebble.find()
NAMESPACES = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
pytestmark = [
    pytest.mark.skipif(PROGRAMS is None, reason=str(REASON)),
    pytest.mark.skipif(not NAMESPACES, reason="no mount namespace of its own, so uacme cannot be made to trust pebble"),
]

DOMAIN = "carrel.test"


def shown(port):
    """The issuer and the serial number of the certificate on the public port."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=DOMAIN) as client:
            return client.getpeercert(binary_form=True)


def trusting_uacme(folder, certificate):
    """A uacme that finds `certificate` where the system's authorities are: it has no option for that."""
    folder.mkdir()
    wrapper = folder / "uacme"
    mount = f"mount --bind {certificate} /etc/ssl/certs/ca-certificates.crt"
    wrapper.write_text(f"""#!/bin/sh
exec unshare -rm sh -c '{mount} && exec {shutil.which("uacme")} "$@"' uacme "$@"
""")
    wrapper.chmod(0o755)
    return folder


def describe(certificate):
    pem = ssl.DER_cert_to_PEM_cert(certificate)
    return subprocess.run(["openssl", "x509", "-noout", "-issuer", "-ext", "subjectAltName"], input=pem,
                          capture_output=True, text=True, check=True).stdout  # fmt: skip


def test_a_certificate_is_issued_and_used(tmp_path, monkeypatch):
    http_port = free_port()
    with pebble.Pebble(PROGRAMS, http_port) as authority:
        folder = trusting_uacme(tmp_path / "bin", authority.authority.certificate)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        config = f"""
[server]
tls = "acme"
domain = "{DOMAIN}"
redirect_port = {http_port}
acme_url = "{authority.directory}"
"""
        with CarrelProcess(config=config, environment=None, tls=True) as carrel:
            port = int((carrel.runtime / "port").read_text())
            wait_until(
                lambda: "Pebble" in describe(shown(port)) or "certificate_not_renewed" in carrel.log(),
                60, "the authority's certificate",
            )  # fmt: skip
            assert "Pebble" in describe(shown(port)), carrel.log()[-2000:] + authority.log()[-2000:]
            assert DOMAIN in describe(shown(port))
            assert (carrel.data / "tls" / "acme" / "key.pem").stat().st_mode & 0o077 == 0
            assert list((carrel.data / "tls" / "acme" / "challenges").iterdir()) == []
            # The authority did ask, and the proxy did answer.
            assert "Starting 3 validations" in authority.log() or "validat" in authority.log().lower()
