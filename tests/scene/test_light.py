"""What of a difference to the clean view is light."""

from __future__ import annotations

import numpy as np
import pytest

from vision.scene.light import in_light_of, median, toned
from vision.sources import Image

SHAPE = (120, 160)
EVERYWHERE = np.ones(SHAPE, np.bool_)


def street() -> Image:
    """Dark, middle and bright surfaces, side by side."""
    grey = np.repeat(np.linspace(30, 220, 8), 20)[None, :].repeat(SHAPE[0], axis=0)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def more_contrast(picture: Image) -> Image:
    return np.clip((picture.astype(np.float32) - 128) * 1.25 + 128, 0, 255).astype(np.uint8)


def test_contrast_that_a_camera_turns_up_is_followed_for_dark_and_bright_alike() -> None:
    now = more_contrast(street())
    assert np.abs(now.astype(int) - street()).max() >= 22
    assert np.abs(toned(street(), now, EVERYWHERE).astype(int) - now).max() <= 2


@pytest.mark.parametrize("colour", [(20, 20, 20), (250, 250, 250), (40, 40, 200)])
def test_thing_stands_out_as_before(colour: tuple[int, int, int]) -> None:
    """It is on a band of its own ground, most of which shows no thing."""
    clean, now = street(), more_contrast(street())
    now[40:70, 65:78] = colour
    lit = toned(clean, now, EVERYWHERE).astype(int)
    differs = np.abs(now - lit).max(axis=2)
    assert differs[40:70, 65:78].min() > 22
    differs[40:70, 65:78] = 0
    assert differs.max() <= 2


def test_thing_that_alone_has_its_ground_is_not_taken_for_a_change_of_tone() -> None:
    clean = np.full((*SHAPE, 3), 150, np.uint8)
    clean[50:62, 60:80] = 40  # a drain, 1.3 % of the picture
    now = clean.copy()
    now[50:62, 60:80] = 110
    assert np.array_equal(toned(clean, now, EVERYWHERE), clean)


def test_noise_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    now = np.clip(street() + rng.normal(0, 4, (*SHAPE, 3)), 0, 255).astype(np.uint8)
    assert np.abs(toned(street(), now, EVERYWHERE).astype(int) - street()).max() <= 3


def shelf() -> Image:
    """A bright wall, and to the right a dark shelf with a white sheet on it."""
    picture = np.full((*SHAPE, 3), 170, np.uint8)
    picture[:, :60] = np.linspace(90, 200, 60).astype(np.uint8)[None, :, None]
    picture[:, 100:] = 26
    picture[:, 120:128] = 200
    return picture


def test_brightness_that_a_camera_adds_is_no_more_to_what_is_bright_beside_what_is_dark() -> None:
    now = shelf() + np.uint8(24)
    lit, _ = in_light_of(now, shelf().astype(np.float32), EVERYWHERE)
    assert np.abs(lit.astype(int) - now).max() <= 4


def test_shade_over_a_part_of_the_picture_is_light_still() -> None:
    now = street().astype(np.float32)
    now[:60] *= 0.7
    lit, light = in_light_of(now.astype(np.uint8), street().astype(np.float32), EVERYWHERE)
    away_from_its_edge = np.r_[0:45, 75:120]
    assert np.abs(lit.astype(int) - now)[away_from_its_edge].max() <= 16
    assert light[:40].mean() < 0.8 < 0.95 < light[80:].mean()


def test_thing_on_the_shelf_is_no_brightness_that_the_camera_added() -> None:
    now = shelf() + np.uint8(24)
    now[50:62, 135:150] = 140
    lit, _ = in_light_of(now, shelf().astype(np.float32), EVERYWHERE)
    assert np.abs(lit.astype(int) - now)[50:62, 135:150].min() > 60


@pytest.mark.parametrize("count", [1, 2, 5, 150, 151])
@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_median_is_that_of_numpy(kind: type, count: int) -> None:
    values = np.random.default_rng(count).normal(0, 30, count).astype(kind)
    assert median(values) == np.median(values)
