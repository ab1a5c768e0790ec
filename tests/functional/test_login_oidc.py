"""Logging in with a real OpenID Connect provider over TLS."""

import contextlib
import re
import socket
import threading

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.oidc_provider import OidcProvider, Visitor, place_of, why_not
from support.ports import free_port

if why_not():
    pytest.skip(why_not(), allow_module_level=True)

ACCOUNTS = {
    "u-1": {"preferred_username": "Ada.Lovelace", "name": "Ada Lovelace", "email": "ada@example.org", "email_verified": True,
            "groups": ["/staff"]},
    "u-2": {"preferred_username": "ADA.LOVELACE", "name": "Another Ada"},
    "u-3": {"preferred_username": "admin"},
    "u-4": {"preferred_username": ".."},
    "u-5": {"preferred_username": "-rf"},
    "u-6": {"name": "Nobody"},
    "u-7": {"preferred_username": "bob@example.org", "email": "bob@example.org", "email_verified": False},
    "u-8": {"preferred_username": "hub"},
    "u-9": {"preferred_username": "lea"},
    "u-10": {"preferred_username": "grace", "groups": []},
    "u-11": {"preferred_username": "ada\u2024lovelace"},
    "u-12": {"preferred_username": "j\u00f6rg", "groups": ["x" * 1_000_000]},
    "u-13": {"preferred_username": "kim"},
    "u-14": {"preferred_username": "\u7530\u4e2d"},
    "u-15": {"preferred_username": "nadia"},
}  # fmt: skip


@pytest.fixture(scope="module")
def provider():
    port = free_port()
    with OidcProvider(f"http://127.0.0.1:{port}", accounts=ACCOUNTS) as provider:
        provider.carrel_port = port
        yield provider


@pytest.fixture(scope="module")
def carrel(provider):
    groups = {"administrator_groups": ["admins"], "leader_groups": ["/staff", "teachers"]}
    sections = [
        provider.section(**groups),
        provider.section("ES256", "campus-es256", **groups),
        provider.section("EdDSA", "campus-eddsa", **groups),
        provider.section(name="guarded", allowed_groups=["inner circle"]),
        provider.section(name="stranger", ca_file=None),
        provider.section(name="gone", issuer=f"https://localhost:{free_port()}"),
        provider.section(name="mistaken", client_secret="not the secret"),
    ]
    process = platform(QUICK + "\n".join(sections))
    try:
        process.start(provider.carrel_port)
        yield process
    finally:
        process.__exit__()


@pytest.fixture
def visitor(carrel, provider):
    return Visitor(carrel.url, provider)


def problem_of(answer):
    path, query = place_of(answer)
    assert path == "/login", answer.headers["Location"]
    return query["problem"]


def test_somebody_new_gets_an_account_and_comes_back_to_next(carrel, visitor):
    answer = visitor.log_in("u-1", "/login/campus?next=/join/some-code")
    assert place_of(answer) == ("/join/some-code", {})
    me = visitor.me()
    assert (me["username"], me["display_name"], me["email"]) == ("ada.lovelace", "Ada Lovelace", "ada@example.org")
    assert me["roles"] == ["leader"]
    # The session is one like any other.
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    # Next time it is the same account, in another browser, too.
    again = Visitor(carrel.url, visitor.provider)
    again.log_in("u-1")
    assert again.me()["username"] == "ada.lovelace"


@pytest.mark.parametrize("login", ["campus-es256", "campus-eddsa"])
def test_other_signatures_are_as_good(carrel, visitor, login):
    visitor.provider.set_accounts({**ACCOUNTS, login: {"preferred_username": login}})
    assert place_of(visitor.log_in(login, f"/login/{login}"))[0] == "/"
    assert visitor.me()["username"] == login


