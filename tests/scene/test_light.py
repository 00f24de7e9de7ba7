"""What of a difference to the clean view is light."""

from __future__ import annotations

import numpy as np
import pytest

from vision.scene.light import toned
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
