"""What a participant can see and do from a cell of a real kernel, whether Carrel runs as root or not."""

import itertools
import json
import pathlib
import re
import time

import pytest
import websocket
from support.course import Course

pytestmark = pytest.mark.notebook


class Inside:
    """A participant with a kernel, whose cells answer with JSON."""

    def __init__(self, course, username):
        self.person = course.admit(username)
        self.server = self.person.running_server(course.slug)
        self.kernel = self.server.start_kernel()

    def ask(self, expression):
        """The value of a Python expression, evaluated in the kernel."""
        text = self.kernel.run(
            f"import glob, json, os, pathlib, resource, signal, socket, subprocess, sys\nprint(json.dumps({expression}))"
        )
        return json.loads(text)

    def shell(self, command):
        """What a shell command printed, and its exit status in the last line."""
        return self.ask(f"subprocess.run({command + '; echo $?'!r}, shell=True, text=True, capture_output=True).stdout")


@pytest.fixture(scope="module")
def place(carrel, sandboxed):
    return Course(carrel, "isolation", resources={"cpu": 1, "memory_gib": 0.5, "storage_gib": 1})


@pytest.fixture(scope="module")
def ada(place):
    return Inside(place, "inside-ada")


@pytest.fixture(scope="module")
def bob(place):
    return Inside(place, "inside-bob")


def test_everybody_has_an_own_uid_that_is_not_the_machine_s(ada, bob):
    uids = [one.ask("[os.getuid(), os.geteuid(), os.getgid(), *os.getgroups()]") for one in (ada, bob)]
    assert all(uid >= 200_000 for own in uids for uid in own)
    assert uids[0][0] != uids[1][0]
    assert ada.ask("os.environ['USER']") == "inside-ada"
    status = ada.ask("pathlib.Path('/proc/self/status').read_text()")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    for capabilities in ("CapEff", "CapPrm", "CapBnd", "CapAmb", "CapInh"):
        assert int(fields[capabilities], 16) == 0, capabilities
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"


def test_the_rest_of_the_machine_is_not_there(carrel, ada):
    hidden = [
        str(carrel.data), str(carrel.data / "carrel.sqlite"), str(carrel.data / "secrets"), str(carrel.data / "homes"),
        str(carrel.runtime), "/run/carrel", str(carrel.config), "/etc/shadow", "/var/log", "/root/.ssh",
    ]
    assert ada.ask(f"[path for path in {hidden!r} if os.path.exists(path)]") == []
    passwd = ada.ask("pathlib.Path('/etc/passwd').read_text()").splitlines()
    assert sorted(line.split(":")[0] for line in passwd) == ["inside-ada", "nobody", "root"]


def test_the_folders_on_the_way_to_the_environment_show_nothing_but_the_way(ada):
    # The environment keeps its path wherever the checkout is, be it below /root or in another person's home.
    environment = pathlib.PurePosixPath(ada.ask("sys.prefix"))
    expected = {"/home": {"inside-ada"}, "/run": {"server"}, "/var": {"tmp"}, "/root": set(), "/opt": set(), "/srv": {"course"}}
    for next_one, folder in itertools.pairwise([environment, *environment.parents]):
        expected.setdefault(str(folder), set()).add(next_one.name)
    system = {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "srv", "tmp", "usr", "var"}
    assert set(ada.ask("os.listdir('/')")) <= system | expected.pop("/")
    # What is in these is the system's or the server's own, whether the environment is below them or not.
    for folder in [folder for folder in expected if re.match(r"/(usr|tmp|var/tmp)(/|$)", folder)]:
        del expected[folder]
    seen = ada.ask(f"{{folder: os.path.isdir(folder) and os.listdir(folder) or [] for folder in {list(expected)!r}}}")
    assert {folder: set(names) for folder, names in seen.items()} == expected


def test_nobody_sees_another_s_home_processes_or_temporary_files(ada, bob):
    ada.kernel.run("pathlib.Path('mine.txt').write_text('private'); pathlib.Path('/tmp/shared.txt').write_text('private')")
    assert not bob.ask("os.path.exists('/tmp/shared.txt')")
    assert not bob.ask("os.path.exists('/dev/shm/shared.txt')")
    assert bob.ask("glob.glob('/home/*/mine.txt')") == []
    commands = bob.ask("[pathlib.Path(p).read_text() for p in glob.glob('/proc/[0-9]*/cmdline')]")
    assert 0 < len(commands) < 12
    assert "inside-ada" not in str(commands) and "carrel control" not in str(commands).replace("\x00", " ")
    assert ada.ask("oct(os.stat(os.environ['HOME']).st_mode)")[-3:] == "700"


def test_a_signal_reaches_no_process_outside(carrel, ada):
    for outside in (carrel.process.pid, *carrel.children().values()):
        assert ada.shell(f"kill -0 {outside}").strip() != "0"
        assert not ada.ask(f"os.path.exists('/proc/{outside}')")


