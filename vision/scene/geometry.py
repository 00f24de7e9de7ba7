"""Overlap and distance of boxes, in fractions of the picture."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vision.sources import Box

Boxes = npt.NDArray[np.float32]
"""(N, 4) x1 y1 x2 y2, fractions of the picture."""


def as_box(row: npt.NDArray[np.float32]) -> Box:
    """One row of `Boxes` as plain numbers."""
    return float(row[0]), float(row[1]), float(row[2]), float(row[3])


def area(box: Box) -> float:
    """Share of the picture that the box covers, 0..1."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def intersection(a: Box, b: Box) -> float:
    """Share of the picture that both boxes cover, 0..1."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    inter = intersection(a, b)
    return inter / (area(a) + area(b) - inter) if inter > 0 else 0.0


def covered_share(inner: Box, outer: Box) -> float:
    """How much of `inner` lies in `outer`, 0..1."""
    return intersection(inner, outer) / area(inner) if area(inner) > 0 else 0.0


def iou_matrix(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """IoU of every box of `a` (N, 4) with every box of `b` (M, 4): (N, M)."""
    inter = _intersections(a, b)
    area_a, area_b = (np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b))
    union = area_a[:, None] + area_b[None, :] - inter
    return (inter / np.maximum(union, 1e-12)).astype(np.float32)


def covered_matrix(inner: Boxes, outer: Boxes) -> npt.NDArray[np.float32]:
    """How much of every box of `inner` (N, 4) lies in every box of `outer` (M, 4), 0..1: (N, M)."""
    areas = np.prod(inner[:, 2:] - inner[:, :2], axis=1)
    return (_intersections(inner, outer) / np.maximum(areas[:, None], 1e-12)).astype(np.float32)


def _intersections(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter: npt.NDArray[np.float32] = np.prod(np.clip(high - low, 0, None), axis=2)
    return inter


def overlap(a: Box, b: Box) -> Box | None:
    """The part that both share; None where they share none."""
    box = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return box if box[0] < box[2] and box[1] < box[3] else None


def foot(box: Box) -> tuple[float, float]:
    """The point where a thing stands: middle of the box's lower edge."""
    return (box[0] + box[2]) / 2, box[3]


def gap(a: Box, b: Box, aspect: float) -> float:
    """Distance between the nearest edges of two boxes in picture heights; 0 where they touch.

    `aspect` is the picture's width over its height: fractions of the width are not as long as those of the height.
    """
    dx = max(0.0, a[0] - b[2], b[0] - a[2]) * aspect
    dy = max(0.0, a[1] - b[3], b[1] - a[3])
    return math.hypot(dx, dy)


def grown(box: Box, share: float, least: float = 0.0) -> Box:
    """The box with `share` of its size (at least `least` of the picture) added on every side, cut at the picture."""
    dx, dy = max(least, (box[2] - box[0]) * share), max(least, (box[3] - box[1]) * share)
    return max(0.0, box[0] - dx), max(0.0, box[1] - dy), min(1.0, box[2] + dx), min(1.0, box[3] + dy)


def hull(a: Box, b: Box) -> Box:
    """The smallest box around both."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def pixels(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a picture of `shape` (h, w) that the box covers, with a margin for shadows of feet and wheels
    and for late boxes."""
    height, width = shape[:2]
    dx, dy = 0.08 * (box[2] - box[0]), 0.05 * (box[3] - box[1])
    left, right = max(0, int((box[0] - dx) * width)), int((box[2] + dx) * width) + 1
    top, bottom = max(0, int((box[1] - dy) * height)), int((box[3] + dy) * height) + 1
    return slice(top, bottom), slice(left, right)
