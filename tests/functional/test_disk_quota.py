"""Homes that are limited in size, where the file system under the data folder has user quotas (scripts/kernel-lab makes one)."""

import pytest
from conftest import platform
from support.carrel_process import QUICK
from support.course import Course

FILL = """
count = 0
try:
    while count < 100:
        with open(f"{PLACE}/{count}.bin", "wb") as file:
            file.write(bytes(8 << 20))
        count += 1
except OSError as error:
    print(count, error.strerror)
"""


@pytest.fixture(scope="module")
def limited():
    # The machine in scripts/kernel-lab is an emulated one: JupyterLab takes minutes there.
    with platform(QUICK + "[hub]\nstart_timeout_seconds = 600\n") as carrel:
        told = carrel.run("doctor").stdout
        if "limited to the storage" not in told:
            pytest.skip("homes cannot be limited here: " + told.partition("homes")[2].partition("\n")[0].strip())
        yield carrel


@pytest.mark.notebook
def test_a_home_is_full_when_it_has_what_the_course_gives(limited, name):
    course = Course(limited, name, shared_folder=True, resources={"cpu": 1, "memory_gib": 1, "storage_gib": 0.5})
    person = course.admit(f"{name}-ada")
    kernel = person.running_server(name).start_kernel()
    kernel.run("import os; os.makedirs('full')")
    count, words = kernel.run(FILL.replace("{PLACE}", "full")).split(" ", 1)
    assert 48 <= int(count) < 64 and words == "Disk quota exceeded\n"
    # IPython may complain beside it that it cannot keep its history.
    assert "0 Disk quota exceeded\n" in kernel.run(FILL.replace("{PLACE}", "shared")), "the course folder is no way round it"
    kernel.close()

    # Whoever has filled the home can still come in and tidy up.
    person.stop_server(name)
    kernel = person.running_server(name).start_kernel()
    kernel.run("import shutil; shutil.rmtree('full')")
    assert "10\n" in kernel.run("print(open('small', 'w').write('room again'))")
    kernel.close()
    course.end()
