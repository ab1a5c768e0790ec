"""The image that a leader names for a course: who may name which, when that is asked, and what is told. The engine is
played (support/fake_engine.py); all of Carrel is real. On a real engine: test_docker_course_images.py."""

import json
import subprocess

import pytest
from support.carrel_process import PROGRAM, clean_environment, wait_until
from support.course import Course
from support.docker_engine import DockerPlatform, environment
from support.fake_engine import FakeEngine
from support.portal import Refused

ALLOWED = ["registry.example.org:5000/courses/**", "quay.io/jupyter/*:2026-*"]
OWN = "registry.example.org:5000/courses/maths/lab:v1"


def environments(allowed):
    return environment("lab", ["{socket}"], image="debian:bookworm", allowed_images=allowed) + environment("plain", ["{socket}"], image="debian:bookworm")


@pytest.fixture(scope="module")
def engine():
    with FakeEngine([], (500, "create container: write /var/lib/docker: no space left on device")) as fake:
        yield fake


@pytest.fixture(scope="module")
def carrel(engine):
    with DockerPlatform(environments(ALLOWED), "network = false\n", socket_path=engine.path) as platform:
        yield platform


def refusal(carrel, slug, image, environment="lab"):
    """The status and the one sentence that a leader gets."""
    with pytest.raises(Refused) as refused:
        carrel.log_in("lea").request_course(slug, environment=environment, image=image)
    assert refused.value.problem["field"] == "image", refused.value
    return refused.value.status, refused.value.problem["detail"]


def test_an_image_outside_the_patterns_is_refused_in_one_sentence(carrel, name):
    for image in ["registry.example.org:5000/other/lab", "registry.example.org/courses/lab", "courses/lab", "quay.io/jupyter/lab", "quay.io/jupyter/lab:2025-01"]:
        status, sentence = refusal(carrel, name, image)
        assert status == 400 and " may not be used" in sentence and ALLOWED[0] in sentence and "\n" not in sentence
    assert "docker.io/courses/lab:latest" in refusal(carrel, name, "courses/lab")[1], "it is said as it would be fetched"
    assert "nobody names one" in refusal(carrel, name, OWN, "plain")[1]


@pytest.mark.parametrize("end", ["; reboot", "$(id)", "`id`", "|x", "&x", ">x", "'", '"', "\\", "\n", "\0", " ", "/../x", "/-x", "/X", "/ü", ":", "@", "@sha256:1", "*", "~"])
def test_characters_of_a_shell_are_refused(carrel, name, end):
    status, sentence = refusal(carrel, "shell", "registry.example.org:5000/courses/lab" + end)
    assert status == 400 and "is no image" in sentence


def test_who_accepts_a_course_sees_its_image_before(carrel, name):
    lea, gov = carrel.log_in("lea"), carrel.log_in("gov")
    assert {"environment": "lab", "allowed": ALLOWED} in lea.get("/api/v1/images")["environments"]
    lea.request_course(name, environment="lab", image=OWN)
    assert [one["image"] for one in gov.items("/api/v1/courses?state=pending") if one["slug"] == name] == [OWN]
    gov.post(f"/api/v1/courses/{name}/accept")
    audit = [one for one in gov.items("/api/v1/audit") if one["detail"].get("image") == OWN and one["course"] == name]
    assert sorted(one["kind"] for one in audit) == ["course_accepted", "course_requested"]


def test_the_engine_fetches_the_courses_image(carrel, engine, name):
    ada = Course(carrel, name, environment="lab", image=OWN).admit("ada")
    ada.start_server(name)
    wait_until(lambda: engine.pulls, 60, "an image being fetched")
    assert engine.pulls[-1].endswith("?fromImage=registry.example.org%3A5000%2Fcourses%2Fmaths%2Flab&tag=v1")
    last = list(ada.progress(name))[-1]
    assert last["failed"] and last["message"] == "there is no space left on the disk of the Docker Engine"


