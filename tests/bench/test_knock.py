"""Scenes whose camera is knocked: labels lie where the thing is seen, and the same seed knocks alike."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import av
import cv2
import numpy as np
import pytest

from vision.evaluate.scenes import find_scenes

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "bench" / "scene_maker" / "knock.py"
CLIPS = ROOT / "sample_clips"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        return importlib.import_module("scene_maker.knock")
    finally:
        sys.path.remove(str(ROOT / "bench"))


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """The shipped dumping clip as a composed scene."""
    folder = tmp_path / "scenes" / "left"
    folder.mkdir(parents=True)
    for name in ("clip.mp4", "labels.json"):
        shutil.copy(CLIPS / "dumping" / name, folder / name)
    (folder / "site.yaml").write_text("site: {id: s}\ncameras: [{id: a, source: clip.mp4}]\n")
    return folder


def picture(clip: Path, second: float) -> np.ndarray:
    with av.open(str(clip)) as opened:
        return next(f.to_ndarray(format="bgr24") for f in opened.decode(video=0) if f.time >= second)


def test_picture_and_label_move_together_from_the_knock_on(maker: ModuleType, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, str(SCRIPT), str(out), "--scenes", str(scene.parent), "--seed", "3", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["left"]
    (made,) = find_scenes(out)
    before, after = (json.loads((folder / "labels.json").read_text()) for folder in (scene, out / "left"))
    (event,), (was,) = after["events"], before["events"]
    assert event["window_s"] == [was["window_s"][0], was["window_s"][1] + maker.LATE_S]
    still, then = picture(scene / "clip.mp4", was["window_s"][1]), picture(made.clip, was["window_s"][1])
    height, width = still.shape[:2]
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(was["bbox"], (width, height, width, height), strict=True))
    found = cv2.matchTemplate(then, still[y1:y2, x1:x2], cv2.TM_CCOEFF_NORMED)
    _, agreement, _, (left, top) = cv2.minMaxLoc(found)
    assert agreement > 0.8
    assert (left / width, top / height) == pytest.approx(tuple(event["bbox"][:2]), abs=0.006)
    assert np.hypot(left - x1, (top - y1)) > 2
    assert np.abs(picture(scene / "clip.mp4", 5.0).astype(int) - picture(made.clip, 5.0)).mean() < 4


def test_knocks_are_small_come_while_the_thing_stands_and_are_the_same_for_a_seed(maker: ModuleType) -> None:
    labels = {"events": [{"put_down_s": 20.0}]}
    for number in range(50):
        at, how = maker.knock_of(f"scene-{number}", labels, 60.0, seed=1)
        assert 24 <= at <= 29
        assert maker.LEAST <= np.hypot(*how[:, 2]) <= maker.MOST
        assert abs(np.degrees(np.arctan2(how[0, 1], how[0, 0]))) <= maker.MOST_TURNED
        again = maker.knock_of(f"scene-{number}", labels, 60.0, seed=1)
        assert (again[0], again[1].tolist()) == (at, how.tolist())
    assert maker.knock_of("scene-1", labels, 60.0, seed=2)[0] != maker.knock_of("scene-1", labels, 60.0, seed=1)[0]
    assert maker.knock_of("quiet", {"events": []}, 60.0, seed=1)[0] == 30


def test_folder_without_scenes_is_named(maker: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no scene that matches"):
        maker.chosen(tmp_path, (), 5, 1)
