"""How the clips are made: the same again, true to scale, and hidden by who passes in front."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import cv2
import numpy as np
import pytest

SPRITE_BYTES = 3_000_000
"""What we allow ourselves to ship for all sprites together."""


def _clip(make_clips: ModuleType, name: str) -> Any:
    return next(clip for clip in make_clips.CLIPS if clip.name == name)


def test_two_seconds_made_twice_are_the_same_bytes(make_clips: ModuleType, footage: Any, tmp_path: Path) -> None:
    clip = _clip(make_clips, "dumping")
    for name in ("one.mp4", "two.mp4"):
        make_clips.encode(make_clips.pictures(footage, clip, seconds=2.0, skip=9.0), tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()
    with av.open(str(tmp_path / "one.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20


@pytest.mark.parametrize("name", ["dumping", "vending", "ground_lock", "quiet"])
def test_shipped_clip_and_labels_are_what_the_script_makes(
    make_clips: ModuleType, footage: Any, folder: Path, name: str
) -> None:
    clip = _clip(make_clips, name)
    shipped = json.loads((folder / name / "labels.json").read_text("utf-8"))
    assert json.loads(json.dumps(make_clips.labels(footage, clip))) == shipped
    with av.open(str(folder / name / "clip.mp4")) as container:
        assert container.streams.video[0].frames == round(clip.length * make_clips.FPS)
        coded = next(container.decode(video=0)).to_ndarray(format="bgr24")
    made = next(make_clips.pictures(footage, clip, seconds=0.1))
    assert cv2.PSNR(coded, made) > 30


def test_quiet_clip_is_the_footage_untouched(make_clips: ModuleType, footage: Any) -> None:
    for number, picture in enumerate(make_clips.pictures(footage, _clip(make_clips, "quiet"), seconds=1.0)):
        assert picture is footage.frames[number]


def test_bag_is_a_third_of_a_walker_high(make_clips: ModuleType, footage: Any) -> None:
    _, top, _, foot = make_clips.box_of(footage, _clip(make_clips, "dumping").inserts()[0])
    walker = 1.74 * make_clips.GROUND.pixels_per_metre(foot * footage.height)
    assert 0.25 < (foot - top) * footage.height / walker < 0.45


def test_who_passes_in_front_hides_the_thing(make_clips: ModuleType, footage: Any) -> None:
    clip = _clip(make_clips, "ground_lock")
    lock = clip.inserts()[-1]
    frame = footage.at(clip.start + 12.0)  # the passer-by stands between camera and lock
    shown = make_clips.lay_in(footage, frame, [lock], 12.0)
    thing = lock.layer(footage, 12.0).opacity > 0.5
    changed = np.abs(shown.astype(int) - frame).max(axis=2) > 25
    assert (changed & thing).sum() < 0.25 * thing.sum()


def test_ground_maps_pixels_to_metres_and_back(make_clips: ModuleType) -> None:
    for x, y in ((10.0, 200.0), (384.0, 288.0), (700.0, 560.0)):
        assert make_clips.GROUND.pixel(*make_clips.GROUND.metres(x, y)) == pytest.approx((x, y))


def test_missing_footage_says_what_to_install(make_clips: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="opencv-doc"):
        make_clips.unpacked(tmp_path / "vtest.avi", tmp_path)


def test_every_sprite_has_its_shadow_and_view_and_all_are_small(folder: Path) -> None:
    sprites = sorted((folder / "sprites").glob("*.png"))
    views = json.loads((folder / "sprites" / "views.json").read_text())
    assert {path.stem for path in sprites} == set(views)
    assert sum(path.stat().st_size for path in (folder / "sprites").rglob("*.png")) <= SPRITE_BYTES
    for path in sprites:
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        shadow = cv2.imread(str(path.parent / "shadows" / path.name), cv2.IMREAD_UNCHANGED)
        assert picture.shape[2] == shadow.shape[2] == 4
        assert shadow.shape[0] * 2 == picture.shape[0]
        assert not picture[0, :, 3].any(), f"{path.name} is cut off above"
        assert not picture[-1, :, 3].any(), f"{path.name} is cut off below"
        assert 20 <= views[path.stem]["down"] <= 40
