"""How `scripts/test` counts: what it says of tests that fail, of those that pass when run once more, and of silence."""

import subprocess

from support.carrel_process import TOP


def run(script, folder):
    return subprocess.run(
        ["/usr/bin/python3", str(TOP / "scripts" / script), str(folder)], capture_output=True, text=True, timeout=60
    )


def results_of(folder, status="1", **cases):
    """The results of one runner: each test by its name, with True for one that passed."""
    written = "".join(
        f'<testcase classname="c" name="{name}" file="tests/functional/test_{name[0]}.py">'
        f'{"" if passed else "<failure/>"}</testcase>'
        for name, passed in cases.items()
    )
    folder.mkdir(exist_ok=True)
    (folder / "functional.xml").write_text(f"<testsuites><testsuite>{written}</testsuite></testsuites>")
    (folder / "functional.status").write_text(status)


def test_a_failure_stays_one_when_the_second_try_fails_too(tmp_path):
    results_of(tmp_path, a1=True, a2=False)
    results_of(tmp_path / "second_try", a1=True, a2=False)
    summed = run("sum_test_results.py", tmp_path)
    assert summed.returncode == 1
    assert summed.stdout == "FAILED functional: c a2\n1 passed, 1 failed, 0 skipped\n"


def test_what_passes_at_the_second_try_is_counted_and_named(tmp_path):
    results_of(tmp_path, a1=True, a2=False, b1=False)
    results_of(tmp_path / "second_try", status="0", a1=True, a2=True, b1=True)
    summed = run("sum_test_results.py", tmp_path)
    assert summed.returncode == 0
    assert "UNSTEADY (passed at the second try) functional: c a2" in summed.stdout
    assert "2 unsteady" in summed.stdout and summed.stdout.endswith("\n3 passed, 0 failed, 0 skipped\n")


def test_what_the_second_try_did_not_run_stays_failed(tmp_path):
    results_of(tmp_path, a1=False, b1=False)
    results_of(tmp_path / "second_try", status="0", a1=True)
    assert run("sum_test_results.py", tmp_path).stdout.endswith("\n1 passed, 1 failed, 0 skipped\n")


def test_a_second_try_takes_the_files_of_what_failed(tmp_path):
    results_of(tmp_path, a1=True, a2=False, a3=False, b1=True, c1=False)
    (tmp_path / "browser-life.xml").write_text('<x><testcase name="n"><failure/></testcase></x>')
    (tmp_path / "unit-hub_test.xml").write_text('<x><testcase name="n"><failure/></testcase></x>')
    places = run("failed_places.py", tmp_path)
    assert places.returncode == 0
    assert set(places.stdout.split("\n")) - {""} == {
        "browser tests/browser/life.test.mjs",
        "functional tests/functional/test_a.py",
        "functional tests/functional/test_c.py",
        "unit build/release/src/hub_test",
    }


def test_there_is_no_second_try_when_much_has_failed_or_nothing(tmp_path):
    results_of(tmp_path / "much", **{f"a{i}": False for i in range(13)})
    results_of(tmp_path / "nothing", status="0", a1=True)
    assert run("failed_places.py", tmp_path / "much").returncode == 1
    assert run("failed_places.py", tmp_path / "nothing").returncode == 1


def test_a_runner_that_ended_badly_or_ran_nothing_is_a_failure(tmp_path):
    results_of(tmp_path / "badly", status="124", a1=True)
    results_of(tmp_path / "empty", status="0")
    assert "FAILED functional: ended with status 124" in run("sum_test_results.py", tmp_path / "badly").stdout
    assert run("sum_test_results.py", tmp_path / "empty").stdout == (
        "FAILED functional: ran no test\n0 passed, 1 failed, 0 skipped\n"
    )
