"""OCSP responses from a file are stapled while they are good, and left out, with a line in the log, when they are not."""

import datetime
import re
import subprocess

import pytest
from support.carrel_process import wait_until
from support.proxy_process import ProxyProcess

x509 = pytest.importorskip("cryptography.x509", reason="python3-cryptography is not installed")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.x509 import ocsp  # noqa: E402

HOUR = datetime.timedelta(hours=1)


def response(authority, certificate, begins=-HOUR, ends=HOUR):
    """What the authority says of a certificate: that it is good, from `begins` to `ends` from now on."""
    now = datetime.datetime.utcnow()
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_pem_x509_certificate(certificate.read_bytes()),
        issuer=issuer,
        algorithm=hashes.SHA1(),  # names the certificate, and protects nothing
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=now + begins,
        next_update=now + ends,
        revocation_time=None,
        revocation_reason=None,
    )
    key = serialization.load_pem_private_key(authority.key.read_bytes(), None)
    signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def stapled(port, authority):
    """What a client that asks for a staple is told: "good", or None when there is no staple."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-status", "-CAfile", authority.certificate],
        input="", capture_output=True, text=True, timeout=60)  # fmt: skip
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout[-2000:]
    if "OCSP response: no response sent" in done.stdout:
        return None
    return re.search(r"Cert Status: (\w+)", done.stdout)[1]


@pytest.fixture
def certificate(authority):
    return authority.issue("localhost")


@pytest.fixture
def proxy_with(certificate, tmp_path):
    """Starts a proxy that is told to staple these bytes."""
    proxies, file = [], tmp_path / "ocsp.der"

    def begin(content):
        file.write_bytes(content)
        arguments = ["--ssl-cert", str(certificate[0]), "--ssl-key", str(certificate[1]), "--ssl-ocsp", str(file)]
        proxies.append(ProxyProcess(*arguments).__enter__())
        return proxies[-1], file

    yield begin
    for proxy in proxies:
        proxy.__exit__(None, None, None)


def test_a_good_response_is_stapled_and_followed_when_its_file_changes(proxy_with, authority, certificate):
    proxy, file = proxy_with(response(authority, certificate[0]))
    assert stapled(proxy.port, authority) == "good"
    file.write_bytes(b"rubbish")
    wait_until(lambda: stapled(proxy.port, authority) is None, 30, "the staple being left out")
    assert "ocsp_not_stapled" in proxy.log()
    file.write_bytes(response(authority, certificate[0]))
    wait_until(lambda: stapled(proxy.port, authority) == "good", 30, "the staple being back")


@pytest.mark.parametrize("kind, reason", [
    ("rubbish", "it is none"),
    ("cut", "it is none"),
    ("more", "it is none"),
    ("refusal", "could not answer"),
    ("stale", "in date"),
    ("early", "in date"),
    ("foreign", "another certificate"),
])
def test_a_bad_response_is_refused_with_a_reason_and_not_stapled(proxy_with, authority, certificate, kind, reason):
    good = response(authority, certificate[0])
    content = {
        "rubbish": lambda: b"rubbish",
        "cut": lambda: good[:-1],
        "more": lambda: good + b"x",
        "refusal": lambda: ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
            serialization.Encoding.DER),
        "stale": lambda: response(authority, certificate[0], -3 * HOUR, -HOUR),
        "early": lambda: response(authority, certificate[0], HOUR, 3 * HOUR),
        "foreign": lambda: response(authority, authority.issue("other")[0]),
    }[kind]()  # fmt: skip
    proxy, _ = proxy_with(content)
    assert stapled(proxy.port, authority) is None
    (line,) = [line for line in proxy.log().splitlines() if "ocsp_not_stapled" in line]
    assert reason in line


def test_a_response_that_grows_old_is_stapled_no_longer(proxy_with, authority, certificate):
    soon = datetime.timedelta(seconds=4)
    proxy, _ = proxy_with(response(authority, certificate[0], ends=soon))
    assert stapled(proxy.port, authority) == "good"
    wait_until(lambda: stapled(proxy.port, authority) is None, 60, "the response being too old")


def test_ktls_is_tried_and_does_no_harm_where_the_kernel_lacks_it(certificate, backend, trusting):
    import http.client

    arguments = ["--ssl-cert", str(certificate[0]), "--ssl-key", str(certificate[1]), "--ssl-ktls"]
    with ProxyProcess(*arguments) as proxy:
        proxy.add_route("/", backend.url)
        connection = http.client.HTTPSConnection("localhost", proxy.port, timeout=30, context=trusting)
        for _ in range(3):
            connection.request("POST", "/x", b"b" * 300_000)
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read()
        connection.close()
