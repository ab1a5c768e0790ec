"""Logging in with accounts of this machine, by PAM: real accounts, real modules."""

import pathlib
import threading

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.course import Course
from support.hub_pages import fields_in
from support.portal import Portal, Refused
from support.unix_accounts import UnixAccounts, why_not

if why_not():
    pytest.skip(why_not(), allow_module_level=True)


@pytest.fixture(scope="module")
def unix():
    with UnixAccounts() as accounts:
        yield accounts


@pytest.fixture(scope="module")
def groups(unix):
    return {"staff": unix.add_group("staff"), "ops": unix.add_group("ops")}


@pytest.fixture(scope="module")
def carrel(unix, groups):
    config = QUICK + unix.section(leader_groups=[groups["staff"]], administrator_groups=[groups["ops"]], sign_up="anybody")
    with platform(config) as process:
        yield process


def problem(carrel, name, password, **more):
    """(status, field) of a log-in that fails."""
    answer = carrel.anonymous().request("POST", "/api/v1/session", json={"username": name, "password": password, **more})
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.json().get("field")


def test_a_first_log_in_makes_an_account(carrel, unix):
    name, password = unix.add(full_name="Ada Lovelace,Room 1")
    ada = carrel.log_in(name, password)
    me = ada.get("/api/v1/me")
    assert (me["username"], me["display_name"], me["has_password"], me["roles"]) == (name, "Ada Lovelace", False, [])
    logins = {one["login"]: one for one in ada.get("/api/v1/me/logins")["items"]}
    assert logins["unix"]["joined_as"] == name and logins["unix"]["kind"] == "directory"
    assert carrel.log_in(name, password).get("/api/v1/me")["username"] == name
    # A name as somebody types it on a telephone.
    assert carrel.log_in(f" {name} ", password).username == name
    assert problem(carrel, name, password + "x") == (401, None)
    assert problem(carrel, name, "") == (401, None)
    assert problem(carrel, name.upper(), password) == (401, None)
    assert problem(carrel, "nobody-here", password) == (401, None)
    # There is no password here to change, and the only way in stays.
    changed = ada.request("POST", "/api/v1/me/password", json={"current": password, "new": "quite another one 9"})
    assert changed.status_code == 409
    assert ada.request("DELETE", "/api/v1/me/logins/unix").status_code == 409
    assert password not in carrel.log()


def test_groups_give_roles_and_take_them_back(carrel, unix, groups):
    name, password = unix.add(groups=groups.values())
    assert carrel.log_in(name, password).get("/api/v1/me")["roles"] == ["administrator", "leader"]
    unix.leave(name, groups["ops"])
    assert carrel.log_in(name, password).get("/api/v1/me")["roles"] == ["leader"]
    unix.leave(name, groups["staff"])
    assert carrel.log_in(name, password).get("/api/v1/me")["roles"] == []


def test_accounts_of_the_system_stay_outside(carrel, unix):
    name, password = unix.add(system=True)
    assert problem(carrel, name, password) == (401, None)
    assert problem(carrel, "root", "anything") == (401, None)
    low, its_password = unix.add()
    with platform(QUICK + unix.section(minimum_uid=2_000_000_000)) as strict:
        assert problem(strict, low, its_password) == (401, None)
    assert carrel.log_in(low, its_password).username == low


def test_what_has_expired_is_told_to_its_owner_alone(carrel, unix):
    name, password = unix.add()
    unix.age(name, "-E", "0")
    assert problem(carrel, name, password) == (403, "account_expired")
    assert problem(carrel, name, password + "x") == (401, None)
    name, password = unix.add()
    unix.age(name, "-d", "0")
    assert problem(carrel, name, password) == (403, "password_expired")
    assert problem(carrel, name, password + "x") == (401, None)