def test_what_goes_to_the_provider_is_all_that_is_asked_of_a_client(visitor):
    answer = visitor.step("/login/campus")
    path, query = place_of(answer)
    assert path == "/auth" and query["response_type"] == "code" and query["client_id"] == "carrel-RS256"
    assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43
    assert len(query["state"]) >= 43 and len(query["nonce"]) >= 43
    (cookie,) = [cookie for cookie in visitor.http.cookies if cookie.name.startswith("carrel_login_")]
    assert "HttpOnly" in answer.headers["Set-Cookie"] and cookie.value not in answer.headers["Location"]


@pytest.mark.parametrize(("account", "problem"), [
    ("u-2", "name_taken"), ("u-3", "name_reserved"), ("u-4", "name_unusable"), ("u-5", "name_unusable"), ("u-6", "name_missing"),
    ("u-8", "name_reserved"), ("u-9", "name_taken"), ("u-11", "name_taken"), ("u-12", "untrusted"), ("u-14", "name_unusable")])  # fmt: skip
def test_nobody_gets_in_by_a_name(carrel, visitor, account, problem):
    Visitor(carrel.url, visitor.provider).log_in("u-1")  # the name is taken
    before = carrel.log()
    assert problem_of(visitor.log_in(account)) == problem
    assert visitor.me() is None
    # One line for the operator, without secrets.
    (line,) = [line for line in carrel.log()[len(before):].splitlines() if "provider_login_failed" in line]
    assert f"problem={problem}" in line and "secret" not in line


def test_an_address_becomes_a_name_and_an_unverified_one_is_left_out(visitor):
    visitor.log_in("u-7")
    me = visitor.me()
    assert me["username"] == "bob-example.org" and me["email"] in (None, "")


def test_roles_follow_the_groups_at_each_log_in(carrel, visitor):
    def roles_with(groups):
        visitor.provider.set_accounts({**ACCOUNTS, "u-10": {"preferred_username": "grace", "groups": groups}})
        browser = Visitor(carrel.url, visitor.provider)
        browser.log_in("u-10")
        return sorted(browser.me()["roles"])

    assert roles_with([]) == []
    assert roles_with(["teachers"]) == ["leader"]
    assert roles_with(["teachers", "admins"]) == ["administrator", "leader"]
    assert roles_with(["admins"]) == ["administrator"]
    assert roles_with([]) == []
    # What an administrator gave by hand is not the provider's to take.
    carrel.log_in("gov").patch("/api/v1/users/grace", {"roles": ["leader"]})
    assert roles_with(["teachers"]) == ["leader"]
    assert roles_with([]) == ["leader"]


def test_only_those_of_a_group_are_let_in(visitor):
    visitor.provider.set_accounts(ACCOUNTS)
    assert problem_of(visitor.log_in("u-15", "/login/guarded")) == "not_allowed"
    visitor.provider.set_accounts({**ACCOUNTS, "u-15": {**ACCOUNTS["u-15"], "groups": ["outer", "inner circle"]}})
    inside = Visitor(visitor.url, visitor.provider)
    assert place_of(inside.log_in("u-15", "/login/guarded")) == ("/", {})
    visitor.provider.set_accounts(ACCOUNTS)


def test_a_wrong_secret_is_for_the_operator_to_mend(carrel, visitor):
    assert problem_of(visitor.log_in("u-13", "/login/mistaken")) == "misconfigured"
    assert "invalid_client" in carrel.log()


def test_an_answer_counts_once_and_for_the_browser_that_began(carrel, visitor):
    back = visitor.answer_form(visitor.to_provider(), "u-13")
    thief = Visitor(carrel.url, visitor.provider)
    assert problem_of(thief.step(back)) == "stale"
    assert thief.me() is None
    # It has been used up by that.
    assert problem_of(visitor.step(back)) == "stale"
    back = visitor.answer_form(visitor.to_provider("/login/campus?next=/courses/x"), "u-13")
    assert place_of(visitor.step(back)) == ("/courses/x", {})
    assert problem_of(visitor.step(back)) == "stale"


