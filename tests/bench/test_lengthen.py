"""Footage looped into hours: as long as asked, the same from a seed, scenes that `vision eval` reads."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import av
import pytest

from vision.cli.options import read_site
from vision.evaluate.scenes import find_scenes

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "bench" / "scene_maker" / "lengthen.py"
CLIPS = ROOT / "sample_clips"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        return importlib.import_module("scene_maker.lengthen")
    finally:
        sys.path.remove(str(ROOT / "bench"))


def test_a_short_clip_becomes_a_long_one(tmp_path: Path) -> None:
    command = [
        sys.executable, str(SCRIPT), str(tmp_path), "--scenes", str(CLIPS), "--minutes", "1.5",
        "--vtest", str(CLIPS / "quiet" / "clip.mp4"), "--jobs", "1",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    scenes = find_scenes(tmp_path)
    assert [scene.name for scene in scenes] == ["quiet-0", "vtest-0"], "only the scene without events, and the sample"
    for scene in scenes:
        assert scene.events == ()
        assert json.loads((scene.clip.parent / "labels.json").read_text())["composed"] is True
        assert len(read_site(scene.config).cameras) == 1
        with av.open(str(scene.clip)) as clip:
            assert clip.duration / 1e6 == pytest.approx(90, abs=1), "the source has 45 s"


def test_the_same_seed_changes_the_picture_in_the_same_way(maker: ModuleType) -> None:
    one, same, other = (maker.picture_filter(Random(seed), 1) for seed in ("1", "1", "2"))
    assert one == same != other


def test_footage_that_is_missing_is_named(maker: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="opencv-doc"):
        maker.sources(None, tmp_path / "vtest.avi")


def test_sources_can_be_chosen_by_name(maker: ModuleType) -> None:
    names = [source.name for source in maker.sources(CLIPS, CLIPS / "quiet" / "clip.mp4", ["qui*"])]
    assert names == ["quiet"]