def test_the_system_is_read_only_and_the_home_is_not(ada):
    for path in ("/usr/x", "/etc/x", "/bin/x", "/x", "/lib/x", "/home/x", "/opt/x", "/proc/sys/kernel/hostname"):
        assert ada.shell(f"echo x > {path}").strip() != "0", path
    assert ada.shell("echo x > $HOME/x && echo x > /tmp/x && echo x > /dev/shm/x").strip() == "0"
    assert ada.shell("mount -t tmpfs none /mnt").strip() != "0"
    assert ada.shell("unshare --user --map-root-user true").strip() != "0"
    assert ada.shell("su -c true").strip() != "0"


def test_the_notebook_environment_cannot_be_changed(ada):
    assert ada.ask("os.access(sys.prefix, os.W_OK)") is False
    assert ada.shell(f"touch {ada.ask('sys.prefix')}/bin/x").strip() != "0"


def test_the_metadata_address_of_a_cloud_is_out_of_reach(carrel, gov, ada):
    isolation = gov.get("/api/v1/overview")["isolation"]
    if any("metadata" in notice for notice in isolation["notices"]):
        pytest.skip("this machine cannot close the way to the metadata service, and Carrel says so")
    answer = ada.ask("(lambda s: (s.settimeout(5), s.connect_ex(('169.254.169.254', 80)))[1])(socket.socket())")
    assert answer != 0


def test_no_secret_of_carrel_is_in_the_environment(carrel, ada, bob):
    variables = ada.ask("dict(os.environ)")
    secrets = {path.name: path.read_bytes().strip() for path in (carrel.data / "secrets").iterdir() if path.is_file()}
    assert secrets
    for name, secret in secrets.items():
        for value in variables.values():
            assert secret.decode(errors="replace") not in value, name
    assert [name for name in variables if name.startswith(("CARREL_EDGE", "CONFIGPROXY"))] == []
    own = variables.get("CARREL_SERVER_TOKEN") or variables.get("JUPYTER_TOKEN")
    other = bob.ask("os.environ.get('CARREL_SERVER_TOKEN') or os.environ.get('JUPYTER_TOKEN')")
    assert own != other or own is None
    # Also not in that of any other process it can see.
    all_of_them = ada.ask("[open(p, errors='replace').read() for p in glob.glob('/proc/[0-9]*/environ') if os.access(p, os.R_OK)]")
    assert "CARREL_EDGE_KEY" not in str(all_of_them) and "CONFIGPROXY_AUTH_TOKEN" not in str(all_of_them)


def test_another_s_server_cannot_be_reached_round_the_proxy(carrel, ada, bob, place):
    # The one socket to be seen is the own server's.
    assert len(bob.ask("[line for line in glob.glob('/run/**/*.sock', recursive=True)]")) <= 1
    url = f"{carrel.url}/c/{place.slug}/user/inside-ada/api/status"
    # With the own token, which is good for the own server alone.
    code = """
import os, urllib.error, urllib.request
def status(url, token):
    request = urllib.request.Request(url, headers={"Authorization": "token " + token})
    try:
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
"""
    bob.kernel.run(code)
    token = bob.ask("os.environ.get('JUPYTER_TOKEN', 'x')")
    assert bob.ask(f"status({url!r}, {token!r})") in (0, 403)


def test_a_fork_bomb_ends_at_its_limit_and_others_go_on(ada, bob):
    bob.kernel.run("""
children, problem = [], ""
try:
    for _ in range(20_000):
        children.append(subprocess.Popen(["/bin/sleep", "100"]))
except OSError as error:
    problem = type(error).__name__
count = len(children)
for child in children:
    child.kill()
for child in children:
    child.wait()
""", timeout=180)
    assert bob.ask("problem") == "BlockingIOError"
    assert bob.ask("count") < 20_000
    assert ada.ask("subprocess.run(['/bin/true']).returncode") == 0


def test_a_terminal_is_as_shut_in_as_a_kernel(ada):
    made = ada.server.request("POST", "api/terminals", json={})
    made.raise_for_status()
    address = f"{ada.server.url}/terminals/websocket/{made.json()['name']}".replace("http:", "ws:")
    terminal = websocket.create_connection(
        address,
        cookie=f"carrel_edge={ada.server.http.cookies['carrel_edge']}",
        origin=ada.server.url.split("/c/")[0],
        timeout=30,
        http_no_proxy=["*"],
    )
    # Written in two parts, so that the echo of the command is not taken for its result.
    command = 'echo "uid=$(id -u) homes=$(cd /home; echo inside-*) e""nd"\r'
    terminal.send(json.dumps(["stdin", command]))
    seen, deadline = "", time.monotonic() + 60
    while not (found := re.search(r"uid=(\d+) homes=(.*?) end", seen)):
        # Its pings keep the connection's own time-out from ever passing.
        assert time.monotonic() < deadline, seen
        kind, *rest = json.loads(terminal.recv())
        seen += rest[0] if kind == "stdout" else ""
    assert int(found[1]) == ada.ask("os.getuid()") and found[2] == "inside-ada"
    terminal.close()
