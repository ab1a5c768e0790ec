"""The command line: what it prints, and how it ends."""

import subprocess

import pytest
from conftest import platform
from support.carrel_process import PROGRAM, clean_environment
from support.portal import Portal, Refused


def carrel_command(*arguments, input=None, cwd="/"):
    return subprocess.run(
        [str(PROGRAM), *arguments], input=input, capture_output=True, text=True, timeout=60, env=clean_environment(), cwd=cwd
    )


def complaint(ended):
    """What a failed command said; a sentence, not a stack trace."""
    assert ended.returncode != 0, ended.stdout
    text = ended.stderr
    assert 0 < len(text) < 2000
    for sign in ("terminate called", "what():", "Segmentation", "#0 ", "unexpected:"):
        assert sign not in text
    return text


@pytest.mark.parametrize("command", ["serve", "control", "user", "token", "course", "import-jupyterhub", "check-config", "print-config", "doctor", "demo", "proxy"])
def test_every_command_has_help(command):
    ended = carrel_command(command, "--help")
    assert ended.returncode == 0 and ended.stdout.strip()


def test_the_version_is_told():
    ended = carrel_command("--version")
    assert ended.returncode == 0 and ended.stdout[0].isdigit()


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["serve", "--nonsense"], ["serve", "--port"], ["serve", "--port", "x"], ["user"], ["user", "add"], ["token"],
     ["user", "add", "x", "--role", "king", "--password-stdin"], ["check-config", "--config", "/no/such/file"]],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2(arguments):
    ended = carrel_command(*arguments, input="")
    text = complaint(ended)
    assert ended.returncode == 2
    assert text.startswith("carrel: ") and text.count("\n") == 1, text


def test_an_unknown_command_is_named():
    assert "there is no command nonsense" in complaint(carrel_command("nonsense"))


def test_the_proxy_refuses_unknown_flags():
    complaint(carrel_command("proxy", "--nonsense"))


CONFIGS = {
    '[server]\nprot = 8000\n': "did you mean 'port'",
    '[sever]\nport = 8000\n': "did you mean 'server'",
    '[server]\nport = "x"\n': "server.port",
    '[server]\nport = 70000\n': "server.port",
    '[server\n': "carrel.toml",
    '[hub]\nidle_timeout_seconds = -1\n': "hub.idle_timeout_seconds",
    '[log]\nlevel = "loud"\n': "log.level",
    '[environments.x]\ntitle = "no command"\n': "command",
    '[environments.x]\ncommand = []\n': "command",
    '[server]\ntls_cert = "x.pem"\n': "tls_cert",
    '[store]\nurl = "mysql://x"\n': "store.url",
}


@pytest.mark.parametrize("text", CONFIGS)
def test_a_wrong_configuration_is_explained(tmp_path, text):
    config = tmp_path / "carrel.toml"
    config.write_text(text)
    said = complaint(carrel_command("check-config", "--config", str(config)))
    assert CONFIGS[text] in said
    # A server is not started with it either.
    assert carrel_command("serve", "--config", str(config), "--data", str(tmp_path / "data"), "--port", "0").returncode == 1
    assert not (tmp_path / "data").exists()


def test_log_ins_of_registries_are_read_when_a_configuration_is_checked(tmp_path):
    config, logins = tmp_path / "carrel.toml", tmp_path / "logins.json"
    config.write_text(f'[docker]\nregistry_logins = "{logins}"\n[environments.x]\ncommand = ["/bin/true"]\n')
    assert str(logins) in complaint(carrel_command("check-config", "--config", str(config)))
    logins.write_text("not what docker login writes")
    assert str(logins) in complaint(carrel_command("check-config", "--config", str(config)))
    logins.write_text('{"auths": {}}')
    assert carrel_command("check-config", "--config", str(config)).returncode == 0


