"""Carrel is stopped while it waits for a certificate."""

import os
import pathlib
import socket

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until

ENDLESS = """#!/bin/sh
echo $$ >{pid}.new && mv {pid}.new {pid}
exec sleep 100000
"""


@pytest.fixture
def endless_uacme(tmp_path, monkeypatch):
    """A `uacme` that never ends; the path of the file where its process id is."""
    pid = tmp_path / "pid"
    program = tmp_path / "uacme"
    program.write_text(ENDLESS.format(pid=pid))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return pid


def test_stopping_does_not_wait_for_uacme(endless_uacme):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    tls = f'[server]\ntls = "acme"\ndomain = "localhost"\nredirect_port = {free}\n'
    with platform(QUICK + tls, tls=True) as carrel:
        wait_until(endless_uacme.exists, 30, "uacme being started")
        pid = int(endless_uacme.read_text())
        # Less than the minute that uacme may take.
        assert carrel.stop(timeout=30) == 0
        assert not pathlib.Path(f"/proc/{pid}").exists()
        assert "certificate_not_renewed" not in carrel.log()