def test_an_answer_of_another_provider_is_not_believed(visitor):
    back = visitor.answer_form(visitor.to_provider(), "u-13")
    assert "iss=" in back
    assert problem_of(visitor.step(re.sub("iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back))) == "untrusted"
    back = visitor.answer_form(visitor.to_provider(), "u-13")
    assert problem_of(visitor.step(re.sub("&iss=[^&]+|iss=[^&]+&", "", back))) == "untrusted"
    back = visitor.answer_form(visitor.to_provider(), "u-13")
    assert problem_of(visitor.step(re.sub("code=[^&]+", "code=guess", back))) == "stale"
    assert visitor.me() is None


def test_whoever_says_no_comes_back_with_next(visitor):
    _, query = place_of(visitor.step("/login/campus?next=/courses/x"))
    answer = visitor.step(f"/login/campus/callback?error=access_denied&state={query['state']}")
    path, back = place_of(answer)
    assert path == "/login" and back == {"problem": "refused", "with": "campus", "next": "%2Fcourses%2Fx"}


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a%0d%0aSet-Cookie:x=y"])
def test_next_leads_nowhere_else(carrel, visitor, next):
    visitor.provider.set_accounts(ACCOUNTS)
    answer = visitor.log_in("u-13", f"/login/campus?next={next}")
    assert answer.headers["Location"] == "/" and "x" not in answer.cookies


def test_new_keys_are_found_by_themselves(carrel, provider, visitor):
    visitor.log_in("u-13")
    provider.stop()
    provider.change_keys()
    provider.start()
    fresh = Visitor(carrel.url, provider)
    assert place_of(fresh.log_in("u-13"))[0] == "/"
    assert fresh.me()["username"] == "kim"


def test_a_provider_that_goes_away_in_the_middle(carrel, provider, visitor):
    back = visitor.answer_form(visitor.to_provider(), "u-13")
    provider.stop()
    try:
        assert problem_of(visitor.step(back)) == "unavailable"
        assert visitor.me() is None
        assert carrel.log_in("gov").get("/api/v1/me")["username"] == "gov"  # nothing else is the worse for it
    finally:
        provider.start()
    fresh = Visitor(carrel.url, provider)
    assert place_of(fresh.log_in("u-13"))[0] == "/"


@pytest.mark.parametrize(("login", "problem"), [("gone", "unavailable"), ("stranger", "unavailable")])
def test_a_provider_that_is_not_there_or_has_a_bad_certificate(carrel, visitor, login, problem):
    path, query = place_of(visitor.step(f"/login/{login}?next=/profile"))
    assert path == "/login" and query == {"problem": problem, "with": login, "next": "%2Fprofile"}


def test_there_is_no_other_log_in(visitor):
    for path in ("/login/nothing", "/login/nothing/callback?state=x"):
        assert visitor.step(path).status_code == 404


def test_what_a_log_in_is_offered_as(carrel):
    logins = carrel.anonymous().get("/api/v1/options")["logins"]
    assert {"kind": "provider", "name": "campus", "title": "Campus", "sign_up": True} in logins
    shown = carrel.run("print-config").stdout
    assert "a secret" not in shown and '"***"' in shown and "a secret" not in carrel.log()


class SilentServer:
    """Takes connections, and says nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.taken = []
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()

    def take(self):
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self.listener.accept()[0])

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        for each in self.taken:
            each.close()


def test_a_slow_provider_holds_up_nobody_else():
    server = SilentServer()
    section = f'[logins.slow]\nkind = "oidc"\nissuer = "http://127.0.0.1:{server.port}"\nclient_id = "x"\n'
    with platform(QUICK + section) as carrel:
        answers = []
        waiting = [threading.Thread(target=lambda: answers.append(carrel.anonymous().request("GET", "/login/slow", timeout=300)))
                   for _ in range(24)]  # fmt: skip
        for each in waiting:
            each.start()
        wait_until(lambda: server.taken, what="somebody waiting for the provider")
        # They are more than there are threads for all else, which goes on.
        assert carrel.log_in("gov").get("/api/v1/me")["username"] == "gov"
        server.close()
        for each in waiting:
            each.join()
        assert [place_of(answer)[1]["problem"] for answer in answers] == ["unavailable"] * 24
