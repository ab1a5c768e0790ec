"""Who may in: lists in the configuration, in a file, by API and by command; and how whoever is kept out is out."""

import json

import pytest
from conftest import platform
from support.carrel_process import QUICK, CarrelProcess, wait_until
from support.course import Course
from support.hub_pages import HubVisitor, fields_in
from support.oidc_provider import OidcProvider, Visitor, place_of, why_not
from support.portal import Refused
from support.ports import free_port
from test_access import wait_for_close, websocket_to

CONTACT = "help@example.org"
LISTS = "/api/v1/access/entries"


@pytest.fixture(scope="module")
def carrel():
    with platform(QUICK + f'[access]\ncontact = "{CONTACT}"\n') as process:
        yield process


@pytest.fixture(scope="module")
def course(carrel):
    return Course(carrel, "who-may-in", environment="probe")


@pytest.fixture
def lists(carrel, gov):
    """Puts people on lists, and takes them off again at the end."""
    added = []

    def add(kind, value):
        entry = gov.post(LISTS, {"list": kind, "value": value})
        added.append((kind, entry["value"]))
        return entry

    yield add
    for kind, value in added:
        gov.request("DELETE", LISTS, params={"list": kind, "value": value})
    wait_until(lambda: all(user["admission"] == "allowed" for user in gov.items("/api/v1/users")), what="everybody being let in")


def admission(gov, name):
    return next(user["admission"] for user in gov.items("/api/v1/users") if user["username"] == name)


def refusal(carrel, name, password=None):
    """What somebody reads who logs in with the right password."""
    with pytest.raises(Refused) as refused:
        carrel.log_in(name, password)
    problem = refused.value.problem
    assert refused.value.status == 403 and problem["type"] == "urn:carrel:problem:not-admitted"
    return problem["detail"]


def kinds_of(gov, name):
    return [event["kind"] for event in gov.get("/api/v1/audit?limit=200")["items"] if event["subject"] == name]


def test_whoever_is_denied_is_out_with_all_they_have_open(carrel, course, gov, lists):
    eve = course.admit_with_server("eve")
    ada = course.admit_with_server("ada")
    token = eve.with_token(scopes=["self", "servers", "access:servers"])
    hers, others = eve.server("who-may-in"), ada.server("who-may-in")
    cut, kept = websocket_to(hers), websocket_to(others)
    try:
        lists("deny", "EVE")
        wait_for_close(cut)
        wait_until(lambda: course.server_state("eve") == "stopped", what="her server being stopped")
        assert eve.request("GET", "/api/v1/me").status_code == 401
        answer = token.request("GET", "/api/v1/me")
        assert answer.status_code == 401 and answer.json()["detail"] == f"eve may not use this hub; ask {CONTACT}"
        assert hers.request("GET", "echo", allow_redirects=False).status_code != 200
        assert refusal(carrel, "eve") == f"eve may not use this hub; ask {CONTACT}"
        assert {"access_listed", "access_taken", "login_refused"} <= set(kinds_of(gov, "eve"))
        # Nobody else has noticed.
        assert ada.request("GET", "/api/v1/me").status_code == 200
        assert others.request("GET", "echo").status_code == 200
        kept.ping()
        # Nor can anybody run a server for her.
        gov.start_server("who-may-in", "eve")
        wait_until(lambda: course.server_state("eve") == "stopped", what="the server being stopped again")
    finally:
        cut.close()
        kept.close()
    gov.delete(f"{LISTS}?list=deny&value=eve")
    carrel.log_in("eve").running_server("who-may-in")
    assert "access_given" in kinds_of(gov, "eve")


