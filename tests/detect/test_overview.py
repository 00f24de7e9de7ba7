"""The second, smaller look: it tells large things of its classes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.detect import Detections, ModelError, load_detector, load_manifest
from vision.detect.manifest import Overview
from vision.detect.overview import with_large

SPEC = Overview(width=32, height=32, least_side=0.5, classes=("bag",))
OVERVIEW = {"width": 32, "height": 32, "least_side": 0.5, "classes": ["bag", "person"]}
PERSON, BAG = 0, 1

Rows = Callable[..., Detections]


def test_the_whole_of_a_large_thing_comes_in_and_its_parts_stay_what_they_are(found: Rows) -> None:
    parts = found((0.1, 0.1, 0.3, 0.4, 0.5, BAG), (0.0, 0.0, 0.2, 0.9, 0.8, PERSON))
    both = with_large(parts, found((0.1, 0.1, 0.9, 0.9, 0.7, BAG)), SPEC)
    assert both.scores.tolist() == pytest.approx([0.8, 0.7, 0.5])
    assert both.names == ("person", "bag", "bag")


def test_of_two_boxes_of_one_large_thing_the_surer_stays(found: Rows) -> None:
    large = found((0.1, 0.1, 0.9, 0.9, 0.7, BAG))
    assert with_large(found((0.15, 0.1, 0.9, 0.9, 0.6, BAG)), large, SPEC).scores.tolist() == pytest.approx([0.7])
    assert with_large(found((0.15, 0.1, 0.9, 0.9, 0.8, BAG)), large, SPEC).scores.tolist() == pytest.approx([0.8])


def test_what_is_small_or_of_another_class_is_left_to_the_first_look(found: Rows) -> None:
    seen = found((0.1, 0.1, 0.3, 0.4, 0.5, BAG))
    smaller = found((0.6, 0.6, 0.9, 0.9, 0.9, BAG), (0.0, 0.0, 0.9, 0.9, 0.9, PERSON))
    assert with_large(seen, smaller, SPEC) is seen
    assert with_large(found(), found(), SPEC).names == ()


def test_boxes_of_other_classes_are_not_merged(found: Rows) -> None:
    two = found((0.1, 0.1, 0.5, 0.9, 0.8, PERSON), (0.12, 0.1, 0.5, 0.9, 0.7, PERSON))
    assert with_large(two, found((0.0, 0.0, 0.9, 0.9, 0.5, BAG)), SPEC).names == ("person", "person", "bag")


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_a_model_with_an_overview_looks_twice(tiny_model: Callable[..., Path], backend: str) -> None:
    options: dict[str, Any] = {"backend": backend, "precision": "f32", "threads": 1}
    folder = tiny_model(overview=OVERVIEW)
    bright = np.full((32, 64, 3), 204, np.uint8)
    # The tiny network answers with one box in pixels, 16 8 32 24: a quarter of this width, half of the smaller one.
    once = load_detector(folder, overview=False, **options)
    twice = load_detector(folder, **options)
    [alone], [both] = once.detect([bright]), twice.detect([bright])
    np.testing.assert_allclose(alone.boxes, [[0.25, 0.25, 0.5, 0.75]], atol=2e-5)
    assert sorted(both.boxes.round(3).tolist()) == [[0.25, 0.25, 0.5, 0.75], [0.5, 0.0, 1.0, 1.0]]
    assert twice.invalid_rows == 2 * once.invalid_rows == 2
    assert [len(seen) for seen in twice.detect([bright] * 3, [False, True, False])] == [1, 2, 1]
    for name in ("name", "model_sha256", "input_size", "classes", "backend", "precision", "device"):
        assert getattr(twice, name) == getattr(once, name)


def test_an_overview_that_is_not_smaller_is_not_taken(tiny_model: Callable[..., Path]) -> None:
    detector = load_detector(tiny_model(overview=OVERVIEW), input_size=(32, 32), threads=1)
    assert len(detector.detect([np.full((32, 64, 3), 204, np.uint8)])[0]) == 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"overview": {**OVERVIEW, "classes": ["cat"]}}, r"overview\.classes: no such class: cat"),
        ({"overview": {**OVERVIEW, "width": 33}}, r"manifest\.yaml:\d+: overview\.width: .*multiple of 32"),
        ({"overview": OVERVIEW, "input": {"width": 64, "height": 32}}, "it needs input.dynamic_shape: true"),
    ],
)
def test_bad_overview_is_refused(tiny_model: Callable[..., Path], changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        load_manifest(tiny_model(**changes))
