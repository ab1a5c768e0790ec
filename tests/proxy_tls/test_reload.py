"""New certificates while the proxy is busy: no handshake fails, and no connection notices."""

import signal
import socket
import ssl
import threading

from support.carrel_process import wait_until

REQUEST = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(port, context):
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except BaseException:
        plain.close()
        raise


def serial(port, context):
    with connect(port, context) as client:
        return client.getpeercert()["serialNumber"]


class Load:
    """Connects and asks, again and again, on threads of its own."""

    def __init__(self, port, context, threads=3):
        self.port, self.context = port, context
        self.done, self.failures, self.serials = 0, [], set()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def work(self):
        while not self.stopping.is_set():
            try:
                with connect(self.port, self.context) as client:
                    self.serials.add(client.getpeercert()["serialNumber"])
                    client.sendall(REQUEST)
                    answer = client.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                self.done += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure to be counted
                self.failures.append(repr(error))


def test_certificates_change_under_load_without_a_failed_handshake(tls_proxy, authority, trusting, figure):
    with connect(tls_proxy.port, trusting) as old, Load(tls_proxy.port, trusting) as load:
        for _ in range(6):
            before = serial(tls_proxy.port, trusting)
            authority.issue("localhost")
            wait_until(lambda b=before: serial(tls_proxy.port, trusting) != b, what="a new certificate")
        old.sendall(REQUEST)
        assert old.recv(65536).startswith(b"HTTP/1.1 200")
    figure("handshakes", load.done)
    figure("failed", len(load.failures))
    assert load.failures == []
    assert len(load.serials) >= 6


def test_a_broken_file_changes_nothing_and_is_complained_about(tls_proxy, authority, trusting):
    before = serial(tls_proxy.port, trusting)
    good = (authority.folder / "localhost.pem").read_text()
    (authority.folder / "localhost.pem").write_text("-----BEGIN CERTIFICATE-----\nrubbish\n")
    wait_until(lambda: "certificates_kept" in tls_proxy.log(), what="the complaint")
    assert "localhost.pem" in tls_proxy.log()
    assert serial(tls_proxy.port, trusting) == before
    (authority.folder / "localhost.pem").write_text(good)
    authority.issue("localhost")
    wait_until(lambda: serial(tls_proxy.port, trusting) != before, what="the good certificate")


def test_files_behind_links_are_followed(authority, backend, trusting):
    from support.proxy_process import ProxyProcess

    live = authority.folder / "live"
    live.mkdir()
    for version in ("one", "two"):
        authority.issue(version)

    def link(version):
        for end in (".key", ".pem"):
            fresh = live / f"fresh{end}"
            fresh.symlink_to(authority.folder / f"{version}{end}")
            fresh.rename(live / f"site{end}")

    link("one")
    with ProxyProcess("--ssl-cert", str(live / "site.pem"), "--ssl-key", str(live / "site.key")) as proxy:
        before = serial(proxy.port, trusting)
        link("two")
        wait_until(lambda: serial(proxy.port, trusting) != before, what="the other certificate")


def test_sighup_loads_again(tls_proxy, trusting):
    tls_proxy.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "certificates_loaded" in tls_proxy.log(), what="the files being loaded again")
    with connect(tls_proxy.port, trusting) as client:
        client.sendall(REQUEST)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_slow_handshakes_hold_nobody_up(tls_proxy, trusting):
    idle = [socket.create_connection(("127.0.0.1", tls_proxy.port)) for _ in range(200)]
    half = b"\x16\x03\x01\x02\x00\x01"
    for client in idle:
        client.sendall(half)
    with connect(tls_proxy.port, trusting) as client:
        client.sendall(REQUEST)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    for client in idle:
        client.settimeout(30)
        assert client.recv(100) == b""  # the handshake's deadline has passed
        client.close()


def test_what_is_not_tls_ends_alone(tls_proxy, trusting):
    for rubbish in (b"\x16\x03\x01\x00\x05hello", b"\x80\x2e\x01\x00\x02", b"\x00" * 300, b"\x16\x03\x01\xff\xff" + b"x" * 9999):
        with socket.create_connection(("127.0.0.1", tls_proxy.port), timeout=20) as client:
            client.sendall(rubbish)
            client.shutdown(socket.SHUT_WR)
            try:
                while client.recv(4096):
                    pass
            except ConnectionResetError:
                pass
    assert serial(tls_proxy.port, trusting)


def test_old_versions_are_refused(tls_proxy, trusting):
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    try:
        connect(tls_proxy.port, trusting).close()
        raise AssertionError("TLS 1.1 was accepted")
    except (ssl.SSLError, ConnectionResetError):
        pass
