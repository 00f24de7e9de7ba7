"""Footage looped into hours: as long as asked, the same from a seed, scenes that `vision eval` reads."""

from __future__ import annotations

import importlib
import json
import re
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
    one, same, other = (maker.picture_filter(Random(seed), 1, maker.Plan()) for seed in ("1", "1", "2"))
    assert one == same != other


def test_knocks_stay_within_what_was_asked_and_are_cut_off_the_margin(maker: ModuleType) -> None:
    plain, knocked = (maker.picture_filter(Random("1"), 0, maker.Plan(20, shifts=shifts)) for shifts in (0, 6))
    assert "crop=w=iw-8:h=ih-8:" in plain
    assert "gte(t," not in plain
    assert "crop=w=iw-20:h=ih-20:x='10+" in knocked
    steps = [int(step) for step in re.findall(r"\+(-?\d+)\*gte", knocked)]
    assert len(steps) >= 6, "a knock every 400 s at the most, along and across"
    assert set(steps) != {0}
    assert all(abs(step) <= 6 for step in steps)


def test_the_dwell_is_the_default_unless_another_is_asked_for(maker: ModuleType, tmp_path: Path) -> None:
    source = maker.Source("quiet", CLIPS / "quiet" / "clip.mp4")
    dwells = []
    for folder, dwell in (("plain", ""), ("short", "5s")):
        name = maker.lengthen(source, 0, tmp_path / folder, maker.Plan(0.05, 1, 6, dwell))
        rules = read_site(tmp_path / folder / name / "site.yaml").cameras[0].zones[0].rules
        dwells.append(next(rule.dwell for rule in rules if rule.rule == "illegal_dumping"))
    assert dwells == [30.0, 5.0]


def test_region_that_a_source_ignores_is_ignored_where_it_lies_in_the_long_clip(
    maker: ModuleType, tmp_path: Path
) -> None:
    source = maker.Source("quiet", CLIPS / "quiet" / "clip.mp4", ((0.1, 0.5, 0.2, 0.99),))
    maker.lengthen(source, 0, tmp_path, maker.Plan(0.02))
    (scene,) = find_scenes(tmp_path)
    assert [zone.box for zone in scene.ignored] == [pytest.approx((0.08, 0.48, 0.22, 1.0))]
    assert maker.shown(source.ignored[0], True) == pytest.approx([0.78, 0.48, 0.92, 1.0])


def test_footage_that_is_missing_is_named(maker: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="opencv-doc"):
        maker.sources(None, tmp_path / "vtest.avi")


def test_sources_can_be_chosen_by_name(maker: ModuleType) -> None:
    names = [source.name for source in maker.sources(CLIPS, CLIPS / "quiet" / "clip.mp4", ["qui*"])]
    assert names == ["quiet"]