def test_what_is_printed_can_be_read_again_and_keeps_secrets(tmp_path):
    config = tmp_path / "carrel.toml"
    config.write_text(
        '[server]\nport = 8123\n[hub]\nconcurrent_starts = 3\n'
        '[environments.x]\ncommand = ["/bin/true", "a b"]\nvariables = { KEY = "very secret" }\n'
    )
    first = carrel_command("print-config", "--config", str(config), "--set", "hub.concurrent_starts=4")
    assert first.returncode == 0 and "port = 8123" in first.stdout and "concurrent_starts = 4" in first.stdout
    assert "very secret" not in first.stdout
    again = tmp_path / "again.toml"
    again.write_text(first.stdout)
    assert carrel_command("print-config", "--config", str(again)).stdout == first.stdout
    assert carrel_command("check-config", "--config", str(config)).returncode == 0


def test_the_environment_and_flags_override_files(tmp_path):
    config = tmp_path / "carrel.toml"
    config.write_text("[server]\nport = 8123\n")
    environment = {**clean_environment(), "CARREL_SERVER_PORT": "8124"}
    command = [str(PROGRAM), "print-config", "--config", str(config)]
    assert "port = 8124" in subprocess.run(command, capture_output=True, text=True, env=environment).stdout
    assert "port = 8125" in subprocess.run([*command, "--port", "8125"], capture_output=True, text=True, env=environment).stdout


def test_people_are_added_and_changed_while_the_platform_runs(carrel):
    assert carrel.run("user", "add", "cli-ann", "--role", "leader", "--password-stdin", input="the first password\n").stdout.startswith("added")
    ann = carrel.log_in("cli-ann", "the first password")
    assert ann.get("/api/v1/me")["roles"] == ["leader"]
    changed = carrel.run("user", "add", "CLI-Ann", "--role", "participant", "--password-stdin", input="the second password\n")
    assert changed.stdout.startswith("changed")
    assert ann.request("GET", "/api/v1/me").status_code == 401
    with pytest.raises(Refused):
        carrel.log_in("cli-ann", "the first password")
    assert carrel.log_in("cli-ann", "the second password").get("/api/v1/me")["roles"] == []


def test_an_operator_may_name_an_administrator_admin_and_nobody_root(carrel):
    given = ("--role", "administrator", "--password-stdin")
    assert carrel.run("user", "add", "administrator", *given, input="a long enough password\n").returncode == 0
    said = complaint(carrel.run("user", "add", "root", *given, input="a long enough password\n"))
    assert "root is kept for the system" in said


@pytest.mark.parametrize("name, password", [("Ä", "long enough pw"), ("a b", "long enough pw"), ("../x", "long enough pw"), ("cli-x", "short"), ("cli-x", "")])
def test_a_person_without_a_right_name_or_password_is_not_added(carrel, name, password):
    ended = carrel.run("user", "add", name, "--role", "leader", "--password-stdin", input=password + "\n")
    complaint(ended)
    assert ended.returncode == 1


def test_a_token_made_on_the_command_line_works_with_its_scopes(carrel):
    token = carrel.run("token", "create", "gov", "--scopes", "self admin:users", "--expires-in", "600").stdout.strip()
    assert token.startswith("carrel_") and len(token) == 7 + 43
    gov = Portal(carrel.url, token)
    assert gov.get("/api/v1/me")["username"] == "gov"
    assert gov.get("/api/v1/users")["items"]
    assert gov.request("GET", "/api/v1/courses").status_code == 403
    for wrong in (("nobody-here",), ("gov", "--scopes", "everything"), ("gov", "--expires-in", "-5")):
        complaint(carrel.run("token", "create", *wrong))


def test_the_doctor_says_what_is_there_and_what_is_not(tmp_path):
    config = tmp_path / "carrel.toml"
    config.write_text('[environments.gone]\ncommand = ["/no/such/notebook"]\n')
    ended = carrel_command("doctor", "--config", str(config), "--data", str(tmp_path / "data"))
    assert ended.returncode == 0, ended.stderr
    for word in ("data folder", "port", "isolation", "/no/such/notebook is missing"):
        assert word in ended.stdout


def test_a_stopped_platform_ends_with_0_and_without_complaints():
    with platform() as carrel:
        carrel.log_in("gov")
        assert carrel.stop() == 0
        log = carrel.log()
    for sign in (" error ", "terminate called", "Traceback", "Segmentation"):
        assert sign not in log
