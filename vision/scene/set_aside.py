"""What the place looked like where a vehicle parks now, for when it leaves.

Who stands by the kerb for a minute may have left rubbish behind when he drives off; that shows only beside the ground
as it was before he came.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vision.scene.light import Mask
from vision.sources import Image

KEPT_S = 900.0
"""For so long (s) the ground is remembered: later the sun and its shadows have moved on."""
RING = 13
"""Pixels at working size across which the ground around tells how the light has changed, twice and one."""
LEAST_RING = 20
_LEVELS = 4.0
"""Grey levels added before dividing, so that black is no divisor."""


class SetAside:
    """The ground behind parked vehicles, at working size."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.where: Mask = np.zeros(shape, np.bool_)
        self._known: Mask = np.zeros(shape, np.bool_)
        self._clean: Image = np.zeros((*shape, 3), np.uint8)
        self._since = np.zeros(shape, np.float64)

    def keep(self, clean: npt.NDArray[np.float32], known: Mask, where: Mask, time: float) -> None:
        """Remember the ground at `where` (h, w), and that around it, to tell the light by; what is set aside already
        stays as it is."""
        fresh = np.zeros_like(where)
        part = _part(where)
        fresh[part] = _grown(where[part], RING) & ~self.where[part]
        self._clean[fresh] = np.clip(np.rint(clean[fresh]), 0, 255).astype(np.uint8)
        self._known[fresh] = known[fresh]
        self._since[fresh] = time
        self.where |= where

    def ground(
        self, clean: npt.NDArray[np.float32], known: Mask, where: Mask, time: float
    ) -> tuple[npt.NDArray[np.float32], Mask]:
        """The ground at `where` under today's light, (N, 3) for its N pixels, and which of them are known.

        `clean` and `known` are the place as it looks now, for the light.
        """
        part = _part(where)
        bare = ~_grown(self.where[part] | where[part], 1) & known[part] & self._known[part]
        ring = _grown(where[part], RING) & bare
        hue = np.ones(3, np.float32)
        if ring.sum() >= LEAST_RING:
            now, then = (view[part][ring] + _LEVELS for view in (clean, self._clean))
            hue = np.median(now / then, axis=0).astype(np.float32)
        ground = np.clip(self._clean[where].astype(np.float32) * hue, 0, 255)
        return ground, self._known[where] & self.where[where] & (time - self._since[where] <= KEPT_S)

    def release(self, where: Mask) -> None:
        """Nothing is set aside at `where` any more."""
        self.where &= ~where

    def forget(self) -> None:
        """The light has changed as a whole: the ground is to be learnt anew."""
        self._known[:] = False

    def laid_over(self, clean: Image, known: Mask, but: Mask, time: float) -> tuple[Image, Mask]:
        """A clean view and where it is known, without the vehicles; not where something stands before one (`but`)."""
        where = self.where & ~but
        if not where.any():
            return clean, known
        clean, known = clean.copy(), known.copy()
        clean[where] = self._clean[where]
        known[where] = self._known[where] & (time - self._since[where] <= KEPT_S)
        return clean, known


def _part(where: Mask) -> tuple[slice, slice]:
    """Rows and columns that hold all of `where` and the ring around it; one pixel where it is empty."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)  # OpenCV grows no picture that has no pixels
    top, left = max(0, int(rows[0]) - RING - 1), max(0, int(columns[0]) - RING - 1)
    return slice(top, int(rows[-1]) + RING + 2), slice(left, int(columns[-1]) + RING + 2)


def _grown(where: Mask, by: int) -> Mask:
    return cv2.dilate(where.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0
