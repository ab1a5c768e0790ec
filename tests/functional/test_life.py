"""A course's life as its people see it, from the request to the take-out."""

import io
import json
import zipfile

import pytest
from support.carrel_process import wait_until
from support.course import Course, far_ahead
from support.portal import Refused, seconds_from_now


@pytest.mark.notebook
def test_a_course_lives_from_request_to_take_out(carrel, name):
    gov, lea = carrel.log_in("gov"), carrel.log_in("lea")
    lea.request_course(name, starts_at=seconds_from_now(3), ends_at=seconds_from_now(3600))
    assert lea.course(name)["state"] == "pending"
    with pytest.raises(Refused) as refused:
        lea.post(f"/api/v1/courses/{name}/accept")
    assert refused.value.status == 403
    accepted = gov.post(f"/api/v1/courses/{name}/accept")
    assert accepted["state"] in ("accepted", "deploying", "deployed")

    code = lea.invitation(name)
    ada, bob = carrel.anonymous(), carrel.anonymous()
    assert ada.get(f"/api/v1/invitations/{code}")["course"]["slug"] == name
    for person, username in ((ada, "life-ada"), (bob, "life-bob")):
        person.sign_up(code, username)
        assert person.apply(code)["state"] == "pending"
    lea.decide(name, "life-ada", "accept")
    lea.decide(name, "life-bob", "reject")
    wait_until(lambda: lea.course(name)["state"] == "deployed", 60, "the course being deployed")

    server = ada.running_server(name)
    kernel = server.start_kernel()
    assert kernel.run("print(6 * 7)") == "42\n"
    kernel.run("open('result.txt', 'w').write('forty-two')")
    server.put_notebook("work.ipynb", [("print(6 * 7)", "42\n")])
    kernel.close()

    assert bob.start_server(name).status_code == 403
    assert bob.request("GET", ada.server_path(name) + "/api/status").status_code == 403

    lea.post(f"/api/v1/courses/{name}/degrade")
    wait_until(lambda: lea.course(name)["state"] == "degraded", 60, "the course being degraded")
    exports = {one["username"]: one for one in lea.items(f"/api/v1/courses/{name}/exports")}
    assert exports["life-ada"]["verified_at"]
    assert not (carrel.data / "homes" / name / "life-ada").exists()
    assert ada.start_server(name).status_code in (403, 404, 409)

    answer = ada.request("GET", f"/api/v1/courses/{name}/takeout")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        inside = {entry.rpartition("/")[2]: archive.read(entry) for entry in archive.namelist()}
    assert inside["result.txt"] == b"forty-two"
    assert json.loads(inside["work.ipynb"])["cells"][0]["outputs"][0]["text"] in ("42\n", ["42\n"])

    kinds = [event["kind"] for event in lea.items(f"/api/v1/courses/{name}/events")]
    told = ["course_requested", "course_accepted", "deploy_started", "deployed", "degrade_started", "degraded"]
    assert [kind for kind in kinds if kind in told] == told
    assert {"application_accepted", "application_rejected", "server_started", "home_exported"} <= set(kinds)


def test_a_course_accepted_after_its_start_is_deployed(carrel, name, gov, lea):
    lea.request_course(name, starts_at=seconds_from_now(-120))
    gov.post(f"/api/v1/courses/{name}/accept")
    wait_until(lambda: lea.course(name)["state"] == "deployed", 60, "the course being deployed")


def test_a_course_that_is_far_away_is_not_deployed_before_its_time(carrel, gov, lea):
    far = Course(carrel, "life-far", gov, lea, deploy=False, **far_ahead())
    # The dispatcher looks at all courses in one go: when it has deployed a later one, it has passed over the first.
    Course(carrel, "life-near", gov, lea)
    assert far.state() == "accepted"
    assert far.lea.course(far.slug)["deployment"] is None
    gov.post(f"{far.path}/deploy")
    far.wait_for("deployed")


def test_a_course_without_an_end_is_a_standing_hub(carrel, name, gov, lea):
    course = Course(carrel, name, gov, lea, ends_at=None, environment="probe")
    assert lea.course(name)["ends_at"] is None
    person = course.admit("life-standing")
    assert person.running_server(name).is_ready()
    course.end()


def test_a_course_whose_end_passes_before_anybody_accepts_it_is_refused_or_canceled(carrel, name, gov, lea):
    lea.request_course(name, starts_at=seconds_from_now(-60), ends_at=seconds_from_now(2))
    wait_until(lambda: seconds_from_now(0) > lea.course(name)["ends_at"], 30, "the end")
    answer = gov.request("POST", f"/api/v1/courses/{name}/accept", json={})
    if answer.status_code == 409:
        assert lea.course(name)["state"] in ("pending", "canceled")
    else:
        wait_until(lambda: lea.course(name)["state"] == "canceled", 30, "the course being canceled")


def test_a_course_ends_by_itself_at_its_end(carrel, name, gov, lea):
    course = Course(carrel, name, gov, lea, environment="probe", ends_at=seconds_from_now(8))
    person = course.admit("life-ends")
    person.running_server(name)
    course.wait_for("degraded")
    assert course.server_state("life-ends") in (None, "stopped")
    assert person.request("GET", f"/api/v1/courses/{name}/takeout").status_code == 200


def test_a_failed_deploy_says_why_and_can_be_deployed_again(carrel, name, gov, lea):
    in_the_way = carrel.data / "homes" / name
    in_the_way.write_text("not a folder")
    course = Course(carrel, name, gov, lea, deploy=False)
    failed = course.wait_for("failed")
    assert failed["reason"] and "Traceback" not in failed["reason"]
    assert failed["deployment"]["state"] == "failed"
    with pytest.raises(Refused) as refused:
        lea.post(f"{course.path}/redeploy")
    assert refused.value.status == 403
    assert in_the_way.read_text() == "not a folder"

    in_the_way.unlink()
    gov.post(f"{course.path}/redeploy")
    again = course.wait_for("deployed")
    assert again["reason"] is None
    assert again["deployment"]["id"] != failed["deployment"]["id"]


def test_a_degrade_that_cannot_export_fails_and_deletes_nothing(carrel, name, gov, lea):
    course = Course(carrel, name, gov, lea, environment="probe")
    course.admit("life-keeps").running_server(name)
    exports = carrel.data / "exports" / name
    exports.write_text("not a folder")
    lea.post(f"{course.path}/degrade")
    assert course.wait_for("failed")["reason"]
    assert (carrel.data / "homes" / name / "life-keeps").is_dir()

    exports.unlink()
    gov.post(f"{course.path}/degrade")
    course.wait_for("degraded")
    assert not (carrel.data / "homes" / name / "life-keeps").exists()


def test_a_start_of_a_file_instead_of_a_home_fails_with_a_reason(carrel, name, gov, lea):
    course = Course(carrel, name, gov, lea, environment="probe")
    person = course.admit("life-homeless")
    home = carrel.data / "homes" / name / "life-homeless"
    if home.is_dir():
        home.rmdir()
    home.write_text("not a home")
    person.start_server(name)
    last = list(person.progress(name))[-1]
    assert last["failed"] and last["message"]
    home.unlink()
    assert person.running_server(name).is_ready()
