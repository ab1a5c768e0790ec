"""Removing a person from the installation: they are out, and their files are what the order says, whatever happens."""

import io
import json
import zipfile

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.oidc_provider import OidcProvider, Visitor, place_of, why_not
from support.portal import Refused
from support.ports import free_port
from test_access import wait_for_close, websocket_to


@pytest.fixture(scope="module")
def carrel():
    with platform() as process:
        yield process


@pytest.fixture(scope="module")
def course(carrel):
    return Course(carrel, "removals", environment="probe", expected_participants=50)


@pytest.fixture
def gov(carrel):
    return carrel.log_in("gov")


def remove(gov, name, leftovers):
    return gov.post(f"/api/v1/users/{name}/removal", {"leftovers": leftovers})


def removal(gov, name):
    return next(one for one in gov.items("/api/v1/removals") if one["username"] == name)


def wait_until_done(gov, name):
    wait_until(lambda: removal(gov, name)["finished_at"], what=f"the removal of {name}")
    return removal(gov, name)


def home(carrel, name):
    return carrel.data / "homes" / "removals" / name


def archive(carrel, name):
    return carrel.data / "exports" / "removals" / f"{name}.zip"


def give_work(carrel, name):
    (home(carrel, name) / "work.txt").write_text(f"the work of {name}")


def test_without_a_choice_nobody_is_removed(carrel, course, gov):
    course.admit("undecided")
    for body in ({}, {"leftovers": None}, {"leftovers": ""}, {"leftovers": "burn"}):
        with pytest.raises(Refused, match="say what becomes of the files") as refused:
            gov.post("/api/v1/users/undecided/removal", body)
        assert refused.value.status == 400 and refused.value.problem["field"] == "leftovers"
    assert carrel.run("user", "remove", "undecided").returncode == 2
    assert carrel.run("user", "remove", "undecided", "--leftovers", "burn").returncode == 2
    carrel.log_in("undecided")


def test_whoever_is_removed_is_out_with_all_they_have_open(carrel, course, gov):
    eve = course.admit_with_server("eve")
    ada = course.admit_with_server("ada")
    token = eve.with_token(scopes=["self"])
    hers, others = eve.server("removals"), ada.server("removals")
    cut, kept = websocket_to(hers), websocket_to(others)
    try:
        order = remove(gov, "eve", "keep")
        assert order["username"] == "eve" and order["ordered_by"] == "gov"
        # With the answer nothing of hers is good any more; what was open follows.
        assert eve.request("GET", "/api/v1/me").status_code == 401
        assert token.request("GET", "/api/v1/me").status_code == 401
        wait_for_close(cut)
        wait_until_done(gov, "eve")
        assert hers.request("GET", "echo", allow_redirects=False).status_code != 200
        assert others.request("GET", "echo").status_code == 200
        kept.ping()
    finally:
        cut.close()
        kept.close()
    with pytest.raises(Refused) as refused:
        carrel.log_in("eve")
    assert refused.value.status == 401
    assert "eve" not in [user["username"] for user in gov.items("/api/v1/users")]
    assert "eve" not in [one["username"] for one in course.lea.items(f"{course.path}/participants")]
    audit = gov.get("/api/v1/audit?limit=200")["items"]
    assert {"user_removed", "user_removal_finished"} <= {event["kind"] for event in audit if event["subject"] == "eve"}


def test_kept_files_stay_and_so_does_the_name(carrel, course, gov):
    course.admit_with_server("kim")
    give_work(carrel, "kim")
    remove(gov, "kim", "keep")
    wait_until_done(gov, "kim")
    assert (home(carrel, "kim") / "work.txt").read_text() == "the work of kim"
    stranger = carrel.anonymous()
    with pytest.raises(Refused, match="is taken"):
        stranger.sign_up(course.lea.invitation("removals"), "kim")
    # Whoever runs it brings them back, to an account without memberships.
    back = gov.delete("/api/v1/users/kim/removal")
    assert back["roles"] == [] and back["username"] == "kim"
    with pytest.raises(Refused):
        carrel.log_in("kim")
    carrel.add_user("kim")
    kim = carrel.log_in("kim")
    assert kim.get("/api/v1/courses")["items"] == []
    assert (home(carrel, "kim") / "work.txt").read_text() == "the work of kim"


def test_exported_files_are_an_archive_and_the_name_is_free(carrel, course, gov):
    course.admit_with_server("xav")
    give_work(carrel, "xav")
    remove(gov, "xav", "export")
    wait_until_done(gov, "xav")
    assert not home(carrel, "xav").exists() and archive(carrel, "xav").exists()
    (row,) = [one for one in gov.items(f"{course.path}/exports") if one["username"].startswith("xav~")]
    got = gov.request("GET", f"{course.path}/takeout", params={"user": row["username"]})
    assert got.status_code == 200
    archived = zipfile.ZipFile(io.BytesIO(got.content))
    (work,) = [name for name in archived.namelist() if name.endswith("work.txt")]
    assert archived.read(work).decode() == "the work of xav"
    # Somebody else of that name begins with nothing.
    course.admit_with_server("xav")
    assert not (home(carrel, "xav") / "work.txt").exists()
    next_one = carrel.log_in("xav")
    assert next_one.request("GET", f"{course.path}/takeout").status_code == 404


