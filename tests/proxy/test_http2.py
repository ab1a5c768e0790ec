"""HTTP/2 towards clients, judged by programs that others wrote: h2spec, h2load and curl."""

import pathlib
import re
import shutil
import subprocess
import threading

import pytest
from support.carrel_process import wait_until
from support.proxy_process import ProxyProcess
from support.recording_backend import RecordingBackend

TOP = pathlib.Path(__file__).resolve().parents[2]
H2SPEC_MODULE = TOP / "tests/proxy/h2spec"
REQUESTS = 20000


def need(program):
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


@pytest.fixture(scope="module")
def h2spec():
    found = shutil.which("h2spec")
    if found:
        return found
    go = need("go")
    program = TOP / "build/tools/h2spec"
    if not program.exists():
        command = [go, "build", "-o", str(program), "github.com/summerwind/h2spec/cmd/h2spec"]
        built = subprocess.run(command, cwd=H2SPEC_MODULE, capture_output=True, text=True, timeout=600)
        if built.returncode != 0:
            pytest.skip(f"h2spec cannot be built: {built.stderr[-500:]}")
    return str(program)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The files of a certificate for localhost, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


@pytest.fixture(scope="module")
def secure(certificate):
    """A proxy that speaks TLS, and so HTTP/2."""
    key, chain = certificate

    def answer(request, connection):
        body = b"x" * 2048
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        if request.method != "HEAD":
            connection.send(body)

    with RecordingBackend(answer) as backend, ProxyProcess("--ssl-key", str(key), "--ssl-cert", str(chain)) as proxy:
        proxy.add_route("/", backend.url)
        yield proxy


def test_h2spec_finds_no_failure(secure, h2spec, figure):
    command = [h2spec, "--host", "localhost", "--port", str(secure.port), "--tls", "--insecure", "--timeout", "5"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=900)
    last = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", result.stdout)
    assert last, result.stdout[-2000:] + result.stderr[-2000:]
    figure("h2spec", last.group(0))
    assert int(last.group(4)) == 0, result.stdout[result.stdout.rfind("Failures:") :]
    assert int(last.group(2)) >= 145 - int(last.group(3))


def test_h2load_gets_every_answer(secure, figure):
    command = [need("h2load"), "-n", str(REQUESTS), "-c", "8", "-m", "32", f"https://localhost:{secure.port}/"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    figure("h2load", re.search(r"finished in .*", result.stdout).group(0))
    assert "Application protocol: h2" in result.stdout
    assert f"{REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout" in result.stdout, result.stdout
    assert f"status codes: {REQUESTS} 2xx" in result.stdout


def curl(*arguments):
    command = [need("curl"), "--silent", "--show-error", "--insecure", "--output", "-", *arguments]
    return subprocess.run(command, capture_output=True, timeout=60)


def test_curl_speaks_http2_by_itself(secure, tmp_path):
    url = f"https://localhost:{secure.port}/"
    form = ["--write-out", "\n%{http_version} %{http_code}"]
    assert curl(url, *form).stdout == b"x" * 2048 + b"\n2 200"
    assert curl(url, *form, "--http1.1").stdout == b"x" * 2048 + b"\n1.1 200"
    (tmp_path / "body").write_bytes(b"y" * 1_000_000)
    assert curl(url, *form, "--data-binary", f"@{tmp_path}/body").stdout == b"x" * 2048 + b"\n2 200"


def test_http2_can_be_switched_off(certificate, backend):
    key, chain = certificate
    with ProxyProcess("--ssl-key", str(key), "--ssl-cert", str(chain), "--no-http2") as proxy:
        proxy.add_route("/", backend.url)
        answer = curl(f"https://localhost:{proxy.port}/", "--http2", "--write-out", "\n%{http_version}")
        assert answer.stdout.endswith(b"\n1.1")


def test_streams_are_refused_when_there_is_no_room_for_more_connections(figure):
    """Each counts as one; whoever is refused so knows that nothing has been done, and may try again."""
    room, wanted = 89, 120  # a proxy with 256 descriptors has 90 connections, of which h2load's own is one
    waiting, asked, most_at_once, full = [], 0, 0, threading.Event()

    def answer(_, connection):
        nonlocal asked, most_at_once
        asked += 1
        waiting.append(connection)
        most_at_once = max(most_at_once, len(waiting))
        if full.is_set():
            answer_all()

    def answer_all():
        full.set()
        while waiting:
            waiting.pop().send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with RecordingBackend(answer) as backend, ProxyProcess("--cleartext-http2", descriptors=256) as proxy:
        proxy.add_route("/", backend.url)
        command = [need("h2load"), "-n", str(wanted), "-c", "1", "-m", str(wanted), f"http://127.0.0.1:{proxy.port}/"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as h2load:
            # Nobody is answered before some have been refused: the proxy may read the last requests much later than
            # the first.
            printed = ""
            while "progress: 10% done" not in printed:
                line = h2load.stdout.readline()
                assert line, f"h2load ended early: {printed}"
                printed += line
            wait_until(lambda: len(waiting) == room, what="every connection there is room for")
            backend.call(answer_all)
            printed += h2load.communicate(timeout=60)[0]
        figure("h2load", re.search(r"requests: .*", printed).group(0))
        succeeded, failed = (int(re.search(rf"(\d+) {word}", printed).group(1)) for word in ("succeeded", "failed"))
        assert most_at_once == room and succeeded >= room and failed >= wanted // 10, printed
        # Nobody who was refused came to the server.
        assert succeeded + failed == wanted and asked == succeeded
        assert curl(f"http://127.0.0.1:{proxy.port}/_chp_healthz", "--http2-prior-knowledge", "--write-out", "%{http_code}").stdout.endswith(b"200")
