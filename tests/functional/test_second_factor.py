"""Logging in in two steps: apps, security keys, recovery codes; and everything that must not let anybody in."""

import base64
import time
import uuid

import pytest
from conftest import platform
from support.authenticator import EDDSA, ES256, RS256, STEP, USER_PRESENT, USER_VERIFIED, App, SecurityKey, code_at, origin_of, unb64
from support.carrel_process import QUICK
from support.hub_pages import HubVisitor, fields_in
from support.portal import Refused


@pytest.fixture
def ada(carrel):
    return account(carrel)


def account(carrel, role="participant"):
    """Somebody new who is logged in, with a password that is known."""
    name = f"factor-{uuid.uuid4().hex[:10]}"
    carrel.add_user(name, role)
    return carrel.log_in(name)


def add_app(person, name="phone"):
    """Sets an app up; the app and the recovery codes that came with it."""
    setup = person.post("/api/v1/me/factor-setups", {"kind": "totp"})
    app = App(setup["secret"])
    added = person.post("/api/v1/me/factors", {"setup": setup["id"], "name": name, "code": app.code()})
    return app, added["recovery_codes"]


def add_key(person, algorithm=ES256, name="key"):
    key = SecurityKey(origin_of(person.url), algorithm)
    setup = person.post("/api/v1/me/factor-setups", {"kind": "webauthn"})
    person.post("/api/v1/me/factors", {"setup": setup["id"], "name": name, "credential": key.register(setup["options"])})
    return key


def half(carrel, person):
    """Another browser of the same person, after the password."""
    other = carrel.anonymous()
    answer = other.request("POST", "/api/v1/session", json={"username": person.username, "password": carrel.passwords[person.username]})
    assert answer.status_code == 202, answer.text
    return other


def second(other, **proof):
    return other.request("POST", "/api/v1/session/factor", json=proof)


def challenge(other):
    return other.post("/api/v1/session/key-challenge")["options"]


def me(other):
    return other.request("GET", "/api/v1/me").status_code


def test_with_an_app_the_password_is_half_of_a_log_in(carrel, ada):
    app, codes = add_app(ada)
    assert len(codes) == 10 and len(set(codes)) == 10
    other = half(carrel, ada)
    assert other.get("/api/v1/session/factor")["second_step"] == ["totp"]
    assert "carrel_session" not in other.http.cookies
    answer = second(other, code=app.code())
    assert answer.status_code == 200 and answer.json()["username"] == ada.username
    assert me(other) == 200
    # Nothing is left of the half.
    assert "carrel_login" not in other.http.cookies


def test_half_a_log_in_can_do_nothing_but_the_second_step(carrel, ada):
    app, _ = add_app(ada)
    other = half(carrel, ada)
    stolen = other.http.cookies["carrel_login"]
    for cookie in ("carrel_login", "carrel_session", "carrel_edge"):
        thief = carrel.anonymous()
        thief.http.headers["Cookie"] = f"{cookie}={stolen}"
        for path in ("/api/v1/me", "/api/v1/sessions", "/api/v1/me/factors", "/api/v1/tokens"):
            assert thief.request("GET", path).status_code == 401, (cookie, path)
        assert thief.request("POST", "/api/v1/me/factor-setups", json={"kind": "totp"}).status_code == 401
        assert thief.request("POST", "/api/v1/session/confirmation", json={"password": "x"}).status_code == 401
    # And only once.
    assert second(other, code=app.code()).status_code == 200
    thief = carrel.anonymous()
    thief.http.headers["Cookie"] = f"carrel_login={stolen}"
    answer = second(thief, code="000000")
    assert answer.status_code == 401 and answer.json()["field"] == "login"


def test_a_code_counts_once_and_so_does_a_recovery_code(carrel, ada):
    app, codes = add_app(ada)
    code = app.code()
    assert second(half(carrel, ada), code=code).status_code == 200
    answer = second(half(carrel, ada), code=code)
    assert answer.status_code == 401 and answer.json()["field"] == "code"
    # However it is typed.
    assert second(half(carrel, ada), code=codes[0].upper().replace("-", " ")).status_code == 200
    assert second(half(carrel, ada), code=codes[0]).status_code == 401
    assert ada.get("/api/v1/me/factors")["recovery_codes_left"] == 9