def test_deleted_files_are_gone(carrel, course, gov):
    course.admit_with_server("del")
    give_work(carrel, "del")
    done = carrel.run("user", "remove", "del", "--leftovers", "delete")
    assert done.returncode == 0, done.stderr
    assert wait_until_done(gov, "del")["ordered_by"] is None
    assert not home(carrel, "del").exists() and not archive(carrel, "del").exists()
    assert carrel.run("user", "remove", "del", "--leftovers", "delete").returncode == 1


@pytest.mark.parametrize("leftovers", ["keep", "export", "delete"])
def test_a_control_process_that_is_killed_loses_no_order(carrel, course, gov, leftovers):
    names = [f"{leftovers}-{number}" for number in range(4)]
    for name in names:
        course.admit(name)
        carrel.log_in(name).running_server("removals")
        give_work(carrel, name)
    for name in names:
        remove(gov, name, leftovers)
        # In whatever it is doing by then.
        killed = carrel.kill_control()
        carrel.wait_for_control(other_than=killed, timeout=60)
    for name in names:
        wait_until_done(gov, name)
        assert home(carrel, name).exists() == (leftovers == "keep")
        assert archive(carrel, name).exists() == (leftovers == "export")
        with pytest.raises(Refused):
            carrel.log_in(name)


def test_nobody_removes_themselves_or_the_last_administrator(carrel, gov):
    with pytest.raises(Refused, match="nobody removes themselves"):
        remove(gov, "gov", "keep")
    done = carrel.run("user", "remove", "gov", "--leftovers", "keep")
    assert done.returncode == 1 and "is the last administrator" in done.stderr
    carrel.add_user("second", "administrator")
    second = carrel.log_in("second")
    assert second.get("/api/v1/overview")
    remove(gov, "second", "delete")
    assert second.request("GET", "/api/v1/overview").status_code == 401
    wait_until_done(gov, "second")


def test_a_course_ends_well_after_some_of_its_people_were_removed(carrel, gov):
    course = Course(carrel, "ending", environment="probe")
    for name in ("stays", "leaves-files", "leaves-archive", "leaves-nothing"):
        course.admit_with_server(name)
        (carrel.data / "homes" / "ending" / name / "work.txt").write_text(f"the work of {name}")
    for name, leftovers in (("leaves-files", "keep"), ("leaves-archive", "export"), ("leaves-nothing", "delete")):
        remove(gov, name, leftovers)
        wait_until_done(gov, name)
    course.end()
    archives = sorted(path.name for path in (carrel.data / "exports" / "ending").iterdir())
    assert archives == ["lea.zip", "leaves-archive.zip", "leaves-files.zip", "stays.zip", "~course.zip"]
    assert not (carrel.data / "homes" / "ending").exists()


@pytest.mark.skipif(bool(why_not()), reason=str(why_not()))
def test_who_comes_again_from_a_provider_gets_only_what_was_kept_for_them():
    port = free_port()
    accounts = {
        "ann": {"preferred_username": "ann"},
        "other-ann": {"preferred_username": "ann"},
        "ben": {"preferred_username": "ben"},
    }
    with OidcProvider(f"http://127.0.0.1:{port}", accounts=accounts) as provider:
        carrel = platform(QUICK + provider.section())
        try:
            carrel.start(port)
            gov = carrel.log_in("gov")

            def visit(account):
                browser = Visitor(carrel.url, provider)
                return browser, place_of(browser.log_in(account))

            for account in ("ann", "ben"):
                assert visit(account)[1][0] == "/"
            created = {user["username"]: user["created_at"] for user in gov.items("/api/v1/users")}
            remove(gov, "ann", "keep")
            remove(gov, "ben", "delete")
            for name in ("ann", "ben"):
                wait_until_done(gov, name)
            # Another person of that name is not who the files are kept for.
            assert visit("other-ann")[1][1]["problem"] == "name_taken"
            browser, place = visit("ann")
            assert place[0] == "/" and browser.me()["username"] == "ann"
            browser, place = visit("ben")
            assert place[0] == "/" and browser.me()["username"] == "ben"
            again = {user["username"]: user["created_at"] for user in gov.items("/api/v1/users")}
            assert again["ann"] == created["ann"], "the same account"
            assert "user_created_by_login" in [
                event["kind"] for event in gov.get("/api/v1/audit?limit=200")["items"] if event["subject"] == "ben"
            ][:4], "a new one"
            assert json.dumps(again)
        finally:
            carrel.__exit__()
