"""Things stand on the ground, in the scale of the place, and hide nothing that is labelled."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.decoys import draw_decoys
from training.paste import (
    Ground,
    Sprite,
    covered_share,
    draw_ground,
    foot_box,
    load_sprites,
    paste,
    paste_with_vendor,
    roughness,
    seen_part,
    trim,
)


def lock() -> Sprite:
    bgra = np.zeros((60, 80, 4), np.uint8)
    bgra[10:50, 20:60] = (0, 0, 255, 255)
    return Sprite("ground_lock-00", "ground_lock", trim(bgra))


def test_trimmed_to_what_is_visible() -> None:
    assert lock().bgra.shape == (40, 40, 4)
    with pytest.raises(ValueError, match="nothing visible"):
        trim(np.zeros((5, 5, 4), np.uint8))


def test_a_thing_stands_with_its_foot_on_the_row() -> None:
    assert foot_box(100, 200, 40, 0.5) == (90, 160, 110, 200)


def test_near_is_larger_than_far_and_nothing_stands_above_the_horizon() -> None:
    ground = Ground(horizon=100, bottom=400, bottom_pixels_per_metre=120)
    assert ground.pixels_per_metre(400) == 120
    assert ground.pixels_per_metre(250) == 60
    assert ground.pixels_per_metre(50) == 0


def test_covered_share_counts_the_other_box() -> None:
    assert covered_share((0, 0, 10, 10), (5, 0, 15, 10)) == 0.5
    assert covered_share((0, 0, 10, 10), (20, 20, 30, 30)) == 0


def test_pasted_thing_changes_the_picture_where_its_box_is() -> None:
    street = np.full((416, 416, 3), 128, np.uint8)
    before = street.copy()
    placed = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        done = paste(rng, street, draw_ground(rng, 416), lock(), [])
        if done is None:
            continue
        placed += 1
        picture, (x1, y1, x2, y2) = done
        assert 0 <= x1 < x2 <= 416
        assert 0 <= y1 < y2 <= 416
        inside = picture[int(y1) : int(y2), int(x1) : int(x2)]
        assert np.abs(inside.astype(int) - 128).mean() > 10
        above = picture[: max(0, int(y1) - 30)]
        assert np.array_equal(above, before[: len(above)]), "nothing far above the thing changes"
    assert placed > 10
    assert np.array_equal(street, before), "the picture given is not written to"


def test_a_labelled_box_is_not_hidden() -> None:
    street = np.full((416, 416, 3), 128, np.uint8)
    whole = (0.0, 0.0, 416.0, 416.0)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        assert paste(rng, street, draw_ground(rng, 416), lock(), [whole]) is None, "it would stand wholly in the box"


def test_only_cut_outs_of_the_named_kinds_are_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "ground_lock-01.png"), lock().bgra)
    cv2.imwrite(str(tmp_path / "cat-01.png"), lock().bgra)
    cv2.imwrite(str(tmp_path / "ground_lock-02.png"), lock().bgra[..., :3])
    assert [s.name for s in load_sprites(tmp_path, {"ground_lock": "ground_lock"})] == ["ground_lock-01"]


def test_decoys_are_of_no_class() -> None:
    decoys = draw_decoys(np.random.default_rng(0), 8)
    assert {sprite.name.split("-")[0] for sprite in decoys} == {"cone", "post", "wheel_stop", "board"}
    assert all(sprite.kind == "" and sprite.bgra.shape[2] == 4 for sprite in decoys)


def test_of_several_places_the_smoothest_is_taken() -> None:
    street = np.full((416, 416, 3), 128, np.uint8)
    street[:, :208] = np.random.default_rng(0).integers(0, 255, (416, 208, 1))
    assert roughness(street, (20, 200, 60, 240)) > 50
    assert roughness(street, (300, 200, 340, 240)) == 0

    def share_on_the_smooth_side(places: int) -> float:
        boxes = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            done = paste(rng, street, Ground(0.0, 416.0, 120.0), lock(), [], places)
            boxes += [done[1]] if done else []
        assert len(boxes) > 30
        return float(np.mean([box[0] >= 208 for box in boxes]))

    assert share_on_the_smooth_side(8) > 0.9
    assert share_on_the_smooth_side(1) < 0.7


def test_of_somebody_behind_a_thing_the_box_is_what_is_seen() -> None:
    person, counter = np.zeros((100, 100), np.float32), np.zeros((100, 100), np.float32)
    person[20:80, 40:60] = 1.0
    counter[50:100, 20:80] = 1.0
    assert seen_part(person, counter) == (40.0, 20.0, 60.0, 50.0)
    counter[30:100, 20:80] = 1.0
    assert seen_part(person, counter) is None, "a sixth of somebody is no box to learn from"
    assert seen_part(np.zeros_like(person), counter) is None


def test_a_vendor_stands_behind_what_is_sold_from() -> None:
    street = np.full((416, 416, 3), 128, np.uint8)
    person = Sprite("person-1", "", np.full((80, 30, 4), 255, np.uint8), 1.7)
    stall = Sprite("stall-1", "stall", np.full((60, 60, 4), (0, 0, 255, 255), np.uint8), 1.2)
    seen = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        both = paste_with_vendor(rng, street, draw_ground(rng, 416), stall, person, [])
        if both is None or both[2] is None:
            continue
        _, box, visible = both
        seen += 1
        assert visible[3] <= box[3], "the feet are not before the stall"
        assert visible[0] < box[2] + (visible[2] - visible[0])
        assert visible[2] > box[0] - (visible[2] - visible[0])
    assert seen > 8
