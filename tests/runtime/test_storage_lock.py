"""One worker at a time in a storage folder, and nothing left behind by one that was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vision.runtime.storage_lock import StorageInUseError, storage_lock

HOLDER = """
import sys, time
from pathlib import Path
from vision.runtime.storage_lock import storage_lock
with storage_lock(Path(sys.argv[1])):
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("folder", ["var", "not/yet/there"])
def test_second_process_is_told_who_has_the_folder_and_gets_it_when_that_one_is_killed(
    tmp_path: Path, folder: str
) -> None:
    storage = tmp_path / folder
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(storage)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "holds\n"
            with pytest.raises(StorageInUseError) as caught, storage_lock(storage):
                pytest.fail("two processes hold it")
            assert str(caught.value).startswith(f"{storage}: process {holder.pid} works in it")
        finally:
            holder.kill()
    with storage_lock(storage):
        pass


def test_folder_is_free_after_its_worker_has_ended(tmp_path: Path) -> None:
    with storage_lock(tmp_path):
        pass
    script = [sys.executable, "-c", HOLDER.replace("time.sleep(60)", "pass"), str(tmp_path)]
    assert subprocess.run(script, capture_output=True, text=True, timeout=60, check=True).stdout == "holds\n"


def test_disk_that_takes_nothing_more_does_not_keep_a_worker_from_its_folder(tmp_path: Path) -> None:
    no_room = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    no_room += "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    script = [sys.executable, "-c", no_room + HOLDER.replace("time.sleep(60)", "pass"), str(tmp_path)]
    assert subprocess.run(script, capture_output=True, text=True, timeout=60, check=True).stdout == "holds\n"


def test_file_in_the_place_of_the_folder_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(OSError, match="var"), storage_lock(tmp_path / "var"):
        pytest.fail("a file is no folder")
