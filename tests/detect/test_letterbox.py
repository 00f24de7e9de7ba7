from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.detect.letterbox import Letterbox, fit_size, letterboxed, to_planes
from vision.detect.manifest import ModelInput

SPEC = ModelInput(width=64, height=32)

sides = st.integers(1, 4000)
targets = st.sampled_from([(640, 384), (64, 32), (416, 416), (384, 640)])
edge = st.floats(0, 1, width=32)


@given(sides, sides, targets, edge, edge, edge, edge)
def test_box_comes_back_from_the_networks_input(
    width: int, height: int, target: tuple[int, int], x1: float, y1: float, x2: float, y2: float
) -> None:
    placed = Letterbox.of((width, height), target)
    box = np.array([[x1, y1, x2, y2]], np.float32)
    # Float32 pixels up to 640 are exact to 6e-5; a one-pixel-wide picture shows all of that.
    smallest = min(placed.inner)
    np.testing.assert_allclose(placed.to_picture(placed.to_input(box)), box, atol=1e-4 / smallest + 1e-6)


@given(sides, sides, targets)
def test_picture_lies_inside_the_input_and_touches_two_sides(width: int, height: int, target: tuple[int, int]) -> None:
    placed = Letterbox.of((width, height), target)
    assert placed.left >= 0
    assert placed.left + placed.inner[0] <= target[0]
    assert placed.top >= 0
    assert placed.top + placed.inner[1] <= target[1]
    assert placed.inner[0] == target[0] or placed.inner[1] == target[1]


@pytest.mark.parametrize(
    ("picture", "inner"),
    [((1920, 1080), (640, 360)), ((768, 576), (512, 384)), ((637, 361), (640, 363)), ((5000, 1), (640, 1))],
)
def test_fit_keeps_the_shape_and_rounds_as_in_training(picture: tuple[int, int], inner: tuple[int, int]) -> None:
    assert fit_size(picture, (640, 384)) == inner


@pytest.mark.parametrize("shape", [(16, 32), (32, 64), (40, 20), (100, 300)])
def test_marked_corner_is_where_the_geometry_says(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    image[: shape[0] // 2, : shape[1] // 2] = 255
    canvas, placed = letterboxed(image, (64, 32), SPEC.pad)
    x1, y1, x2, y2 = np.rint(placed.to_input(np.array([[0, 0, 0.5, 0.5]], np.float32)))[0].astype(int)
    inside = canvas[y1 : y2 - 1, x1 : x2 - 1]
    assert inside.min() > 242
    below = canvas[y2 + 1 : placed.top + placed.inner[1], placed.left : placed.left + placed.inner[0]]
    assert below.max() < 13


def test_planes_are_rgb_scaled_and_padded_grey() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[..., 2] = 255  # red in BGR
    canvas, _ = letterboxed(image, (64, 32), SPEC.pad)
    blob = to_planes([canvas], SPEC)
    assert blob.shape == (1, 3, 32, 64)
    assert blob.dtype == np.float32
    np.testing.assert_array_equal(blob[0, :, 16, 32], [1, 0, 0])
    np.testing.assert_allclose(blob[0, :, 16, 0], [114 / 255] * 3)


def test_bgr_model_gets_bgr() -> None:
    image = np.zeros((32, 64, 3), np.uint8)
    image[..., 0] = 255
    blob = to_planes([image], ModelInput(width=64, height=32, color="bgr"))
    np.testing.assert_array_equal(blob[0, :, 0, 0], [1, 0, 0])


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_bgr_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 BGR"):
        letterboxed(bad, (64, 32), SPEC.pad)


def test_picture_that_fits_already_is_not_copied() -> None:
    image = np.zeros((32, 64, 3), np.uint8)
    assert letterboxed(image, (64, 32), SPEC.pad)[0] is image
