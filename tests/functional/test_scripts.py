"""What the scripts behind `make` say when they cannot go on: one sentence that tells what to do."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from support.carrel_process import TOP, clean_environment

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to mount a small disk and to become somebody else")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


def make(checkout, target, becoming=()):
    environment = {key: value for key, value in clean_environment().items() if key not in ("MAKEFLAGS", "MAKELEVEL", "first_script")}
    return subprocess.run(
        [*becoming, "make", "-C", str(checkout), target], capture_output=True, text=True, timeout=120,
        env=environment | {"CARREL_SKIP_SETUP": "1"},
    )


def the_sentence(ended):
    """The one that Carrel's scripts say last; whatever else there is, no line number of theirs is in it."""
    assert ended.returncode != 0, ended.stdout
    return [line for line in ended.stderr.splitlines() if line.startswith("carrel: ")][-1]


def copy_of_the_scripts(folder):
    """A checkout of which nothing is there but what says how to build it."""
    checkout = folder / "checkout"
    checkout.mkdir()
    shutil.copytree(TOP / "scripts", checkout / "scripts")
    shutil.copy(TOP / "Makefile", checkout)
    return checkout


@pytest.fixture
def small_disk():
    """A checkout on a file system of its own, which has room for 4 MiB."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-small-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("no small file system can be mounted here")
    try:
        yield copy_of_the_scripts(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_disk_too_small_for_the_first_build_is_named_before_anything_is_begun(small_disk):
    sentence = the_sentence(make(small_disk, "run"))
    assert str(small_disk) in sentence and "1 GiB" in sentence and "make room" in sentence
    assert not (small_disk / "build").exists()


def test_a_disk_that_becomes_full_is_named(small_disk):
    program = small_disk / "build" / "release" / "carrel"
    program.parent.mkdir(parents=True)
    program.touch()
    with pytest.raises(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)
    sentence = the_sentence(make(small_disk, "run"))
    assert f"the disk of {small_disk} is full" in sentence and "make room" in sentence


def test_a_checkout_of_somebody_else_is_named():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-theirs-"))
    folder.chmod(0o755)
    try:
        checkout = copy_of_the_scripts(folder)
        sentence = the_sentence(make(checkout, "run", becoming=NOBODY))
        assert f"{checkout} cannot be written by nobody" in sentence
        assert not (checkout / "build").exists()
    finally:
        shutil.rmtree(folder)
