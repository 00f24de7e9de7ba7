"""Sketched things: every kind, upright, to scale."""

from __future__ import annotations

import numpy as np
import pytest

from training.furnishings import draw_furnishings
from training.polygons import box, render
from training.sketches import draw_sketches

RED = (0.0, 0.0, 250.0)
BLUE = (250.0, 0.0, 0.0)


def test_a_box_a_metre_high_seen_from_the_side_is_a_metre_high() -> None:
    picture = render(box((0, 0, 0), (2, 1, 1), RED), 0.0, 0.0, 50, np.random.default_rng(0))
    rows, columns = np.where(picture[..., 3] > 128)
    assert np.ptp(rows) == pytest.approx(50, abs=3)
    assert np.ptp(columns) == pytest.approx(100, abs=3)


def test_what_is_on_top_is_drawn_above() -> None:
    tower = box((0, 0, 0), (1, 1, 1), RED) + box((0, 0, 1), (1, 1, 2), BLUE)
    picture = render(tower, 0.3, 0.5, 40, np.random.default_rng(0))
    solid = picture[..., 3] > 200
    rows = np.arange(picture.shape[0])[:, None]
    red = solid & (picture[..., 2] > picture[..., 0])
    blue = solid & (picture[..., 0] > picture[..., 2])
    assert (rows * blue).sum() / blue.sum() < (rows * red).sum() / red.sum()


def test_a_nearer_box_hides_a_farther_one() -> None:
    pair = box((0, 3, 0), (1, 4, 1), RED) + box((0, 0, 0), (1, 1, 1), BLUE)
    picture = render(pair, 0.0, 0.05, 40, np.random.default_rng(0))
    solid = picture[..., 3] > 200
    blue = solid & (picture[..., 0] > picture[..., 2])
    assert blue.sum() > 0.8 * solid.sum()


def test_every_kind_is_drawn_and_the_same_seed_draws_the_same() -> None:
    first = list(draw_sketches(np.random.default_rng(5), 3))
    again = list(draw_sketches(np.random.default_rng(5), 3))
    assert [sprite.kind for sprite in first] == ["ground_lock"] * 3 + ["stall"] * 3 + ["tricycle"] * 3
    assert all(np.array_equal(a.bgra, b.bgra) for a, b in zip(first, again, strict=True))
    assert all(0.05 < sprite.height_m < 1.2 for sprite in first if sprite.kind == "ground_lock")


def test_furnishings_are_of_no_class_and_of_every_kind() -> None:
    drawn = draw_furnishings(np.random.default_rng(2), 14)
    kinds = {sprite.name.rsplit("-", 1)[0] for sprite in drawn}
    assert kinds == {"road_mark", "tripod", "lamp_post", "pedestal", "case", "seat"}
    assert all(sprite.kind == "" and sprite.height_m is not None for sprite in drawn)