def test_an_account_of_the_same_name_is_somebody_else_until_it_is_joined(carrel, unix):
    name, password = unix.add()
    here = carrel.add_user(name)
    local = carrel.log_in(name, here)
    assert problem(carrel, name, password) == (409, "name_taken")
    call = "/api/v1/me/logins/unix"
    typed = {"username": name, "password": password}
    without = {**local.http.headers, "X-CSRF-Token": ""}
    assert local.request("POST", call, json=typed, headers=without).status_code == 403
    assert local.with_token().request("POST", call, json=typed).status_code == 400
    wrong = local.request("POST", call, json={**typed, "password": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "password")
    assert local.post(call, typed)["path"] == "/profile?joined=unix"
    assert carrel.log_in(name, password).username == name
    assert carrel.log_in(name, here).username == name

    # Nobody else joins it.
    carrel.add_user(name + "-2")
    other = carrel.log_in(name + "-2").request("POST", call, json=typed)
    assert (other.status_code, other.json()["field"]) == (409, "joined_elsewhere")
    local.delete(call)
    assert problem(carrel, name, password) == (409, "name_taken")


def test_a_hubs_own_form_and_what_asks_once_more(carrel, unix, probe_course):
    name, password = unix.add()
    page = f"/c/{probe_course.slug}/hub/login"
    visitor = Portal(carrel.url)

    def post(password):
        form = fields_in(visitor.request("GET", page).text)
        return visitor.request("POST", page, data={**form, "username": name, "password": password})

    assert post(password + "x").status_code == 403
    assert post(password).status_code == 302
    who = Portal(carrel.url)
    who.http.cookies.update(visitor.http.cookies)
    who.remember(who.get("/api/v1/me"))
    confirmation = "/api/v1/session/confirmation"
    assert who.request("POST", confirmation, json={"password": "x"}).status_code == 400
    assert who.request("POST", confirmation, json={"password": password}).status_code == 204
    unix.age(name, "-E", "0")
    fresh = Portal(carrel.url)
    form = fields_in(fresh.request("GET", page).text)
    told = fresh.request(
        "POST", page, data={**form, "username": name, "password": password}, headers={"Accept-Language": "de"}
    )
    assert told.status_code == 403 and "Ihr Konto für Unix account ist abgelaufen." in told.text


def test_only_the_invited_get_an_account_where_that_is_the_rule(unix):
    name, password = unix.add()
    with platform(QUICK + unix.section(sign_up="invited")) as strict:
        course = Course(strict, "invited", environment="probe")
        code = strict.log_in("lea").invitation(course.slug)
        assert problem(strict, name, password) == (403, "sign_up_closed")
        assert problem(strict, name, password, invitation="no-such-code") == (403, "sign_up_closed")
        guest = strict.anonymous()
        guest.remember(guest.post("/api/v1/session", {"username": name, "password": password, "invitation": code}))
        guest.apply(code)


def test_guesses_are_slowed_down(carrel, unix):
    name, _ = unix.add()
    # How many it takes depends on how long they take; the unit tests count.
    assert any(problem(carrel, name, f"guess {i}")[0] == 429 for i in range(60))


def children_that_check():
    """What can be seen from outside of each: its arguments and its environment."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if len(words) > 1 and words[1] == b"check-password":
                yield b" ".join(words) + (folder / "environ").read_bytes()
        except OSError:
            continue


def test_a_service_that_hangs_or_is_missing_is_the_operators_to_mend():
    sleeping = ("auth required pam_exec.so quiet /bin/sleep 20", "account required pam_unix.so")
    with UnixAccounts(sleeping) as slow:
        sections = slow.section("slow", check_timeout_seconds=10, title="The machine")
        with platform(QUICK + sections) as process:
            answers = []
            asking = threading.Thread(target=lambda: answers.append(problem(process, "somebody", "a-secret-one")))
            asking.start()
            # While it hangs, the password is neither among its arguments nor in its environment, and others log in.
            found = []
            wait_until(lambda: found.extend(children_that_check()) or found, 60, "a child that checks")
            assert b"a-secret-one" not in found[0]
            process.log_in("gov")
            asking.join(120)
            assert answers == [(503, "unavailable")]
            assert 'directory_login_failed login=slow problem=unavailable' in process.log()
            assert "a-secret-one" not in process.log()

            slow.file.unlink()
            assert problem(process, "somebody", "a-secret-one") == (503, "misconfigured")
            assert f"there is no /etc/pam.d/{slow.service}" in process.log()
            with pytest.raises(Refused, match="not set up correctly"):
                process.log_in("somebody", "a-secret-one")
