"""A thing with some of what is around it, cut square: what the classifier of kinds looks at."""

from __future__ import annotations

import cv2
import numpy as np

from vision.sources import Box, Image


def close_up(image: Image, box: Box, side: int, context: float, least: float) -> Image:
    """Cut (side, side, 3) around a box; beyond the picture its edge goes on.

    Args:
        image: (h, w, 3) uint8 BGR.
        box: fractions of the picture; it lies in the middle, however long or high it is.
        side: of the answer, pixels.
        context: how many times the longer side of the box is shown.
        least: pixels of the picture that are shown at least: of a smaller thing more of what is around it.
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    shown = max(context * max(x2 - x1, y2 - y1), least)
    left, top = (x1 + x2 - shown) / 2, (y1 + y2 - shown) / 2
    if shown > 2 * side:  # else every second pixel would be skipped
        shrink = 2 * side / shown
        image, left, top, shown = _shrunk(image, left, top, shown, shrink)
    scale = side / shown
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float64)
    cut = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def _shrunk(image: Image, left: float, top: float, shown: float, shrink: float) -> tuple[Image, float, float, float]:
    """What is shown and no more, smaller by averaging; and where that lies in it."""
    rows, columns = image.shape[:2]
    x1, y1 = max(0, int(left)), max(0, int(top))
    x2, y2 = min(columns, int(left + shown) + 2), min(rows, int(top + shown) + 2)
    part = cv2.resize(image[y1:y2, x1:x2], None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.asarray(part, np.uint8), (left - x1) * shrink, (top - y1) * shrink, shown * shrink
