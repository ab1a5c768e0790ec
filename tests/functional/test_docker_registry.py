"""Images of a registry that wants a log-in, fetched by a real Docker Engine."""

import base64
import json

from support.course import Course
from support.docker_engine import DockerPlatform, Engine, environment, needs_engine
from support.image_registry import ImageRegistry

pytestmark = needs_engine


def log_in(file, address, pair):
    """As `docker login` leaves it."""
    file.write_text(json.dumps({"auths": {address: {"auth": base64.b64encode(pair.encode()).decode()}}}))


def last_word(person, slug):
    person.start_server(slug)
    return list(person.progress(slug))[-1]["message"]


def test_an_image_is_fetched_with_the_log_in_of_its_registry(name, tmp_path):
    file = tmp_path / "config.json"
    with ImageRegistry(puller="right") as registry:
        log_in(file, registry.address, "puller:wrong")
        lab = environment("lab", ["{socket}"], image=registry.image)
        with DockerPlatform(lab, f"network = false\nregistry_logins = {json.dumps(str(file))}\n") as carrel:
            ada = Course(carrel, name, environment="lab").admit("ada")
            assert last_word(ada, name).startswith(f"the image {registry.image} may not be fetched: ")
            assert registry.refused and Engine().call("GET", f"/images/{registry.image}/json")[0] == 404
            # Another registry's log-in is not shown to this one.
            log_in(file, "registry.example.org", "puller:right")
            assert last_word(ada, name).startswith(f"the image {registry.image} may not be fetched: ")
            # A file that is no good is said, and that it is.
            file.write_text("{}")
            assert "config.json has no log-ins for registries" in last_word(ada, name)
            # As soon as the file is right, it counts.
            log_in(file, registry.address, "puller:right")
            assert "may not be fetched" not in last_word(ada, name)
            assert Engine().call("GET", f"/images/{registry.image}/json")[0] == 200
            assert "right" not in carrel.log() and base64.b64encode(b"puller:right").decode() not in carrel.log()
            Engine().call("DELETE", f"/images/{registry.image}?force=1")


def test_with_a_file_that_is_none_carrel_does_not_start(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"auths": {"quay.io": {}}, "credsStore": "pass"}')
    carrel = DockerPlatform(environment("lab", ["{socket}"]), f"registry_logins = {json.dumps(str(file))}\n")
    try:
        done = carrel.run("serve", "--port", "0")
        assert done.returncode != 0 and f"{file} has no password for quay.io" in done.stderr
    finally:
        carrel.__exit__()
