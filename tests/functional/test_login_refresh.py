"""A provider is asked again about who is logged in: whom it knows no more is out, and groups give and take roles."""

import pytest
from conftest import platform
from support.carrel_process import QUICK, wait_until
from support.oidc_provider import OidcProvider, Visitor, why_not
from support.ports import free_port

if why_not():
    pytest.skip(why_not(), allow_module_level=True)

ACCOUNTS = {name: {"preferred_username": name, "groups": ["members"]} for name in ("stayer", "goer", "riser", "waiter")}


@pytest.fixture
def provider():
    port = free_port()
    with OidcProvider(f"http://127.0.0.1:{port}", accounts=ACCOUNTS) as provider:
        provider.carrel_port = port
        yield provider


@pytest.fixture
def carrel(provider):
    process = platform(QUICK + provider.section(refresh_seconds=5, allowed_groups=["members"], leader_groups=["teachers"]))
    try:
        process.start(provider.carrel_port)
        yield process
    finally:
        process.__exit__()


def logged_in(carrel, provider, name):
    visitor = Visitor(carrel.url, provider)
    visitor.log_in(name)
    assert visitor.me()["username"] == name
    return visitor


def test_whom_the_provider_knows_no_more_is_logged_out(carrel, provider):
    stayer, goer = (logged_in(carrel, provider, name) for name in ("stayer", "goer"))
    provider.set_accounts({name: claims for name, claims in ACCOUNTS.items() if name != "goer"})
    wait_until(lambda: goer.me() is None, 120, "the session's end")
    assert stayer.me()["username"] == "stayer"
    # The line is written once the session has ended.
    wait_until(lambda: "provider_session_ended" in carrel.log(), 60, "the log line")
    (line,) = [line for line in carrel.log().splitlines() if "provider_session_ended" in line]
    assert "goer" in line and "refused" in line
    # Nor is a log-in anew of use, until the provider knows them again.
    provider.set_accounts(ACCOUNTS)
    assert logged_in(carrel, provider, "goer")


def test_groups_count_while_somebody_is_logged_in(carrel, provider):
    riser = logged_in(carrel, provider, "riser")
    assert riser.me()["roles"] == []
    provider.set_accounts(ACCOUNTS | {"riser": {"preferred_username": "riser", "groups": ["members", "teachers"]}})
    wait_until(lambda: "leader" in riser.me()["roles"], 120, "the role")


def test_a_provider_that_is_away_logs_nobody_out(carrel, provider):
    waiter = logged_in(carrel, provider, "waiter")
    provider.stop()
    wait_until(lambda: "login_provider_not_asked_again" in carrel.log(), 120, "the provider being asked in vain")
    assert waiter.me()["username"] == "waiter"
