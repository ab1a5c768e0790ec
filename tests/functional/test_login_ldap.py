"""Logging in with an LDAP directory: a real slapd, with TLS."""

import pytest
from conftest import platform
from support.authority import Authority
from support.carrel_process import QUICK
from support.ldap_server import BASE, STRICT, LdapServer, why_not
from support.ports import free_port

if why_not():
    pytest.skip(why_not(), allow_module_level=True)

SECRET = "correct horse 9"


@pytest.fixture(scope="module")
def authority():
    with Authority() as authority:
        yield authority


@pytest.fixture(scope="module")
def server(authority):
    directory = LdapServer(authority)
    ada = directory.add_person("ada", SECRET, "Ada Lovelace", "ada@example.org")
    bob = directory.add_person("Bob", SECRET)
    directory.add_person("a*b", SECRET)
    directory.add_person("taken", SECRET)
    directory.add_person("eva", SECRET, more=STRICT + "pwdChangedTime: 20200101000000Z\n")
    directory.add_person("kim", SECRET, more=STRICT + "pwdReset: TRUE\n")
    directory.add_group("lecturers", ada)
    directory.add_group("ops", ada, bob)
    with directory:
        yield directory


def sections(server):
    dead = f"ldaps://127.0.0.1:{free_port()}"
    direct = {"search_base": None, "bind_dn": None, "bind_password_file": None, "group_base": None}
    # The first server does not answer: the next one does.
    groups = {"leader_groups": ["lecturers"], "administrator_groups": [f"cn=ops,ou=groups,{BASE}"]}
    return server.section(servers=[dead, server.secure], **groups), server.section("direct", user_dn=f"uid={{username}},ou=people,{BASE}", servers=[server.plain], start_tls=True, **direct)


@pytest.fixture(scope="module")
def carrel(server):
    with platform(QUICK + sections(server)[0]) as process:
        yield process


@pytest.fixture(scope="module")
def direct(server):
    with platform(QUICK + sections(server)[1]) as process:
        yield process


def problem(carrel, name, password=SECRET):
    """(status, field) of a log-in that fails."""
    answer = carrel.anonymous().request("POST", "/api/v1/session", json={"username": name, "password": password})
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.json().get("field")


def test_somebody_is_searched_for_and_let_in(carrel):
    me = carrel.log_in("ada", SECRET).get("/api/v1/me")
    assert (me["username"], me["display_name"], me["email"]) == ("ada", "Ada Lovelace", "ada@example.org")
    # A group by its short name, another by its whole one.
    assert me["roles"] == ["administrator", "leader"]
    assert problem(carrel, "ada", "wrong") == (401, None)
    assert problem(carrel, "nobody-there") == (401, None)
    # uid is compared without regard to capital letters; the entry is the same, and so is the account.
    assert carrel.log_in("ADA", SECRET).username == "ada"
    assert SECRET not in carrel.log() and "service secret" not in carrel.log()


def test_somebody_binds_as_themselves(direct):
    assert direct.log_in("ada", SECRET).get("/api/v1/me")["display_name"] == "Ada Lovelace"
    assert problem(direct, "ada", "wrong") == (401, None)
    assert problem(direct, "nobody-there") == (401, None)


@pytest.mark.parametrize(
    "name",
    ["*", "a*", "*)(uid=*", "ada)(uid=ada", "\\2a", "ada\\00", "ada\u0000", "ada,ou=people", "(", ")", "\\", "ada+cn=x", " ", "#ada", "é" * 300],
)
def test_what_is_typed_is_a_name_and_nothing_else(carrel, direct, name):
    for process in (carrel, direct):
        assert problem(process, name) == (401, None)


def test_a_name_of_special_letters_is_itself(carrel, direct):
    for process in (carrel, direct):
        assert problem(process, "a*b", "wrong") == (401, None)
        # The directory knows it; only no name for here can be made of it.
        assert problem(process, "a*b") == (400, "name_unusable")


def test_an_empty_password_is_none(carrel, direct):
    for process in (carrel, direct):
        assert problem(process, "ada", "") == (401, None)
        assert problem(process, "ada", "\u0000") == (401, None)


def test_an_account_of_the_same_name_is_somebody_else_until_it_is_joined(carrel):
    here = carrel.add_user("taken")
    assert problem(carrel, "taken") == (409, "name_taken")
    local = carrel.log_in("taken", here)
    local.post("/api/v1/me/logins/campus", {"username": "taken", "password": SECRET})
    assert carrel.log_in("taken", SECRET).username == "taken"
    assert local.request("POST", "/api/v1/session/confirmation", json={"password": SECRET}).status_code == 204


@pytest.mark.parametrize("name", ["eva", "kim"], ids=["too old", "set by somebody else"])
def test_a_password_that_is_right_and_good_no_more(carrel, direct, name):
    for process in (carrel, direct):
        assert problem(process, name) == (403, "password_expired")
        # Whoever does not know it learns nothing.
        assert problem(process, name, "not the password")[0] == 401


def refusal(server, **settings):
    with platform(QUICK + server.section(**settings)) as process:
        told = problem(process, "ada")
        return told, process.log()


def test_a_server_that_cannot_be_trusted_is_told_nothing(server):
    with Authority() as other:
        told, log = refusal(server, ca_file=str(other.certificate))
        assert told == (503, "misconfigured") and "its certificate is none of an authority in ca_file" in log
        told, log = refusal(server, servers=[server.plain], start_tls=True, ca_file=str(other.certificate))
        assert told == (503, "misconfigured") and "StartTLS" in log


def test_a_certificate_is_for_the_name_that_was_asked_for(authority):
    with LdapServer(authority, hosts="DNS:another.example.org") as server:
        told, log = refusal(server)
        assert told == (503, "misconfigured") and "for another host" in log


def test_a_mistake_of_the_operators_is_theirs_to_read(server, tmp_path):
    wrong = tmp_path / "secret"
    wrong.write_text("not the password\n")
    told, log = refusal(server, bind_password_file=str(wrong))
    assert told == (503, "misconfigured") and "bind_dn" in log
    told, log = refusal(server, search_filter="(|(uid={username})(uid=bob))")
    assert told == (503, "misconfigured") and "several entries" in log
    told, log = refusal(server, subject_claim="employeeNumber")
    assert told == (503, "misconfigured") and "has no employeeNumber" in log
    told, log = refusal(server, servers=[f"ldaps://127.0.0.1:{free_port()}"])
    assert told == (503, "unavailable")