def test_codes_from_long_ago_and_far_ahead_are_not_good(carrel, ada):
    app, _ = add_app(ada)
    for off in (-20, 20):
        assert second(half(carrel, ada), code=code_at(app.secret, time.time() + off * STEP)).status_code == 401


def test_five_wrong_codes_and_the_password_is_asked_again(carrel, ada, gov):
    _, codes = add_app(ada)
    other = half(carrel, ada)
    for number in range(5):
        answer = second(other, code=f"wrong-{number}")
        assert answer.status_code == 401
    assert answer.json()["field"] == "login"
    answer = second(other, code=codes[0])
    assert answer.status_code == 401 and answer.json()["field"] == "login"
    assert any(one["kind"] == "second_factor_failed" and one["subject"] == ada.username
               for one in gov.get("/api/v1/audit?limit=50")["items"])
    # The code was not used up by that.
    assert second(half(carrel, ada), code=codes[0]).status_code == 200


def test_digits_are_not_guessed_by_beginning_anew(carrel, ada):
    add_app(ada)
    statuses = []
    for _ in range(4):
        other = half(carrel, ada)
        statuses += [second(other, code="000000") for _ in range(4)]
    assert {answer.status_code for answer in statuses} == {401, 429}
    assert all(answer.headers["Retry-After"] == "60" for answer in statuses if answer.status_code == 429)


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_security_key_is_the_second_step(carrel, ada, algorithm):
    key = add_key(ada, algorithm)
    for _ in range(2):
        other = half(carrel, ada)
        assert other.get("/api/v1/session/factor")["second_step"] == ["webauthn"]
        options = challenge(other)
        assert [one["id"] for one in options["allowCredentials"]] == [key.answer(options)["id"]]
        assert second(other, credential=key.answer(options)).status_code == 200
        assert me(other) == 200


WRONG = {
    "other origin": {"origin": "https://evil.example"},
    "other name": {"rp_id": "evil.example"},
    "nobody touched it": {"flags": 0},
    "a registration": {"kind": "webauthn.create"},
    "spoilt signature": {"spoil": True},
    "inside another page": {"crossOrigin": True},
    "counter going back": {"counter": 1},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_key_that_says_something_else_is_refused(carrel, ada, wrong):
    key = add_key(ada)
    assert second(other := half(carrel, ada), credential=key.answer(challenge(other))).status_code == 200
    other = half(carrel, ada)
    answer = second(other, credential=key.answer(challenge(other), **WRONG[wrong]))
    assert answer.status_code == 401 and answer.json()["field"] == "credential", answer.text
    assert me(other) == 401


def test_a_challenge_counts_once_and_for_whom_it_was_given(carrel, ada):
    key = add_key(ada)
    other = half(carrel, ada)
    options = challenge(other)
    good = key.answer(options)
    # Another one's log-in, a challenge of nobody, one that was given for something else.
    assert second(half(carrel, ada), credential=good).status_code == 401
    assert second(other, credential=key.answer(options, challenge="x" * 43)).status_code == 401
    again = ada.post("/api/v1/session/confirmation-challenge")["options"]
    assert second(other, credential=key.answer(again)).status_code == 401
    assert second(other, credential=key.answer(options)).status_code == 200
    assert second(half(carrel, ada), credential=good).status_code == 401


def test_a_challenge_is_used_up_by_a_wrong_answer(carrel, ada):
    key = add_key(ada)
    other = half(carrel, ada)
    options = challenge(other)
    assert second(other, credential=key.answer(options, spoil=True)).status_code == 401
    assert second(other, credential=key.answer(options)).status_code == 401
    assert second(other, credential=key.answer(challenge(other))).status_code == 200


def test_another_person_s_key_lets_nobody_in(carrel, ada):
    add_key(ada)
    eve = account(carrel)
    her_key = add_key(eve)
    other = half(carrel, ada)
    assert second(other, credential=her_key.answer(challenge(other))).status_code == 401
    # Nor under the id of the right one.
    mine = challenge(other)
    forged = her_key.answer(mine) | {"id": mine["allowCredentials"][0]["id"]}
    assert second(other, credential=forged).status_code == 401
    # A key is one person's.
    setup = eve.post("/api/v1/me/factor-setups", {"kind": "webauthn"})
    stolen = SecurityKey(origin_of(eve.url))
    stolen.id = unb64(mine["allowCredentials"][0]["id"])
    taken = eve.request("POST", "/api/v1/me/factors", json={"setup": setup["id"], "name": "x", "credential": stolen.register(setup["options"])})
    assert taken.status_code == 409


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"flags": 0x40}, {"challenge": "x" * 43}])
def test_a_key_is_not_kept_when_it_was_asked_elsewhere(ada, wrong):
    setup = ada.post("/api/v1/me/factor-setups", {"kind": "webauthn"})
    key = SecurityKey(origin_of(ada.url))
    options = setup["options"] | ({"challenge": wrong.pop("challenge")} if "challenge" in wrong else {})
    answer = ada.request("POST", "/api/v1/me/factors", json={"setup": setup["id"], "name": "x", "credential": key.register(options, **wrong)})
    assert answer.status_code == 400 and answer.json()["field"] == "credential", answer.text
    assert ada.get("/api/v1/me/factors")["factors"] == []


