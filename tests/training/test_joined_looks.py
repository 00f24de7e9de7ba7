"""What is measured is what the worker does: both looks brought together on rows as `vision.detect.overview` does."""

from __future__ import annotations

import numpy as np

from training.detector import joined
from training.recipe import load_recipe
from vision.detect import Detections, Role
from vision.detect.manifest import Overview
from vision.detect.overview import with_large

NAMES = ("person", "stall", "bin")
SPEC = Overview(width=320, height=192, least_side=0.3, classes=("stall", "bin"))


def draw(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 6) rows of boxes that overlap often: x1 y1 x2 y2 as fractions, score, class."""
    corner, size = rng.uniform(0, 0.4, (count, 2)), rng.uniform(0.1, 0.6, (count, 2))
    scores, classes = rng.permutation(count)[:, None] / count, rng.integers(0, 3, (count, 1))
    return np.hstack([corner, corner + size, scores, classes]).astype(np.float32)


def detections(rows: np.ndarray) -> Detections:
    ids = rows[:, 5].astype(np.int32)
    return Detections(rows[:, :4], rows[:, 4], ids, (Role.OTHER,) * len(rows), tuple(NAMES[i] for i in ids))


def test_rows_and_detections_are_brought_together_alike() -> None:
    rng, merged = np.random.default_rng(7), 0
    for _ in range(40):
        found, smaller = draw(rng, 12), draw(rng, 6)
        found[:, 4] *= 0.99  # no two scores alike
        expected = with_large(detections(found), detections(smaller), SPEC)
        sides = (smaller[:, 2:4] - smaller[:, :2]).max(1)
        wanted = np.isin(smaller[:, 5], [1, 2]) & (sides >= SPEC.least_side)
        rows = joined(found, smaller[wanted], np.array([1, 2]))
        np.testing.assert_array_equal(rows[:, 4], expected.scores)
        np.testing.assert_array_equal(rows[:, 5], expected.class_ids)
        merged += len(rows) < len(found) + int(wanted.sum())
    assert merged > 20


def test_the_recipe_names_the_second_look_of_the_model() -> None:
    recipe = load_recipe()
    assert recipe.overview is not None
    assert set(recipe.overview.classes) <= {one.name for one in recipe.classes}
    assert recipe.overview.width * recipe.overview.height < recipe.width * recipe.height
