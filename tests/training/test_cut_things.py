"""Things cut out of labelled pictures: what the box holds and not its ground, ready to be laid into scenes."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "training" / "cut_things.py"
MODULES = ("training.cut_things", "scene_maker.recipes")
MIDDLE, AXES = (150, 130), (48, 60)


@pytest.fixture(scope="module")
def modules() -> dict[str, ModuleType]:
    places = [str(ROOT / "bench"), str(ROOT / "sample_clips")]
    sys.path[:0] = places
    try:
        return {name.rpartition(".")[2]: importlib.import_module(name) for name in MODULES}
    finally:
        for place in places:
            sys.path.remove(place)


def _picture(name: str, folder: Path, *rows: str) -> np.ndarray:
    """A red oval on grey road, with its label rows; returns the oval as 0/1."""
    noise = np.random.default_rng(3).normal(0, 6, (300, 300, 3))
    oval = cv2.ellipse(np.zeros((300, 300), np.uint8), MIDDLE, AXES, 0, 0, 360, 1, cv2.FILLED)
    picture = np.clip(np.where(oval[..., None] > 0, (40, 40, 190), (120, 122, 118)) + noise, 0, 255).astype(np.uint8)
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "images" / f"{name}.png"), picture)
    (folder / "labels" / f"{name}.txt").write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return oval


OVAL = "0 0.5 0.4333 0.34 0.42"
"""The oval with two pixels of ground around it."""


def _run(out: Path, pictures: Path, kind: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(out), "--pictures", str(pictures), "--class", kind, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_cut_out_is_the_thing_without_its_ground(tmp_path: Path) -> None:
    oval = _picture("a", tmp_path / "set", OVAL)

    ran = _run(tmp_path / "out", tmp_path / "set", "0=heap")

    assert ran.returncode == 0, ran.stderr
    cut = cv2.imread(str(tmp_path / "out" / "heap-00.png"), cv2.IMREAD_UNCHANGED)
    assert 0.85 < (cut[..., 3] > 128).sum() / oval.sum() < 1.02
    assert cut[cut[..., 3] > 250][:, :3].mean(axis=0) == pytest.approx((40, 40, 190), abs=8)
    view = json.loads((tmp_path / "out" / "views.json").read_text("utf-8"))["heap-00"]
    assert view["height_m"] * view["pixels_per_metre"] == pytest.approx(2 * AXES[1], abs=6)
    shadow = cv2.imread(str(tmp_path / "out" / "shadows" / "heap-00.png"), cv2.IMREAD_GRAYSCALE)
    rows = np.nonzero(shadow > 40)[0]
    assert shadow.shape == cut.shape[:2]
    assert rows.min() > 0.6 * len(shadow)


def test_boxes_at_the_edge_small_ones_and_other_classes_are_left_out(tmp_path: Path) -> None:
    _picture("a", tmp_path / "set", "0 0.1 0.5 0.2 0.5", "0 0.5 0.45 0.1 0.1", OVAL.replace("0 ", "1 ", 1))

    ran = _run(tmp_path / "out", tmp_path / "set", "0=heap")

    assert ran.returncode != 0
    assert "no box of class 0 could be cut out" in ran.stderr


def test_only_the_pictures_of_a_split_are_cut(tmp_path: Path) -> None:
    for split, name in (("train", "a"), ("val", "b")):
        _picture(name, tmp_path / split, OVAL)
        for kind in ("images", "labels"):
            (tmp_path / "set" / kind).mkdir(parents=True, exist_ok=True)
            (tmp_path / split / kind).rename(tmp_path / "set" / kind / split)

    _run(tmp_path / "all", tmp_path / "set", "0=heap")
    _run(tmp_path / "val", tmp_path / "set", "0=heap", "--split", "val")

    assert len(list((tmp_path / "all").glob("*.png"))) == 2
    assert len(list((tmp_path / "val").glob("*.png"))) == 1


def test_box_of_nothing_but_road_gives_no_cut_out(tmp_path: Path, modules: dict[str, ModuleType]) -> None:
    road = np.full((300, 300, 3), 120, np.uint8) + np.random.default_rng(4).integers(0, 9, (300, 300, 3), np.uint8)
    assert modules["cut_things"].cut_out(road, (90, 70, 210, 190)) is None


def test_unknown_name_for_the_things_is_refused_with_those_there_are(tmp_path: Path) -> None:
    ran = _run(tmp_path / "out", tmp_path, "0=sofa")
    assert ran.returncode != 0
    assert "0=sofa" in ran.stderr
    assert "heap" in ran.stderr


def test_label_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    _picture("a", tmp_path / "set", OVAL, "0 0.5 0.5 0.3")
    ran = _run(tmp_path / "out", tmp_path / "set", "0=heap")
    assert ran.returncode != 0
    assert ran.stderr.startswith("cut_things: ")
    assert "a.txt:2: 4 values, a box has 5" in ran.stderr


def test_own_cut_outs_take_the_place_of_the_shipped_ones_of_their_name(
    tmp_path: Path, modules: dict[str, ModuleType]
) -> None:
    _picture("a", tmp_path / "set", OVAL)
    assert _run(tmp_path / "out", tmp_path / "set", "0=heap").returncode == 0

    own = modules["recipes"].cut_outs(tmp_path / "out")
    drawn = {recipe.kind: recipe.thing for recipe in modules["recipes"].drawn(7, 60, own)}

    assert own == ["heap-00"]
    assert set(drawn["left"]) == {"heap-00"}
    assert all(name.startswith("lock") for name in drawn["lock"])


def test_folder_without_cut_outs_or_with_one_that_views_do_not_know_is_named(
    tmp_path: Path, modules: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="no cut-outs"):
        modules["recipes"].cut_outs(tmp_path)
    cv2.imwrite(str(tmp_path / "bag-00.png"), np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(ValueError, match=r"bag-00: no shadow, or not in views\.json"):
        modules["recipes"].cut_outs(tmp_path)
