"""What tells a thing from light and from the ghost of a thing taken away, in colour and in the grey of infrared."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.scene.appearance import Patch, judge_patch
from vision.sources import Image

INSIDE = np.s_[14:46, 14:46]


def ground(texture: float, seed: int = 3) -> Image:
    """(60, 60, 3) grey asphalt; `texture` is the deviation of its pattern, grey levels."""
    pattern = np.random.default_rng(seed).normal(0, texture, (60, 60))
    smooth = cv2.GaussianBlur(pattern, (0, 0), 1.2) * 2.5
    return np.repeat(np.clip(120 + smooth, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


def judged(now: Image, clean: Image) -> Patch:
    mask = np.zeros((60, 60), np.bool_)
    mask[INSIDE] = True
    return judge_patch(now, clean, mask)


def scaled(image: Image, factor: float) -> Image:
    """The same ground with light or shadow on the patch, with a soft edge."""
    field = np.ones((60, 60), np.float32)
    field[INSIDE] = factor
    field = cv2.GaussianBlur(field, (0, 0), 2)
    return np.clip(image * field[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("texture", [1.0, 8.0, 16.0])
@pytest.mark.parametrize("factor", [0.45, 0.7, 1.4])
def test_shadow_and_sunlight_are_light_on_any_ground(texture: float, factor: float) -> None:
    clean = ground(texture)
    assert judged(scaled(clean, factor), clean).is_light


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_shadow_is_light_in_a_noisy_picture(noise: float) -> None:
    clean = ground(8.0)
    now = scaled(clean, 0.6) + np.random.default_rng(5).normal(0, noise, clean.shape)
    assert judged(np.clip(now, 0, 255).astype(np.uint8), clean).is_light


def test_sack_with_folds_is_no_light_though_it_is_grey_on_grey() -> None:
    clean, now = ground(2.0), ground(2.0)
    sack = 88 + 9 * np.sin(np.arange(32) * 1.1)[None, :] + 7 * np.sin(np.arange(32) * 0.9)[:, None]
    now[INSIDE] = sack[..., None].astype(np.uint8)
    assert not judged(now, clean).is_light


def test_plain_plate_on_rough_ground_hides_its_pattern_and_is_no_light() -> None:
    clean = ground(16.0)
    now = clean.copy()
    now[INSIDE] = ground(7.0, seed=9)[INSIDE] * 0.8
    assert not judged(now, clean).is_light


def test_what_was_taken_away_left_its_outline_in_the_clean_view() -> None:
    clean, now = ground(2.0), ground(2.0)
    clean[INSIDE] = 40
    assert judged(now, clean).is_ghost
    assert not judged(clean, now).is_ghost
