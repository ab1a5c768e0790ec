"""How images are fetched, and what people are told meanwhile. No registry is to be had here, so the engine is played
(support/fake_engine.py); all of Carrel is real."""

from support.carrel_process import wait_until
from support.course import Course
from support.docker_engine import DockerPlatform, environment
from support.fake_engine import FakeEngine, layer

LAB = environment("lab", ["{socket}"], image="registry.example.org:5000/team/lab:v1")
MB = 1_000_000
STEPS = [
    [{"status": "Pulling from team/lab", "id": "v1"}, layer("a1", "Pulling fs layer"), layer("b2", "Pulling fs layer")],
    [layer("a1", "Downloading", 10 * MB, 60 * MB), layer("b2", "Downloading", 2 * MB, 20 * MB)],
    [layer("a1", "Downloading", 60 * MB, 60 * MB), layer("b2", "Download complete"), layer("a1", "Download complete")],
    [layer("a1", "Extracting", 30 * MB, 60 * MB)],
    [layer("a1", "Pull complete"), layer("b2", "Pull complete"), {"status": "Digest: sha256:" + "2" * 64}],
]


def follow(person, slug, until):
    """What the person sees of the start until then."""
    seen = []
    for event in person.progress(slug):
        seen.append(event)
        if until(event):
            break
    return seen


def test_who_waits_sees_how_far_the_image_is_and_why_the_start_failed(name):
    full = (500, "failed to create: write /var/lib/docker/tmp: no space left on device")
    with FakeEngine(STEPS, full) as engine, DockerPlatform(LAB, "network = false\n[hub]\nstart_timeout_seconds = 5\n", socket_path=engine.path) as carrel:
        course = Course(carrel, name, environment="lab")
        ada, bob = course.admit("ada"), course.admit("bob")
        ada.start_server(name)
        bob.start_server(name)
        engine.go_on()
        engine.go_on()
        seen = follow(ada, name, lambda event: "12 of 80 MB" in event["message"])
        assert follow(bob, name, lambda event: "12 of 80 MB" in event["message"])
        engine.go_on()
        seen += follow(ada, name, lambda event: "Unpacking" in event["message"])
        for _ in range(2):
            engine.go_on()
        seen += follow(ada, name, lambda event: event.get("failed"))
        assert len(engine.pulls) == 1, "one image is fetched once, however many wait for it"
        assert engine.pulls[0].endswith("?fromImage=registry.example.org%3A5000%2Fteam%2Flab&tag=v1")
        assert seen[-1]["message"] == "there is no space left on the disk of the Docker Engine"


def test_a_registry_without_the_image_is_explained(name):
    steps = [[{"errorDetail": {"message": "manifest for team/lab:v1 not found"}, "error": "manifest for team/lab:v1 not found"}]]
    with FakeEngine(steps, (500, "unused")) as engine, DockerPlatform(LAB, socket_path=engine.path) as carrel:
        course = Course(carrel, name, environment="lab")
        ada = course.admit("ada")
        ada.start_server(name)
        engine.go_on()
        seen = follow(ada, name, lambda event: event.get("failed"))
        assert "there is no image registry.example.org:5000/team/lab:v1" in seen[-1]["message"]


def test_an_image_under_way_does_not_hold_the_platform_up(name):
    with FakeEngine(STEPS, (500, "unused")) as engine, DockerPlatform(LAB, socket_path=engine.path) as carrel:
        course = Course(carrel, name, environment="lab")
        course.admit("ada").start_server(name)
        wait_until(lambda: engine.pulls, 60, "the image being fetched")
        assert carrel.stop() == 0