def test_with_an_allow_list_nobody_else_gets_in(carrel, course, gov, lists):
    bob = course.admit("bob")
    carrel.add_user("cyd")
    for name in ("lea", "cyd"):
        lists("allow", name)
    assert gov.get("/api/v1/access")["closed"] is True
    wait_until(lambda: bob.request("GET", "/api/v1/me").status_code == 401, what="his session being over")
    sentence = f"bob is not on this hub's list; ask {CONTACT}"
    assert refusal(carrel, "bob") == sentence
    wait_until(lambda: admission(gov, "bob") == "not_listed", what="the list of people saying so")
    carrel.log_in("cyd")
    carrel.log_in("gov")
    # The hub's own form says it too, and an invitation is no way around.
    form = HubVisitor(carrel.url, "/c/who-may-in/", "bob", carrel.passwords["bob"]).log_in()
    assert form.status_code == 403 and f"not on this hub&#39;s list. Ask {CONTACT}" in form.text.replace("&#x27;", "&#39;").replace("'", "&#39;")
    assert "password_input" in form.text and "_xsrf" in fields_in(form.text)
    invited = carrel.anonymous()
    with pytest.raises(Refused, match="is not on this hub's list"):
        invited.sign_up(course.lea.invitation("who-may-in"), "newcomer")
    assert "newcomer" not in [user["username"] for user in gov.items("/api/v1/users")]
    lists("allow", "Newcomer")
    invited.sign_up(course.lea.invitation("who-may-in"), "newcomer")


def test_a_list_makes_an_administrator_and_takes_back_what_it_gave(carrel, gov, lists):
    carrel.add_user("dan")
    carrel.add_user("fay", "administrator")
    lists("administrators", "dan")
    lists("administrators", "fay")
    assert carrel.log_in("dan").get("/api/v1/me")["roles"] == ["administrator"]
    assert "roles_by_list" in kinds_of(gov, "dan")
    for name in ("dan", "fay"):
        gov.delete(f"{LISTS}?list=administrators&value={name}")
    assert carrel.log_in("dan").get("/api/v1/me")["roles"] == []
    assert carrel.log_in("fay").get("/api/v1/me")["roles"] == ["administrator"]


def test_nobody_is_shut_out_by_mistake(gov, lists):
    for kind, value, sentence in (
        ("deny", "gov", "nobody shuts themselves out"),
        ("allow", "..", "is no user name"),
        ("deny", "-rf", "is no user name"),
        ("friends", "ada", "a list is one of"),
    ):
        with pytest.raises(Refused, match=sentence):
            gov.post(LISTS, {"list": kind, "value": value})
    assert list(gov.items(LISTS)) == []


def test_commands_do_it_too(carrel, gov, tmp_path):
    token = tmp_path / "token"
    token.write_text(gov.post("/api/v1/tokens", {"note": "commands", "scopes": ["admin:users"]})["token"] + "\n")

    def access(*words):
        return carrel.run("access", *words, "--url", carrel.url, "--token-file", str(token))

    done = access("deny", "Mallory", "oskar@example.org")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "mallory is on the list deny\noskar-example.org is on the list deny\n"
    listed = access("list")
    assert "mallory" in listed.stdout and "Everybody with an account may in." in listed.stdout
    assert [entry["value"] for entry in json.loads(access("list", "--json").stdout)["entries"]] == ["mallory", "oskar-example.org"]
    again = access("deny", "mallory")
    assert again.returncode == 5 and "is on this list already" in again.stderr
    assert access("deny", "gov").returncode == 5
    assert access("deny", "--remove", "mallory", "oskar@example.org").returncode == 0
    assert access("deny", "--remove", "mallory").returncode == 4
    assert list(gov.items(LISTS)) == []


@pytest.fixture
def with_file(tmp_path):
    """A platform whose people are in a file."""
    made = []

    def make(text):
        path = tmp_path / "userlist"
        path.write_bytes(text)
        process = CarrelProcess(config=QUICK + f"[access]\nuserlist = {json.dumps(str(path))}\n", environment=None)
        made.append(process)
        return process, path

    yield make
    for process in made:
        process.__exit__()


