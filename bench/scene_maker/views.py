"""The camera's picture as a part of the footage: cut, turned over, enlarged, shaken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from composing import Picture

Shift = Callable[[float], tuple[float, float]]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """A window on the footage.

    Attributes:
        window: x1, y1, x2, y2 pixels of the footage.
        mirrored: left and right changed over.
        size: width and height of the clip.
        shift: pixels of the footage by which the camera is off, at a time of the clip.
    """

    window: Box
    mirrored: bool
    size: tuple[int, int]
    shift: Shift | None = None

    def show(self, picture: Picture, time: float) -> Picture:
        """The clip's picture of a picture of the footage."""
        x1, y1, x2, y2 = self.window
        dx, dy = (0.0, 0.0) if self.shift is None else self.shift(time)
        across, down = self.size[0] / (x2 - x1), self.size[1] / (y2 - y1)
        if (dx, dy) == (0.0, 0.0) and all(float(v).is_integer() for v in self.window):
            part = picture[int(y1) : int(y2), int(x1) : int(x2)]
            shown = part if part.shape[1::-1] == self.size else cv2.resize(part, self.size)
        else:
            matrix = np.array([[across, 0, -(x1 + dx) * across], [0, down, -(y1 + dy) * down]])
            shown = cv2.warpAffine(picture, matrix, self.size, borderMode=cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(shown[:, ::-1] if self.mirrored else shown)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A pixel of the footage in fractions of the clip's picture; may lie outside 0..1."""
        x1, y1, x2, y2 = self.window
        across, down = (x - x1) / (x2 - x1), (y - y1) / (y2 - y1)
        return (1 - across if self.mirrored else across), down

    def box(self, box: Box) -> Box:
        """A box of the footage in fractions of the clip's picture, cut to it."""
        (xa, ya), (xb, yb) = self.point(box[0], box[1]), self.point(box[2], box[3])
        x1, x2 = sorted((xa, xb))
        x1, y1, x2, y2 = (round(min(1.0, max(0.0, float(v))), 4) for v in (x1, ya, x2, yb))
        return x1, y1, x2, y2

    def holds(self, box: Box, margin: float = 6.0) -> bool:
        """Whether a box of the footage lies in the window, that many pixels from its edge."""
        x1, y1, x2, y2 = self.window
        return (
            box[0] >= x1 + margin and box[1] >= y1 + margin and box[2] <= x2 - margin and box[3] <= y2 - margin
        )  # fmt: skip


def view_of(name: str, width: int, height: int, shift: Shift | None = None) -> View:
    """A view by name: `full`, `left`, `right`, `near`, each also with `-mirrored`; shaken ones keep a margin.

    Raises:
        KeyError: there is no such view.
    """
    base, _, turned = name.partition("-")
    windows = {
        "full": ((0, 0, 1, 1), (width, height)),
        "left": ((0, 0.12, 0.72, 0.84), (640, round(640 * height / width / 2) * 2)),
        "right": ((0.28, 0.16, 1, 0.88), (640, round(640 * height / width / 2) * 2)),
        "near": ((0.2, 0.2, 1, 1), (704, round(704 * height / width / 2) * 2)),
    }
    fractions, size = windows[base]
    x1, y1, x2, y2 = (
        round(f * s) for f, s in zip(fractions, (width, height, width, height), strict=True)
    )  # fmt: skip
    if shift is not None:
        x1, y1, x2, y2 = x1 + 30, y1 + 24, x2 - 30, y2 - 24
    return View((x1, y1, x2, y2), turned == "mirrored", size, shift)
