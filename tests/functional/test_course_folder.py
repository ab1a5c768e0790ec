"""The folder of a course: what leaders give out, what everybody may write, and what becomes of it."""

import io
import json
import zipfile

import pytest
from support.course import Course


class Desk:
    """Somebody with a kernel in a course, whose shell commands are run there."""

    def __init__(self, person, course):
        self.person = person
        self.kernel = person.running_server(course.slug).start_kernel()

    def shell(self, command):
        """What it printed, and whether it succeeded."""
        printed = self.kernel.run(
            "import json, subprocess\n"
            f"done = subprocess.run({command!r}, shell=True, text=True, capture_output=True)\n"
            "print(json.dumps([done.stdout.rstrip(), done.returncode == 0]))"
        )
        return tuple(json.loads(printed))


def files_of(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {entry: opened.read(entry) for entry in opened.namelist() if not entry.endswith("/")}


@pytest.mark.notebook
def test_leaders_give_out_and_everybody_shares(carrel, name, sandboxed):
    course = Course(carrel, name, shared_folder=True)
    lea, ada, ben = (Desk(one, course) for one in (course.lea, course.admit(f"{name}-ada"), course.admit(f"{name}-ben")))

    assert lea.shell("mkdir ~/materials/week1 && echo exercise > ~/materials/week1/task.txt") == ("", True)
    assert ada.shell("cat ~/materials/week1/task.txt") == ("exercise", True)
    for attempt in ("echo x >> ~/materials/week1/task.txt", "rm -r ~/materials/week1", "touch /srv/course/materials/mine"):
        assert ada.shell(attempt)[1] is False, attempt

    # Whatever the umask and the uid of who made a file, the others go on with it.
    assert ada.shell("umask 077; mkdir ~/shared/group; echo ada > ~/shared/group/list") == ("", True)
    assert ben.shell("echo ben >> ~/shared/group/list; cat ~/shared/group/list")[0] == "ada\nben"
    assert lea.shell("mv ~/shared/group/list ~/shared/list && rmdir ~/shared/group") == ("", True)

    # The links lead there, and a name that is somebody's own stays theirs.
    assert ben.shell("readlink ~/shared; rm ~/shared; mkdir ~/shared; echo mine > ~/shared/mine") == ("/srv/course/shared", True)
    ben.person.stop_server(name)
    ben = Desk(ben.person, course)
    assert ben.shell("cat ~/shared/mine; cat /srv/course/shared/list") == ("mine\nada\nben", True)

    course.end()
    assert not (carrel.data / "homes" / name).exists()
    folder = course.lea.course(name)["folder_export"]
    assert folder["files"] == 2 and folder["verified_at"]
    for person in (course.lea, ada.person):
        answer = person.request("GET", f"{course.path}/folder")
        assert answer.status_code == 200, answer.text
        assert files_of(answer.content) == {f"{name}/materials/week1/task.txt": b"exercise\n", f"{name}/shared/list": b"ada\nben\n"}
    # Nobody's own take-out has what is everybody's.
    answer = ada.person.request("GET", f"{course.path}/takeout")
    assert b"exercise" not in b"".join(files_of(answer.content).values())
    assert [event["actor"] for event in course.events("folder_downloaded")] == ["lea", f"{name}-ada"]
    assert len(course.events("folder_exported")) == 1


@pytest.mark.notebook
def test_nobody_shares_in_a_course_that_was_not_asked_for_so(carrel, name, sandboxed):
    course = Course(carrel, name)
    ada = Desk(course.admit(f"{name}-ada"), course)
    assert ada.shell("ls /srv/course; ls -A ~/materials") == ("materials", True)
    assert ada.shell("ls ~/shared")[1] is False
    elsewhere = Course(carrel, f"{name}-two", shared_folder=True)
    lea = Desk(course.lea, elsewhere)
    assert lea.shell("echo secret > ~/materials/key; echo secret > ~/shared/key") == ("", True)
    assert ada.shell(f"ls ~/materials/key; ls {carrel.data}/homes/{name}-two/~course")[1] is False
    course.end()
    assert course.lea.course(name)["folder_export"] is None
    assert ada.person.request("GET", f"{course.path}/folder").status_code == 404
