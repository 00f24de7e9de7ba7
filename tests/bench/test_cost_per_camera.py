"""The arithmetic of the cost benchmark, and that it reads a process tree as the kernel counts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vision.config import load_site
from vision.rules import RULE_SETTINGS

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """The scripts of bench/, which are no package and import one another by their bare names."""
    before = set(sys.modules)
    sys.path.insert(0, str(BENCH))
    try:
        import cost_per_camera
        import process_tree
        import programs

        yield {"cost": cost_per_camera, "tree": process_tree, "programs": programs}
    finally:
        sys.path.remove(str(BENCH))
        for name in set(sys.modules) - before:
            if getattr(sys.modules[name], "__file__", None) and str(BENCH) in str(sys.modules[name].__file__):
                del sys.modules[name]


def measurement(bench: dict[str, ModuleType], **values: Any) -> Any:
    plain = {"scene": "quiet", "seconds": 60.0, "rss_mb": 500.0, "uss_mb": 400.0}
    return bench["cost"].Measurement(**{**plain, **values})


def test_cost_is_cpu_time_by_camera_and_second(bench: dict[str, ModuleType]) -> None:
    tree = bench["tree"]
    before, after = tree.Usage(100.0, 10.0, 0, 0, 1), tree.Usage(160.0, 20.0, 0, 0, 1)
    assert tree.cpu_ms_per_camera_second(before, after, 8) == pytest.approx(1000 * 10 / 60 / 8)


def test_children_are_counted_living_and_buried(bench: dict[str, ModuleType]) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\n"
    parent = (
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\n"
        f"child = subprocess.Popen([sys.executable, '-c', {burn!r} + \"print('done', flush=True)\\ninput()\"],"
        " stdin=subprocess.PIPE)\nchild.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        usage = bench["tree"].usage_of(process.pid)
        process.kill()
    assert usage.processes == 2
    assert usage.cpu_s >= 0.55
    assert usage.rss_mb >= usage.uss_mb > 0


def test_program_that_ended_is_no_free_program(bench: dict[str, ModuleType]) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        with pytest.raises(bench["tree"].ProgramEndedError, match=str(process.pid)):
            bench["tree"].usage_of(process.pid)


def test_memory_is_counted_per_extra_camera(bench: dict[str, ModuleType]) -> None:
    two = measurement(bench, program="vision", cameras=2, cpu_ms=20.0, rss_mb=500.0)
    eight = measurement(bench, program="vision", cameras=8, cpu_ms=18.0, rss_mb=650.0)
    result = bench["cost"].summary([two, eight], 2)
    assert result["scenes"]["quiet"] == {"cpu_ms_per_camera_second": 18.0, "rss_mb_per_extra_camera": 25.0}
    assert [verdict["met"] for verdict in result["budgets"]] == [True, True]


def test_ratio_that_counts_is_that_of_a_peer_with_room_to_work(bench: dict[str, ModuleType]) -> None:
    ours = measurement(bench, program="vision", cameras=8, cpu_ms=20.0)
    alone = measurement(bench, program="ultralytics", cameras=1, cpu_ms=700.0, frames=20.0)
    starved = measurement(bench, program="ultralytics", cameras=8, cpu_ms=240.0, frames=2.0)
    result = bench["cost"].summary([ours, alone, starved], 2)
    assert result["scenes"]["quiet"]["times_cheaper_than_peer_on_one_camera"] == 35.0
    assert result["scenes"]["quiet"]["times_cheaper_than_peer_on_the_same_cameras"] == 12.0
    ratio = result["budgets"][-1]
    assert (ratio["value"], ratio["met"]) == (35.0, False)


def test_generated_site_is_what_the_worker_accepts(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    urls = {"bench-01": "rtsp://127.0.0.1:8554/bench-01"}
    path.write_text(bench["programs"].site_yaml(urls, 1883, tmp_path / "var"))
    site = load_site(path, RULE_SETTINGS)
    assert [camera.id for camera in site.cameras] == ["bench-01"]
    rules = [settings.rule for settings in site.cameras[0].zones[0].rules]
    assert rules == ["illegal_dumping", "street_vending", "ground_lock"]