@pytest.mark.parametrize("credential", [
    {}, {"id": 7}, {"response": []}, {"response": {"clientDataJSON": "!"}}, {"response": {"clientDataJSON": "bnVsbA"}},
    {"id": "x", "response": {"clientDataJSON": "e30", "authenticatorData": "", "signature": ""}},
])
def test_what_no_browser_sends_is_refused_in_words(carrel, ada, credential):
    add_key(ada)
    other = half(carrel, ada)
    answer = second(other, credential=credential)
    assert answer.status_code == 401 and "browser's answer is not right" in answer.json()["detail"]


def test_what_comes_from_another_site_is_refused(carrel, ada):
    app, _ = add_app(ada)
    other = half(carrel, ada)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert other.request("POST", "/api/v1/session/factor", json={"code": app.code()}, headers=headers).status_code == 403


def test_a_token_neither_sees_what_the_second_step_is_nor_changes_it(carrel, ada):
    program = ada.with_token(scopes=["self"])
    for call in (("POST", "/api/v1/me/factor-setups", {"kind": "totp"}), ("POST", "/api/v1/me/recovery-codes", {}),
                 ("POST", "/api/v1/session/confirmation", {"password": carrel.passwords[ada.username]})):
        assert program.request(call[0], call[1], json=call[2]).status_code == 403


def test_factors_are_listed_and_removed_and_the_recovery_codes_with_the_last(carrel, ada):
    _, codes = add_app(ada)
    add_key(ada)
    listed = ada.get("/api/v1/me/factors")
    assert [(one["kind"], one["name"]) for one in listed["factors"]] == [("totp", "phone"), ("webauthn", "key")]
    assert "secret" not in str(listed)
    fresh = ada.post("/api/v1/me/recovery-codes")["recovery_codes"]
    assert second(half(carrel, ada), code=codes[0]).status_code == 401
    assert second(half(carrel, ada), code=fresh[0]).status_code == 200
    eve = account(carrel)
    for one in listed["factors"]:
        assert eve.request("DELETE", f"/api/v1/me/factors/{one['id']}").status_code == 404
        ada.delete(f"/api/v1/me/factors/{one['id']}")
    assert ada.get("/api/v1/me/factors") == {"factors": [], "recovery_codes_left": 0}
    assert carrel.log_in(ada.username).get("/api/v1/me")["username"] == ada.username


def test_the_last_administrator_who_has_lost_everything_comes_back_by_the_machine():
    with platform(QUICK) as own:
        gov = own.log_in("gov")
        add_app(gov)
        half(own, gov)
        done = own.run("user", "reset-factors", "gov")
        assert (done.returncode, done.stdout) == (0, "gov had 1 second factor, and has none now\n"), done.stderr
        assert me(gov) == 401
        back = own.log_in("gov")
        assert back.get("/api/v1/me/factors") == {"factors": [], "recovery_codes_left": 0}
        (event,) = [one for one in back.items("/api/v1/audit") if one["kind"] == "second_factors_reset"]
        assert event["message"] == "somebody at the machine removed the second factors of gov"
        unknown = own.run("user", "reset-factors", "nobody")
        assert unknown.returncode != 0 and "there is no such user" in unknown.stderr, unknown.stderr


