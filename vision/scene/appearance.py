"""Is that change a thing? Tests that tell a thing from light, from shadow and from the ghost of a thing taken away."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.scene.light import Mask
from vision.sources import Box, Image

LIGHT_SPREAD = 0.16
"""Standard deviation of the log ratio now / clean inside a patch: light and shadow scale all of it alike."""
LIGHT_RANGE = (-1.1, 0.9)
"""Log ratio that light can explain: a cast shadow leaves a third of the light (Cucchiara 2003: 0.4 to 0.9)."""
LIGHT_COLOUR = 0.12
"""Difference of the log ratio between colour channels; a shadow outdoors is a little bluer, not of another colour."""
LEAST_INSIDE = 25
"""Pixels inside a patch below which it is too small to be recognised by its texture."""
NEW_EDGES = (2.2, 4.0)
"""A thing brings edges of its own: more of them inside than light makes of those that were there (factor), and than
noise adds (grey levels per pixel; a night picture has 3)."""
TEXTURED = 4.0
OTHER_TEXTURE = 0.15
"""Where the clean view has edges (grey levels per pixel) and those now do not follow them, it is another surface."""
SAME_TEXTURE = 0.6
"""Correlation of the edges now with the edges of the clean view: what lies there is still the same surface."""
GHOST_RATIO = 1.25
"""How much sharper the patch's outline must be in the clean view than now to call it a thing taken away."""


@dataclass(slots=True, frozen=True)
class Patch:
    """What a changed patch looks like against the clean view.

    Attributes:
        is_light: the same surface under other light, or a shadow on it.
        is_ghost: the outline belongs to the clean view: something was taken away.
        contrast: mean absolute difference to the clean view inside the patch, grey levels.
        outline: mean edge strength along the outline now, grey levels per pixel.
    """

    is_light: bool
    is_ghost: bool
    contrast: float
    outline: float


def judge_patch(now: Image, clean: Image, mask: Mask) -> Patch:
    """Compare a patch of the present picture with the clean view.

    Args:
        now, clean: (h, w, 3) BGR, same size, with a margin of a few pixels around the patch.
        mask: (h, w), True inside the patch.
    """
    edges_now, edges_clean = _edges(now), _edges(clean)
    outline = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    outline_now, outline_clean = float(edges_now[outline].mean()), float(edges_clean[outline].mean())
    contrast = float(np.abs(now.astype(np.int16) - clean)[mask].mean())
    return Patch(
        is_light=_is_light(now, clean, mask, edges_now, edges_clean),
        is_ghost=outline_clean > GHOST_RATIO * outline_now and outline_clean > 8,
        contrast=contrast,
        outline=outline_now,
    )


def cut(image: Image, box: Box) -> Image:
    """A box's pixels in a picture at working size, one at least."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    return image[int(y1 * height) : max(int(y2 * height), int(y1 * height) + 1), int(x1 * width) : int(x2 * width) + 1]


def similarity(a: Image, b: Image) -> float:
    """Normalised cross-correlation of two patches of one size, -1..1; 1 for two flat ones."""
    x, y = a.astype(np.float32).ravel(), b.astype(np.float32).ravel()
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norm if norm > 1e-3 else 1.0


def _edges(image: Image) -> npt.NDArray[np.float32]:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    return cv2.magnitude(dx, dy)


def _is_light(
    now: Image, clean: Image, mask: Mask, edges_now: npt.NDArray[np.float32], edges_clean: npt.NDArray[np.float32]
) -> bool:
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if inner.sum() >= LEAST_INSIDE and _has_own_edges(edges_now[inner], edges_clean[inner]):
        return False
    ratio = np.log((now[mask].astype(np.float32) + 8) / (clean[mask].astype(np.float32) + 8))
    per_channel = ratio.mean(axis=0)
    in_range = LIGHT_RANGE[0] < float(per_channel.mean()) < LIGHT_RANGE[1]
    one_colour = float(np.ptp(per_channel)) < LIGHT_COLOUR
    if in_range and one_colour and float(ratio.mean(axis=1).std()) < LIGHT_SPREAD:
        return True
    if inner.sum() < LEAST_INSIDE or edges_clean[inner].mean() < 6:
        return False  # too small or too plain a surface to recognise it by its texture
    return float(np.corrcoef(edges_now[inner], edges_clean[inner])[0, 1]) > SAME_TEXTURE


def _has_own_edges(now: npt.NDArray[np.float32], clean: npt.NDArray[np.float32]) -> bool:
    """Whether the edges inside a patch cannot be those of the surface that was there, under whatever light."""
    if float(now.mean()) > NEW_EDGES[0] * float(clean.mean()) + NEW_EDGES[1]:
        return True
    if float(clean.mean()) < TEXTURED or now.std() < 1e-3:
        return False
    return float(np.corrcoef(now, clean)[0, 1]) < OTHER_TEXTURE
