"""Real accounts of this machine, made for a test and removed with it, and a PAM service that knows them. For root alone."""

import os
import pathlib
import secrets
import shutil
import subprocess


def why_not():
    """Why there can be none here; empty: there can."""
    if os.getuid() != 0:
        return "only root makes Unix accounts"
    missing = [program for program in ("useradd", "userdel", "groupadd", "chpasswd", "chage", "gpasswd") if not shutil.which(program)]
    return f"there is no {missing[0]}" if missing else ""


def run(*command, input=None):
    done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"


class UnixAccounts:
    """Use it with `with`. `service` is the PAM service; a line of `rules` replaces pam_unix."""

    def __init__(self, rules=("auth required pam_unix.so", "account required pam_unix.so")):
        self.service = "carrel-test-" + secrets.token_hex(4)
        self.file = pathlib.Path("/etc/pam.d") / self.service
        self.rules = rules
        self.names = []
        self.groups = []

    def __enter__(self):
        self.file.write_text("\n".join(self.rules) + "\n")
        return self

    def __exit__(self, *_):
        self.file.unlink(missing_ok=True)
        for name in self.names:
            subprocess.run(["userdel", "-f", name], capture_output=True, timeout=60)
        for group in self.groups:
            subprocess.run(["groupdel", group], capture_output=True, timeout=60)

    def add_group(self, name):
        group = f"{name}-{secrets.token_hex(3)}"
        run("groupadd", group)
        self.groups.append(group)
        return group

    def add(self, name=None, password=None, groups=(), full_name="", system=False):
        """Returns (name, password)."""
        name = name or "cu" + secrets.token_hex(4)
        password = password or secrets.token_urlsafe(12)
        more = ["--system"] if system else []
        run("useradd", "--no-create-home", "--shell", "/bin/sh", "--comment", full_name, *more, name)
        self.names.append(name)
        run("chpasswd", input=f"{name}:{password}\n")
        for group in groups:
            run("gpasswd", "-a", name, group)
        return name, password

    def leave(self, name, group):
        run("gpasswd", "-d", name, group)

    def age(self, name, *arguments):
        run("chage", *arguments, name)

    def section(self, name="unix", **settings):
        """The [logins.<name>] that lets them in."""
        values = {"kind": "pam", "service": self.service, **settings}
        lines = [f"{key} = {toml(value)}" for key, value in values.items()]
        return "\n".join([f"[logins.{name}]", *lines, ""])


def toml(value):
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'