def test_the_form_of_a_hub_leads_through_the_second_step_without_scripts(carrel, probe_course):
    person = probe_course.admit(f"factor-{uuid.uuid4().hex[:8]}")
    app, codes = add_app(person)
    visitor = HubVisitor(person.url, f"/c/{probe_course.slug}/", person.username, carrel.passwords[person.username])
    there = f"{visitor.base}hub/home"
    answer = visitor.log_in(next=there)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(f"{visitor.base}hub/login/factor?next=")
    assert "carrel_session" not in visitor.http.cookies
    # What is not logged in yet is led to the first step.
    assert visitor.hub("home").headers["Location"].startswith(f"{visitor.base}hub/login?next=")
    form = visitor.get(answer.headers["Location"])
    assert form.status_code == 200 and 'name="code"' in form.text
    wrong = visitor.step("POST", answer.headers["Location"], data={**fields_in(form.text), "code": "nonsense"})
    assert wrong.status_code == 403 and "The code is wrong, or was used before." in wrong.text
    forged = visitor.step("POST", answer.headers["Location"], data={"code": codes[1], "_xsrf": "guess"})
    assert forged.status_code == 403 and "carrel_session" not in visitor.http.cookies
    done = visitor.step("POST", answer.headers["Location"], data={**fields_in(wrong.text), "code": app.code()})
    assert done.status_code == 302 and done.headers["Location"] == there
    assert visitor.hub("home").status_code == 200
    # Without a first step there is no second one.
    stranger = HubVisitor(person.url, visitor.base)
    assert stranger.hub("login/factor").headers["Location"] == f"{visitor.base}hub/login"


def test_another_control_process_goes_on_with_half_a_log_in():
    with platform(QUICK) as own:
        person = own.log_in("lea")
        app, _ = add_app(person)
        key = add_key(person)
        other = half(own, person)
        options = challenge(other)
        own.wait_for_control(other_than=own.kill_control())
        assert other.get("/api/v1/session/factor")["second_step"] == ["totp", "webauthn"]
        assert second(other, credential=key.answer(options)).status_code == 200
        again = half(own, person)
        assert second(again, code=app.code()).status_code == 200
        # A copy of the database without the key beside it is of no use.
        database = b"".join(path.read_bytes() for path in own.data.glob("carrel.sqlite*"))
        assert app.secret.encode() not in database
        assert base64.b32decode(app.secret) not in database


def test_whoever_has_to_have_one_can_do_nothing_but_set_one_up():
    with platform(QUICK + '[accounts]\nsecond_factor_roles = ["administrator"]\n') as own:
        gov = own.log_in("gov")
        assert gov.get("/api/v1/me")["lacks_second_factor"] is True
        for call in (("GET", "/api/v1/courses"), ("GET", "/api/v1/users"), ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens")):
            answer = gov.request(*call, json={"note": "x"} if call[0] == "POST" else None)
            assert answer.status_code == 403 and answer.json()["type"] == "urn:carrel:problem:second-factor", call
        assert gov.request("GET", "/c/any/hub/home", headers={"Accept": "text/html"}).headers["Location"] == "/profile"
        app, _ = add_app(gov)
        assert gov.get("/api/v1/me")["lacks_second_factor"] is False
        assert gov.request("GET", "/api/v1/users").status_code == 200
        assert second(half(own, gov), code=app.code()).status_code == 200
        # Others need none.
        lea = own.log_in("lea")
        assert lea.get("/api/v1/me")["lacks_second_factor"] is False
        with pytest.raises(Refused):
            lea.get("/api/v1/users")


def test_a_key_that_asked_for_a_pin_is_as_good(carrel, ada):
    key = add_key(ada)
    other = half(carrel, ada)
    assert second(other, credential=key.answer(challenge(other), flags=USER_PRESENT | USER_VERIFIED)).status_code == 200
