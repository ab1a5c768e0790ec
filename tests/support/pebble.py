"""Let's Encrypt's test authority, `pebble`, with a name server that sends every name to this machine.

Both are built from their Go module on first use, below build/tools. `find()` gives nothing where that cannot be.
"""

import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile

from .authority import Authority
from .carrel_process import TOP, wait_until
from .ports import free_port

# Later ones offer challenges without a token among the others, over which uacme 1.7 stumbles.
MODULE = "github.com/letsencrypt/pebble/v2/cmd/{}@v2.8.0"
TOOLS = TOP / "build" / "tools"


def find():
    """The programs' paths, or why they are not there."""
    paths = {}
    for name in ("pebble", "pebble-challtestsrv"):
        path = shutil.which(name) or TOOLS / name
        if not pathlib.Path(path).exists():
            if shutil.which("go") is None:
                return None, "there is neither pebble nor Go to build it with"
            built = subprocess.run(
                ["go", "install", MODULE.format(name)], env={**os.environ, "GOBIN": str(TOOLS)},
                capture_output=True, text=True, timeout=600, cwd="/", check=False,
            )  # fmt: skip
            if built.returncode != 0:
                return None, f"{name} cannot be built: {built.stderr[-300:]}"
        paths[name] = str(path)
    return paths, None


class Pebble:
    def __init__(self, programs, http_port):
        self.programs, self.http_port = programs, http_port
        self._folder = tempfile.TemporaryDirectory(prefix="carrel-pebble-")
        self.folder = pathlib.Path(self._folder.name)
        self.authority = Authority()
        self.port = free_port()
        self.processes = []

    @property
    def directory(self):
        return f"https://localhost:{self.port}/dir"

    def start(self, name, *arguments, **environment):
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes.append(
                subprocess.Popen(
                    [self.programs[name], *arguments], stdout=log, stderr=subprocess.STDOUT,
                    env={**os.environ, **environment},
                )  # fmt: skip
            )

    def log(self):
        return (self.folder / "pebble.log").read_text()

    def __enter__(self):
        certificate, key = self.authority.issue("localhost")
        names, management = free_port(), free_port()
        config = self.folder / "config.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(certificate), "privateKey": str(key), "httpPort": self.http_port, "tlsPort": 1,
            "ocspResponderURL": "", "externalAccountBindingRequired": False,
            "domainBlocklist": [], "retryAfter": {"authz": 1, "order": 1},
        }}))  # fmt: skip
        self.start("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01",
                   f"127.0.0.1:{names}", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
                   "-management", f"127.0.0.1:{free_port()}")  # fmt: skip
        self.start("pebble", "-config", str(config), "-dnsserver", f"127.0.0.1:{names}", "-strict=false",
                   PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="0")  # fmt: skip
        context = ssl.create_default_context(cafile=str(self.authority.certificate))

        def answers():
            assert all(process.poll() is None for process in self.processes), self.log()
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as plain:
                    context.wrap_socket(plain, server_hostname="localhost").close()
                return True
            except OSError:
                return False

        wait_until(answers, what="pebble being ready")
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait()
        self.authority.__exit__()
        self._folder.cleanup()
