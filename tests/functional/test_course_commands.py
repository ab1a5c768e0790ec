"""`carrel course …`: a course's life from a terminal, and what scripts can tell from how a command ends."""

import json
import os
import subprocess

import pytest
from support.carrel_process import PROGRAM, clean_environment, wait_until
from support.course import far_ahead


class Terminal:
    """Somebody at a shell with an API token."""

    def __init__(self, carrel, username=None):
        self.carrel = carrel
        self.environment = clean_environment()
        if username:
            token = carrel.run("token", "create", username, "--expires-in", "3600").stdout.strip()
            self.environment["CARREL_TOKEN"] = token

    def run(self, *words, url=None):
        command = [str(PROGRAM), "course", *words, "--url", url or self.carrel.url]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment)

    def prints(self, *words):
        ended = self.run(*words)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def json(self, *words):
        return json.loads(self.prints(*words, "--json"))

    def refused(self, status, *words, **more):
        """The one line that a refused command says."""
        ended = self.run(*words, **more)
        assert ended.returncode == status, (ended.returncode, ended.stderr)
        assert ended.stdout == "" and ended.stderr.startswith("carrel: ") and ended.stderr.count("\n") == 1
        return ended.stderr


@pytest.fixture(scope="module")
def lea(carrel):
    return Terminal(carrel, "lea")


@pytest.fixture(scope="module")
def gov(carrel):
    return Terminal(carrel, "gov")


def request(terminal, slug, *more):
    dates = far_ahead()
    return terminal.json(
        "request", slug, "--name", "By hand", "--environment", "probe", "--starts-at", dates["starts_at"], "--ends-at", dates["ends_at"], *more
    )


def join(carrel, url, username):
    """Somebody opens the link, signs up and applies."""
    code = url.rsplit("/", 1)[1]
    person = carrel.anonymous()
    person.sign_up(code, username)
    person.apply(code)


def test_a_course_lives_from_request_to_cancel(carrel, lea, gov):
    asked = request(lea, "by-hand", "--description", "äöü", "--participants", "7", "--cpu", "0.5")
    assert asked["state"] == "pending" and asked["expected_participants"] == 7 and asked["description"] == "äöü"
    assert asked["resources"]["cpu"] == 0.5 and asked["resources"]["memory_gib"] > 0
    listed = lea.prints("list", "--state", "pending").splitlines()
    assert listed[0].split() == ["SLUG", "STATE", "STARTS", "ENDS", "NAME"]
    assert any(line.split()[:2] == ["by-hand", "pending"] for line in listed[1:])

    gov.prints("accept", "by-hand")
    shown = lea.prints("show", "by-hand")
    assert "accepted since" in shown and "0 of 7, 0 waiting" in shown

    url = lea.prints("invitation", "by-hand").strip()
    assert url.startswith("http") and "/join/" in url
    for username in ("cli-pia", "cli-tom", "cli-kim"):
        join(carrel, url, username)
    assert {one["username"] for one in lea.json("participants", "by-hand", "--state", "pending")} == {"cli-pia", "cli-tom", "cli-kim"}
    lea.prints("admit", "by-hand", "cli-pia", "cli-tom")
    lea.prints("refuse", "by-hand", "cli-kim")
    rows = [line.split()[:2] for line in lea.prints("participants", "by-hand").splitlines()]
    assert sorted(rows[1:]) == [["cli-kim", "rejected"], ["cli-pia", "accepted"], ["cli-tom", "accepted"]]
    assert lea.json("invitation", "by-hand", "--rotate")["url"] != url

    assert lea.json("cancel", "by-hand")["state"] == "canceled"
    kinds = [one["kind"] for one in lea.json("events", "by-hand")]
    assert kinds[:2] == ["course_requested", "course_accepted"] and kinds[-1] == "course_canceled"
    assert "canceled" in lea.prints("events", "by-hand")


def test_a_course_is_asked_for_with_a_folder_that_all_may_change(lea):
    assert request(lea, "by-hand-together", "--shared-folder")["shared_folder"] is True
    assert "materials, shared" in lea.prints("show", "by-hand-together")
    assert request(lea, "by-hand-apart")["shared_folder"] is False


def test_a_course_is_deployed_and_degraded_by_hand(lea, gov):
    request(lea, "by-hand-now")
    gov.prints("accept", "by-hand-now")
    assert gov.json("deploy", "by-hand-now")["wanted"] == "deploy"
    wait_until(lambda: lea.json("show", "by-hand-now")["state"] == "deployed", 60, "the course being deployed")
    lea.prints("degrade", "by-hand-now")
    wait_until(lambda: lea.json("show", "by-hand-now")["state"] == "degraded", 60, "the course being degraded")


def test_how_a_refused_command_ends_says_why(carrel, lea, gov):
    request(lea, "by-hand-no")
    assert "may not accept" in lea.refused(3, "accept", "by-hand-no")
    assert "no course" in lea.refused(4, "show", "no-such-course")
    assert "cannot redeploy a course that is pending" in gov.refused(5, "redeploy", "by-hand-no")
    assert "slug: " in lea.refused(6, "request", "../etc", "--name", "Tricks", "--environment", "probe")
    assert "starts_at: " in lea.refused(6, "request", "by-hand-when", "--name", "When", "--environment", "probe", "--starts-at", "tomorrow")
    assert "not-an-applicant" in lea.refused(5, "admit", "by-hand-no", "not-an-applicant")
    assert gov.json("reject", "by-hand-no", "--reason", "no room")["reason"] == "no room"

    nobody = Terminal(carrel)
    assert "CARREL_TOKEN" in nobody.refused(3, "list")
    nobody.environment["CARREL_TOKEN"] = "carrel_" + "x" * 43
    assert "no such token" in nobody.refused(3, "list")
    assert "not begin with http" in lea.refused(6, "list", url="ftp://127.0.0.1")
    assert "127.0.0.1:1" in lea.refused(1, "list", url="http://127.0.0.1:1")
    for wrong in ((), ("nonsense",), ("show",), ("request", "x"), ("reject", "x")):
        assert lea.run(*wrong).returncode == 2, wrong


def test_the_token_may_be_in_a_file_and_the_platform_be_the_local_one(carrel, lea, tmp_path):
    file = tmp_path / "token"
    file.write_text(lea.environment["CARREL_TOKEN"] + "\n")
    port = carrel.url.rsplit(":", 1)[1]
    command = [str(PROGRAM), "course", "list", "--token-file", str(file), "--json", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment())
    assert ended.returncode == 0, ended.stderr
    assert isinstance(json.loads(ended.stdout), list)
    os.truncate(file, 0)
    assert subprocess.run(command, capture_output=True, timeout=60, env=clean_environment()).returncode == 3
