"""testssl.sh finds nothing to complain about, and does complain where there is something."""

import json
import shutil
import subprocess

import pytest
from support.proxy_process import ProxyProcess

TESTSSL = shutil.which("testssl") or shutil.which("testssl.sh")
pytestmark = pytest.mark.skipif(TESTSSL is None, reason="testssl.sh is not installed")

# What a certificate of a test's own authority cannot have, and what the server behind the proxy says.
NOT_OURS = ("cert", "OCSP", "DNS_CAArecord", "ocsp", "crl", "security_headers")


def findings(port, folder, *how):
    report = folder / "report.json"
    subprocess.run(
        [TESTSSL, "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(report), *how, f"localhost:{port}"],
        capture_output=True, timeout=900, check=False,
    )  # fmt: skip
    return json.loads(report.read_text())


def serious(report):
    bad = [f for f in report if f["severity"] in ("MEDIUM", "HIGH", "CRITICAL") or "VULNERABLE" in f["finding"].split()]
    bad = [f for f in bad if "not vulnerable" not in f["finding"].lower()]
    return [f for f in bad if not f["id"].startswith(NOT_OURS)]


@pytest.mark.parametrize(("kind", "what"), [("ec", "-p -s -f -P -U -h -S"), ("2048", "-p -s -f -P -S")])
def test_nothing_serious(authority, backend, tmp_path, figure, kind, what):
    certificate, key = authority.issue("localhost", kind=kind)
    with ProxyProcess("--ssl-cert", str(certificate), "--ssl-key", str(key), "--hsts", "31536000") as proxy:
        proxy.add_route("/", backend.url)
        report = findings(proxy.port, tmp_path, *what.split())
    figure("findings", len(report))
    assert len(report) > 30, report
    assert serious(report) == []


def test_a_weak_setting_is_found(authority, backend, tmp_path):
    certificate, key = authority.issue("localhost", kind="2048")
    weak = ["--ssl-protocol", "TLSv1_2", "--ssl-ciphers", "AES128-SHA"]
    with ProxyProcess("--ssl-cert", str(certificate), "--ssl-key", str(key), *weak) as proxy:
        proxy.add_route("/", backend.url)
        report = findings(proxy.port, tmp_path, "-p", "-s", "-f", "-P")
    assert serious(report) != []
