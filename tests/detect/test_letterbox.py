from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.detect.letterbox import Letterbox, fit_size, place, to_planes
from vision.detect.manifest import ModelInput

SPEC = ModelInput(width=64, height=32)
TARGET, PAD = (64, 32), 114

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
    canvas, placed = place(image, TARGET, PAD)
    x1, y1, x2, y2 = np.rint(placed.to_input(np.array([[0, 0, 0.5, 0.5]], np.float32)))[0].astype(int)
    inside = canvas[y1 : y2 - 1, x1 : x2 - 1]
    assert inside.min() > 0.95 * 255
    below = canvas[y2 + 1 : placed.top + placed.inner[1], placed.left : placed.left + placed.inner[0]]
    assert below.max() < 0.05 * 255


def test_canvas_is_the_picture_padded_grey() -> None:
    image = np.random.default_rng(1).integers(0, 255, (32, 32, 3), np.uint8)
    canvas, placed = place(image, TARGET, PAD)
    assert (canvas.shape, canvas.dtype) == ((32, 64, 3), np.uint8)
    assert (placed.left, placed.top) == (16, 0)
    np.testing.assert_array_equal(canvas[:, 16:48], image)
    assert (canvas[:, :16] == PAD).all()
    assert (canvas[:, 48:] == PAD).all()


def test_picture_that_fits_is_not_copied_unless_it_lies_scattered() -> None:
    whole = np.random.default_rng(1).integers(0, 255, (32, 128, 3), np.uint8)
    fits = np.ascontiguousarray(whole[:, :64])
    assert place(fits, TARGET, PAD)[0] is fits
    canvas, _ = place(whole[:, :64], TARGET, PAD)
    assert canvas.flags.c_contiguous
    np.testing.assert_array_equal(canvas, fits)


def test_planes_are_rgb_and_scaled() -> None:
    red, blue = np.zeros((2, 32, 64, 3), np.uint8)
    red[..., 2] = blue[..., 0] = 255
    planes = to_planes([red, blue], SPEC)
    assert (planes.shape, planes.dtype) == ((2, 3, 32, 64), np.float32)
    np.testing.assert_array_equal(planes[0, :, 16, 32], [1, 0, 0])
    np.testing.assert_array_equal(planes[1, :, 16, 32], [0, 0, 1])
    np.testing.assert_allclose(to_planes([np.full_like(red, PAD)], SPEC), PAD / 255, rtol=1e-6)


def test_bgr_model_gets_bgr() -> None:
    blue = np.zeros((32, 64, 3), np.uint8)
    blue[..., 0] = 255
    planes = to_planes([blue], ModelInput(width=64, height=32, color="bgr"))
    np.testing.assert_array_equal(planes[0, :, 0, 0], [1, 0, 0])


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_bgr_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 BGR"):
        place(bad, TARGET, PAD)
