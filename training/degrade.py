"""What a street camera does to a picture: night, infrared, noise, a cheap lens, too few bits.

Ultralytics' own augmentation changes colours; cameras at night and at 512 kbit/s do more. Values were set by eye beside
the conditions of `bench/scene_maker/weather.py`, not taken from it.
"""

from __future__ import annotations

import cv2
import numpy as np

INFRARED_SHARE = 0.4
"""Of the pictures that are made worse: without colours, a lock is its shape."""


def degrade(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A BGR picture (H, W, 3) uint8 as a worse camera or a worse hour gives it; the same shape."""
    picture = image.astype(np.float32)
    if rng.random() < 0.35:
        picture = _night(rng, picture)
    if rng.random() < INFRARED_SHARE:
        picture = _infrared(rng, picture)
    if rng.random() < 0.5:
        picture = _soft(rng, picture)
    if rng.random() < 0.5:
        picture = picture + rng.normal(0, rng.uniform(2, 14), picture.shape[:2])[..., None].astype(np.float32)
    degraded = np.clip(picture, 0, 255).astype(np.uint8)
    return _few_bits(rng, degraded) if rng.random() < 0.5 else degraded


def _night(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Dark, flat, with the orange or the blue of lamps."""
    level = (picture / 255) ** rng.uniform(1.1, 1.9) * 255 * rng.uniform(0.45, 0.85)
    return level * rng.uniform(0.8, 1.15, 3).astype(np.float32)


def _infrared(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Grey, with the middle brighter than the corners: the camera's own lamp."""
    rows, columns = picture.shape[:2]
    grey = picture @ rng.dirichlet((2.0, 2.0, 2.0)).astype(np.float32)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    far = ((x / columns - 0.5) ** 2 + (y / rows - 0.5) ** 2) * rng.uniform(0.0, 1.4)
    return np.repeat((grey * (1 - far))[..., None], 3, axis=2)


def _soft(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """A sub-stream shown large, or a lens out of focus."""
    rows, columns = picture.shape[:2]
    share = rng.uniform(0.4, 0.85)
    small = cv2.resize(picture, (max(8, int(columns * share)), max(8, int(rows * share))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)


def _few_bits(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    quality = int(rng.integers(12, 55))
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
