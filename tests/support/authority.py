"""A certificate authority for one test: makes keys and certificates with openssl(1)."""

import pathlib
import subprocess
import tempfile


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="carrel-ca-")
        self.folder = pathlib.Path(self._folder.name)
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=test authority", "-keyout", self.key, "-out", self.certificate)  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def issue(self, name, hosts="DNS:localhost,IP:127.0.0.1", more="", kind="ec"):
        """Writes (again) `name.pem` and `name.key`; returns both paths."""
        key, request, certificate = (self.folder / f"{name}{end}" for end in (".key", ".csr", ".pem"))
        fresh_key, fresh = self.folder / f"{name}.key.new", self.folder / f"{name}.pem.new"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={hosts}\nextendedKeyUsage=serverAuth,clientAuth\n{more}")
        how = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else [f"rsa:{kind}"]
        openssl("req", "-new", "-newkey", *how, "-nodes", "-subj", f"/CN={name}", "-keyout", fresh_key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", "29", "-extfile", extensions, "-out", fresh)  # fmt: skip
        fresh_key.rename(key)
        fresh.rename(certificate)
        return certificate, key