def test_a_file_of_people_counts_as_soon_as_it_changes(with_file):
    carrel, path = with_file("\ufeff# people of the lab\r\nRosa admin\r\n\r\nAda\r\nada\r\n..\r\n".encode())
    for name in ("rosa", "ada", "bob"):
        carrel.add_user(name)
    carrel.start()
    rosa, ada = carrel.log_in("rosa"), carrel.log_in("ada")
    assert rosa.get("/api/v1/me")["roles"] == ["administrator"]
    assert refusal(carrel, "bob") == "bob is not on this hub's list; ask whoever runs it"
    assert rosa.get("/api/v1/access")["userlist"]["people"] == 2
    log = carrel.log()
    assert "line 5: ada is there twice" in log and "line 6: '..' is no user name" in log

    path.write_text("rosa admin\nbob\n")
    wait_until(lambda: ada.request("GET", "/api/v1/me").status_code == 401, what="ada being out")
    carrel.log_in("bob")
    # What makes no sense does not count: an empty file, one without an administrator, none at all.
    for break_it, said in (
        (lambda: path.write_text(""), "names nobody"),
        (lambda: path.write_text("bob\n"), "no administrator could come in"),
        (path.unlink, "No such file"),
    ):
        break_it()
        wait_until(lambda said=said: said in (rosa.get("/api/v1/access")["userlist"]["problem"] or ""), what=said)
        assert said in carrel.log()
        carrel.log_in("bob")
        assert rosa.get("/api/v1/me")["roles"] == ["administrator"]
    path.write_text("rosa admin\nada\n")
    wait_until(lambda: rosa.get("/api/v1/access")["userlist"]["problem"] is None, what="the file being good again")
    carrel.log_in("ada")
    assert refusal(carrel, "bob")


def test_a_platform_does_not_start_without_the_file_it_needs(with_file):
    carrel, path = with_file(b"ada\n")
    path.unlink()
    for command in (("serve", "--port", "0"), ("check-config", "--set", 'environments.lab.command=["lab"]')):
        done = carrel.run(*command)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1 and str(path) in done.stderr, done.stderr


def test_lists_of_the_configuration_are_checked():
    for line, sentence in (
        ('allow = ["ada", ".."]', "access.allow: '..' is no user name"),
        ('deny = ["-rf"]', "access.deny: '-rf' is no user name"),
        ('contact = "a\\nb"', "access.contact is one line"),
        ('alow = ["ada"]', "did you mean 'allow'?"),
    ):
        carrel = CarrelProcess(config=QUICK + f"[access]\n{line}\n")
        try:
            done = carrel.run("check-config")
            assert done.returncode == 1 and sentence in done.stderr, (line, done.stderr)
        finally:
            carrel.__exit__()


def test_a_configuration_that_denies_every_administrator_is_refused():
    carrel = CarrelProcess(config=QUICK + '[access]\ndeny = ["Rosa"]\n', environment=None)
    try:
        carrel.add_user("rosa", "administrator")
        done = carrel.run("serve", "--port", "0")
        assert done.returncode == 1 and "no administrator could come in any more" in done.stderr, done.stderr
    finally:
        carrel.__exit__()


@pytest.mark.skipif(bool(why_not()), reason=str(why_not()))
def test_groups_of_a_provider_let_in_and_keep_out():
    port = free_port()
    accounts = {
        "phil": {"preferred_username": "phil", "groups": ["physics"]},
        "chem": {"preferred_username": "chem", "groups": ["chemistry"]},
        "both": {"preferred_username": "both", "groups": ["physics", "guests"]},
    }
    with OidcProvider(f"http://127.0.0.1:{port}", accounts=accounts) as provider:
        config = QUICK + provider.section() + '[access]\nallow_groups = ["campus:physics"]\ndeny_groups = ["guests"]\n'
        carrel = platform(config)
        try:
            carrel.start(port)
            assert place_of(Visitor(carrel.url, provider).log_in("phil"))[0] == "/"
            for account, problem in (("chem", "not_listed"), ("both", "denied")):
                path, query = place_of(Visitor(carrel.url, provider).log_in(account))
                assert (path, query["problem"]) == ("/login", problem)
            gov = carrel.log_in("gov")
            names = [user["username"] for user in gov.items("/api/v1/users")]
            assert "phil" in names and "chem" not in names and "both" not in names
            assert "login_refused" in kinds_of(gov, "chem")
            # Who has left the group is out at their next log-in, also where they are still in.
            browser = Visitor(carrel.url, provider)
            browser.log_in("phil")
            assert browser.me()["username"] == "phil"
            provider.set_accounts({"phil": {"preferred_username": "phil", "groups": []}})
            assert place_of(Visitor(carrel.url, provider).log_in("phil"))[1]["problem"] == "not_listed"
            assert browser.me() is None
        finally:
            carrel.__exit__()