def test_why_the_courses_image_cannot_be_had_is_said_in_one_sentence(name):
    causes = {
        "manifest for registry.example.org:5000/courses/maths/lab:v1 not found: manifest unknown": f"there is no image {OWN}: ",
        "unauthorized: authentication required": f"the image {OWN} may not be fetched: ",
        "denied: requested access to the resource is denied": f"the image {OWN} may not be fetched: ",
        "Get \"https://registry.example.org:5000/v2/\": dial tcp 192.0.2.1:5000: i/o timeout": f"the image {OWN} could not be fetched: ",
    }
    with FakeEngine([], (500, "unused")) as engine, DockerPlatform(environments(ALLOWED), "network = false\n", socket_path=engine.path) as carrel:
        ada = Course(carrel, name, environment="lab", image=OWN).admit("ada")
        for cause, sentence in causes.items():
            engine.steps = [[{"errorDetail": {"message": cause}, "error": cause}]]
            engine.go_on()
            ada.start_server(name)
            last = list(ada.progress(name))[-1]
            assert last["failed"] and last["message"] == sentence + cause
            assert sum("image_not_fetched" in line and json.dumps(cause)[1:-1] in line for line in carrel.log().splitlines()) == 1


def test_the_command_line_names_and_shows_it(carrel, name):
    words = {**clean_environment(), "CARREL_TOKEN": carrel.run("token", "create", "lea", "--expires-in", "3600").stdout.strip()}

    def run(image, *more):
        command = [str(PROGRAM), "course", "request", name, "--name", "By hand", "--environment", "lab", "--image", image, "--url", carrel.url, *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=words)

    refused = run("quay.io/other/lab")
    assert refused.returncode == 6 and refused.stderr.startswith("carrel: image: the image quay.io/other/lab:latest may not be used")
    made = run("quay.io/jupyter/lab:2026-01-05", "--json")
    assert made.returncode == 0 and json.loads(made.stdout)["image"] == "quay.io/jupyter/lab:2026-01-05"
    shown = subprocess.run([str(PROGRAM), "course", "show", name, "--url", carrel.url], capture_output=True, text=True, timeout=60, env=words)
    assert "quay.io/jupyter/lab:2026-01-05" in shown.stdout


def test_a_stricter_policy_starts_and_accepts_nothing_any_more(engine, name):
    with DockerPlatform(environments(ALLOWED), "network = false\n", socket_path=engine.path) as carrel:
        course = Course(carrel, name, environment="lab", image=OWN)
        course.admit("ada")
        carrel.log_in("lea").request_course("waiting", environment="lab", image=OWN)
        carrel.stop()
        carrel.config.write_text(carrel.config.read_text().replace("registry.example.org:5000/courses", "registry.example.org:5000/approved"))
        carrel.start()
        fetched = len(engine.pulls)

        answer = carrel.log_in("ada").start_server(name)
        assert answer.status_code == 409
        assert f"the image {OWN} of this course is not allowed any more; ask the administrator" in answer.text
        lines = [line for line in carrel.log().splitlines() if "course_image_not_allowed" in line]
        assert len(lines) == 1 and name in lines[0] and OWN in lines[0]
        assert len(engine.pulls) == fetched

        gov = carrel.log_in("gov")
        with pytest.raises(Refused) as refused:
            gov.post("/api/v1/courses/waiting/accept")
        assert refused.value.status == 409 and f"the image {OWN} may not be used" in refused.value.problem["detail"]
        assert gov.course("waiting")["state"] == "pending"


def test_a_bad_pattern_is_refused_before_anything_starts(engine):
    platform = DockerPlatform(environments(ALLOWED), socket_path=engine.path)
    try:
        platform.config.write_text(platform.config.read_text().replace("quay.io/jupyter/*:2026-*", "jupyter/*"))
        for command in ("check-config", "serve"):
            ended = platform.run(command)
            assert ended.returncode != 0
            assert "environments.lab.allowed_images" in ended.stderr and "docker.io/jupyter/" in ended.stderr
    finally:
        platform.__exit__()
