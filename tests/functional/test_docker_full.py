"""A Docker Engine whose disk is full: one of its own with a small disk of memory, and a played one while it fetches."""

import pathlib
import subprocess
import tarfile

import pytest
from support.carrel_process import TOP, wait_until
from support.course import Course
from support.docker_engine import DockerPlatform, Engine, environment, needs_engine
from support.fake_engine import FakeEngine, layer

TINY = "courses/tiny:v1"
NO_SPACE = "there is no space left on the disk of the Docker Engine"


@pytest.fixture
def small_engine(tmp_path):
    """An engine that has an image without a program in it, and the folder that is its disk."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk], check=True)
    told = tmp_path / "told"
    words = [TOP / "scripts" / "docker-engine", "with", disk, "sh", "-c", f"echo $DOCKER_HOST >{told}.new; mv {told}.new {told}; exec cat >/dev/null"]
    # It ends with its command, and that with its input.
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: told.exists() or process.poll() is not None, 120, "the small engine answering")
        assert told.exists(), (disk / "dockerd.log").read_text()[-2000:]
        path = told.read_text().strip().removeprefix("unix://")
        archive = tmp_path / "tiny.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(pathlib.Path(__file__), "etc/nothing")
        repository, tag = TINY.split(":")
        subprocess.run(["curl", "-sf", "-o", "/dev/null", "--unix-socket", path, "-T", archive, "-X", "POST", f"http://engine/images/create?fromSrc=-&repo={repository}&tag={tag}"], check=True)
        yield Engine(path), disk
    finally:
        process.stdin.close()
        process.wait(120)
        subprocess.run(["umount", "--lazy", disk], check=True)


def failure_of(person, slug):
    person.start_server(slug)
    last = list(person.progress(slug))[-1]
    assert last.get("failed"), last
    return last["message"]


def fill(disk):
    with pytest.raises(OSError, match="No space left"), (disk / "rest").open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(1 << 20))


@needs_engine
def test_a_full_disk_of_the_engine_is_told_and_goes_by(small_engine, name):
    engine, disk = small_engine
    lab = environment("lab", ["/bin/server", "{socket}"], image=TINY)
    with DockerPlatform(lab, "network = false\n", socket_path=engine.path) as carrel:
        ada = Course(carrel, name, environment="lab").admit("ada")
        fill(disk)
        assert failure_of(ada, name) == NO_SPACE
        lines = [line for line in carrel.log().splitlines() if "server_start_failed" in line]
        assert len(lines) == 1 and NO_SPACE in lines[0]
        assert not carrel.containers()
        (disk / "rest").unlink()
        assert "/bin/server failed: No such file" in failure_of(ada, name), "it gets as far as it can"
        assert not carrel.containers()


def test_a_disk_that_fills_while_an_image_arrives_is_told(name):
    cause = "failed to register layer: write /usr/lib/x: no space left on device"
    steps = [[layer("a1", "Pulling fs layer")], [{"errorDetail": {"message": cause}, "error": cause}]]
    lab = environment("lab", ["{socket}"], image="registry.example.org:5000/team/lab:v1")
    with FakeEngine(steps, (500, "unused")) as engine, DockerPlatform(lab, "network = false\n", socket_path=engine.path) as carrel:
        ada = Course(carrel, name, environment="lab").admit("ada")
        for _ in steps:
            engine.go_on()
        assert failure_of(ada, name) == "the image registry.example.org:5000/team/lab:v1 could not be fetched: there is no space left on the disk"
        assert sum("image_not_fetched" in line for line in carrel.log().splitlines()) == 1
